"""What is asked first in a new session: who is in the roster, what our account can do, and for copies."""

import asyncio

from teahouse.domain.problem import Trouble
from teahouse.engine import roster
from teahouse.engine.browsing import ask_info
from teahouse.engine.client import Client
from teahouse.engine.entering import ASK_PATIENCE
from teahouse.engine.reception import Reception
from teahouse.engine.xml import CARBONS, DISCO_INFO, ROSTER, SID, el


async def settle(client: Client, reception: Reception, people: roster.Roster) -> frozenset[str]:
    """Ask all of it; what our account says that it can do.

    Before our presence: what that calls forth (people, late messages, questions) needs the answers.
    """
    judge = reception.authority
    judge.archived = judge.carbons = False
    features, copies, *_ = await asyncio.gather(
        _features(client), _copies(client), _roster(client, people), reception.answers.door.learn(client)
    )
    judge.archived, judge.carbons = SID in features, copies
    return features


async def _roster(client: Client, people: roster.Roster) -> None:
    try:
        answer = await client.ask(roster.request())
    except Trouble:
        return
    query = answer.find(f"{{{ROSTER}}}query")
    if answer.get("type") == "result" and query is not None:
        people.take(query, whole=True)


async def _features(client: Client) -> frozenset[str]:
    try:
        query = (await ask_info(client, client.own.bare, ASK_PATIENCE)).find(f"{{{DISCO_INFO}}}query")
    except Trouble:
        return frozenset()
    given = query.findall(f"{{{DISCO_INFO}}}feature") if query is not None else []
    return frozenset(feature.get("var", "") for feature in given)


async def _copies(client: Client) -> bool:
    """Whether we get what other devices of ours send and get (XEP-0280)."""
    try:
        answer = await client.ask(el("iq", {"type": "set"}, el(f"{{{CARBONS}}}enable")))
    except Trouble:
        return False
    return answer.get("type") == "result"
