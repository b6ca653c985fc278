"""What is asked in a new session: who is in the roster, what our account can do and keeps, and for copies."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from teahouse.domain.archiving import Archiving
from teahouse.domain.problem import Fault, Trouble
from teahouse.engine import archiving
from teahouse.engine.browsing import ask_info
from teahouse.engine.client import Client
from teahouse.engine.entering import ASK_PATIENCE, ASKED
from teahouse.engine.reception import Reception
from teahouse.engine.roster import Roster
from teahouse.engine.xml import CARBONS, DISCO_INFO, MAM, ROSTER, SID, el

T = TypeVar("T")


async def settle(client: Client, reception: Reception, people: Roster) -> frozenset[str]:
    """Ask all of it; what our account says that it can do.

    Before our presence: what that calls forth (people, late messages, questions) needs the answers.
    """
    judge = reception.authority
    features, copies, *_ = await asyncio.gather(
        _features(client), _copies(client), _roster(client, people), reception.answers.door.learn(client)
    )
    judge.archived, judge.carbons = SID in features, copies
    return features


async def _roster(client: Client, people: Roster) -> None:
    """All of it, or nothing when it is as we have it, and pushes follow for what has changed."""
    try:
        answer = await client.ask(people.request(versioned=client.versioned))
        query = answer.find(f"{{{ROSTER}}}query")
        if answer.get("type") == "result" and query is not None:
            people.take(query, whole=True)
    except Trouble:
        return


async def _features(client: Client) -> frozenset[str]:
    try:
        answer = await _insist(lambda: ask_info(client, client.own.bare, ASK_PATIENCE))
    except Trouble:
        return frozenset()
    query = answer.find(f"{{{DISCO_INFO}}}query")
    given = query.findall(f"{{{DISCO_INFO}}}feature") if query is not None else []
    return frozenset(feature.get("var", "") for feature in given)


async def _copies(client: Client) -> bool:
    """Whether we get what other devices of ours send and get (XEP-0280)."""
    try:
        wish = el("iq", {"type": "set"}, el(f"{{{CARBONS}}}enable"))
        answer = await _insist(lambda: client.ask(wish, ASK_PATIENCE))
    except Trouble:
        return False
    return answer.get("type") == "result"


async def keeps_all(client: Client) -> bool:
    """Whether our archive keeps all that was sent, so that what is not in it has not arrived (XEP-0441).

    A server that leaves no choice is taken at its word that it has an archive.
    """
    try:
        kept = await _insist(lambda: archiving.preferences(client))
        return archiving.rule(kept) is Archiving.ALWAYS and kept.find(f"{{{MAM}}}never/{{{MAM}}}jid") is None
    except Trouble as trouble:
        return trouble.problem.fault is Fault.NO_ARCHIVING


async def _insist(ask: Callable[[], Awaitable[T]]) -> T:
    """What is asked again when the answer is late, as that nobody answered is no answer; raises Trouble at last."""
    late = 0
    while True:
        try:
            return await ask()
        except Trouble as trouble:
            late += 1
            if trouble.problem.fault is not Fault.TIMED_OUT or late == ASKED:
                raise
