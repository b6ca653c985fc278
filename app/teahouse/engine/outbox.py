"""Messages out: written down first, sent in order, never ticked before somebody said they arrived.

The states of an own message, and what moves it:

    QUEUED     written down, not sent        -> SENT, when it is its turn and its chat can be reached
    SENT       on its way                    -> ACKED, when the server acknowledges it (XEP-0198; where it does not
                                                count, by the answer to a ping behind it, RFC 6120 section 10.1)
                                             -> UNSURE, when the session is over before anybody said it arrived
    ACKED      the server has it             -> CONFIRMED, when the room reflects it or an archive has it
                                             -> QUEUED, when the session was over right after, and the archive reaches
                                                back that far and has it not: the server died with it
    CONFIRMED  everybody can read it         the end
    UNSURE     nobody knows                  -> CONFIRMED, when the archive has it
    any                                      -> CONFIRMED, when whoever it was for says that they have it (marks.py)
                                             -> QUEUED, when the archive reaches back that far and has it not
                                             stays, where there is no archive to ask: then by hand
    FAILED     refused, or it ends streams   -> QUEUED, by hand

A session that is resumed loses nothing: what the server has not handled goes again by itself, in order. In a room what
was not reflected is judged by the room's history. Until the archive has been asked, nothing new is sent to people, or
in that room, for it would overtake what has to be sent again under its old id.

A message that ends the stream would end it each time it is tried. When the server has closed the stream for what it was
sent, messages go out one at a time until one ends it alone, twice in a row, and that one has failed.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from teahouse.crash import crash_point
from teahouse.domain.chat import ChatKind, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine.bench import Bench, Envelope
from teahouse.engine.client import Client
from teahouse.engine.inbound import RETRY, UNTAKEN, Replay
from teahouse.engine.room import Room
from teahouse.engine.rooms import Rooms
from teahouse.engine.word import Word
from teahouse.engine.xml import PING, SID, condition, el
from teahouse.store import messages
from teahouse.store import outbox as stored
from teahouse.store.outbox import Outgoing

_CONTENT = frozenset(
    {
        "bad-format",
        "bad-namespace-prefix",
        "invalid-namespace",
        "invalid-xml",
        "not-well-formed",
        "policy-violation",
        "restricted-xml",
        "unsupported-encoding",
        "unsupported-stanza-type",
    }
)
"""Stream errors (RFC 6120 section 4.9.3) that are about what we sent."""
Asks = Callable[[str], Iterable[ET.Element]]
LOSSES = 5
"""So often the connection may break while the same message is under way."""


class Outbox:
    """The one ordered sender of an account."""

    def __init__(
        self,
        bench: Bench,
        account: int,
        rooms: Rooms,
        client: Callable[[], Client | None],
        asks: Asks = lambda _to: (),
    ) -> None:
        """`asks` gives what is asked along of somebody (a bare address) who is written to."""
        self._bench, self._account, self._rooms, self._client = bench, account, rooms, client
        self._asks = asks
        self._acknowledging: asyncio.Task[None] | None = None
        self._under_way: set[int] = set()
        """Sent in this session; some may have arrived since."""
        self._losses: Counter[int] = Counter()
        self._alone: set[int] = set()
        """What was under way alone when a stream ended that the server blamed on what was in it."""
        self._word = Word(bench, account)
        self._one_by_one = False
        self._judged = False
        """Whether the archive was asked about what had been sent to people before this session."""

    # -- out -----------------------------------------------------------------

    def kick(self) -> None:
        """Send whatever may go now."""
        client = self._client()
        if client is None or (self._one_by_one and self._still_under_way()):
            return
        queued = stored.waiting(self._bench.db, self._account, Delivery.QUEUED)
        waiting = _ready(self._bench.envelope, [one for one in queued if self._may_go(one)], self._asks)
        self._one_by_one = self._one_by_one and bool(queued or self._sent())
        try:
            for message in waiting[: 1 if self._one_by_one else None]:
                self._send(client, message)
        except Trouble as trouble:
            # What cannot be written down as sent is not sent yet.
            self._bench.complain(trouble.problem, self._account)
            asyncio.get_running_loop().call_later(RETRY, self.kick)
        crash_point("batch")
        wanted = self._one_by_one or any(message.kind is ChatKind.PERSON for message in waiting)
        if wanted and not client.stream.counting:
            self._ask_for_answers(client)

    def _may_go(self, message: Outgoing) -> bool:
        if message.kind is ChatKind.PERSON:
            return self._judged
        room = self._rooms.of_chat(message.chat)
        return room is not None and room.presence is Presence.HERE and room.judged

    def _send(self, client: Client, message: Outgoing) -> None:
        crash_point("written")
        # Before the bytes leave: a crash in between must not send it twice.
        number = client.stream.ledger.next
        self._bench.move(message.id, Delivery.SENT, along=lambda: self._word.wanted(message.id, number))
        crash_point("marked")
        self._under_way.add(message.id)
        try:
            client.put(self._bench.envelope.enclosed(message, _plain(message, self._asks)), message.id)
        except Trouble as trouble:
            self._bench.move(message.id, Delivery.FAILED, trouble.problem.fault.value.replace("-", " "))
            self._word.unwanted(message.id)
        crash_point("sent")

    # -- arrived -------------------------------------------------------------

    def acknowledged(self, tokens: Sequence[int]) -> None:
        """The server has taken these. None at all means that it counts nothing: then it is asked."""
        self._under_way.difference_update(tokens)
        for number in tokens:
            self._losses.pop(number, None)
            now = messages.get(self._bench.db, number)
            if now is not None and now.state is Delivery.SENT:
                crash_point("acknowledging")
                self._bench.move(number, Delivery.ACKED, along=partial(self._word.given, number, counts=True))
            else:
                self._word.given(number, counts=False)
            crash_point("acknowledged")
        client = self._client()
        if not tokens and client is not None and self._unanswered():
            self._ask_for_answers(client)
        elif self._one_by_one:
            self.kick()

    def _ask_for_answers(self, client: Client) -> None:
        if self._acknowledging is None or self._acknowledging.done():
            self._acknowledging = asyncio.ensure_future(self._acknowledge(client))

    async def _acknowledge(self, client: Client) -> None:
        try:
            await self._acknowledge_all(client)
        except Trouble as trouble:
            if trouble.problem.fault is Fault.DISK_FULL:
                asyncio.get_running_loop().call_later(RETRY, self.acknowledged, ())

    async def _acknowledge_all(self, client: Client) -> None:
        while covered := self._unanswered():
            await client.ask(el("iq", {"type": "get"}, el(f"{{{PING}}}ping")))
            self._under_way.difference_update(message.id for message in covered)
            for message in covered:
                now = messages.get(self._bench.db, message.id)
                if message.kind is ChatKind.PERSON and now is not None and now.state is Delivery.SENT:
                    self._bench.move(message.id, Delivery.ACKED)
            if self._one_by_one:
                self.kick()

    def _sent(self) -> tuple[Outgoing, ...]:
        return stored.waiting(self._bench.db, self._account, Delivery.SENT)

    def _unanswered(self) -> list[Outgoing]:
        wanted = self._under_way if self._one_by_one else set()
        return [message for message in self._sent() if message.kind is ChatKind.PERSON or message.id in wanted]

    def _still_under_way(self) -> list[Outgoing]:
        return [message for message in self._sent() if message.id in self._under_way]

    # -- lost ----------------------------------------------------------------

    def settled(self, handled: int) -> None:
        """So many stanzas of a session of before have reached the server: the other messages go again."""
        for number, has in self._word.told(handled):
            now = messages.get(self._bench.db, number)
            if now is not None and now.state is Delivery.SENT:
                state = Delivery.ACKED if has else Delivery.QUEUED
                self._bench.move(number, state, along=partial(self._word.unwanted, number))
            else:
                self._word.unwanted(number)

    def lost(self, problem: Problem | None = None) -> None:
        """The session is over: nobody knows whether what was under way to people has arrived, or has ended it.

        Raises Trouble, and may be called again then.
        """
        self._word.doubt()
        self._suspect(problem)
        self._judged = False
        for message in self._sent():
            if message.kind is ChatKind.PERSON:
                self._bench.move(message.id, Delivery.UNSURE)
                crash_point("losing")

    def _suspect(self, problem: Problem | None) -> None:
        # A disk of ours that takes nothing has nothing to do with what was sent.
        suspects = [] if problem is not None and problem.fault in UNTAKEN else self._still_under_way()
        blamed = problem.detail if problem is not None and problem.detail in _CONTENT else ""
        alone = {message.id for message in suspects} if blamed and len(suspects) == 1 else set[int]()
        losses = self._losses + Counter(message.id for message in suspects)
        for message in suspects:
            # Twice, for servers end streams for reasons of their own, too.
            if message.id in alone & self._alone or losses[message.id] >= LOSSES:
                reason = blamed or Fault.CONNECTION_LOST.value
                self._bench.move(message.id, Delivery.FAILED, reason.replace("-", " "))
                del losses[message.id]
        # All at once: whoever comes here again, since something could not be written down, counts nothing twice.
        self._losses, self._alone, self._under_way = losses, alone, set()
        self._one_by_one = self._one_by_one or (bool(blamed) and bool(suspects))

    @property
    def doubts(self) -> bool:
        """Whether there is anything of which nobody knows whether people got it."""
        return bool(stored.oldest_in_doubt(self._bench.db, self._account))

    # -- judged --------------------------------------------------------------

    def judged(self, *, reaches: bool) -> None:
        """The archive was asked as far as can be. What it `reaches` and does not hold is sent again, no other."""
        crash_point("judging")
        if reaches:
            for message in stored.waiting(self._bench.db, self._account, Delivery.UNSURE):
                if message.kind is ChatKind.PERSON:
                    self._bench.move(message.id, Delivery.QUEUED)
        self._word.judge(reaches=reaches)
        self._judged = True
        crash_point("judged")
        self.kick()

    def replayed(self, room: Room, replay: Replay) -> None:
        """A room's history is in: what is not in it, and would be, is sent again under the same id."""
        for message in stored.unreflected(self._bench.db, room.chat):
            empty = not replay.count and not messages.before(self._bench.db, room.chat, (message.place, 0), 1)
            reaches = replay.matched or empty or 0 < replay.oldest <= message.place // 1000
            self._settle(message, reaches)
        room.judged = True
        self.kick()

    def judged_in_room(self, room: Room, *, reaches: bool) -> None:
        """The room's archive was asked as far as can be."""
        for message in stored.unreflected(self._bench.db, room.chat):
            self._settle(message, reaches)
        room.judged = True
        self.kick()

    def _settle(self, message: Outgoing, reaches: bool) -> None:
        if reaches:
            self._bench.move(message.id, Delivery.QUEUED)
        elif message.state is Delivery.SENT:
            self._bench.move(message.id, Delivery.UNSURE)

    def bounced(self, error: ET.Element, chat: int) -> None:
        """Whoever an own message was for said that it was not delivered."""
        named, text = condition(error)
        reason = label(text or named.replace("-", " "), 300)
        for number in stored.under(self._bench.db, chat, error.get("id", "")):
            self._bench.move(number, Delivery.FAILED, reason)


def _ready(envelope: Envelope, queued: list[Outgoing], asks: Asks) -> list[Outgoing]:
    """What is sealed, or need not be. Nothing overtakes what was written before it in the same chat."""
    ready, held = list[Outgoing](), set[int]()
    for message in queued:
        if message.chat in held or envelope.holds(message, partial(_plain, message, asks)):
            held.add(message.chat)
        else:
            ready.append(message)
    return ready


def _plain(message: Outgoing, asks: Asks) -> ET.Element:
    return _stanza(message, asks(message.to) if message.kind is ChatKind.PERSON else ())


def _stanza(message: Outgoing, asks: Iterable[ET.Element]) -> ET.Element:
    kind = "groupchat" if message.kind is ChatKind.ROOM else "chat"
    return el(
        "message",
        {"to": message.to, "type": kind, "id": message.origin_id},
        el("body", text=message.body),
        el(f"{{{SID}}}origin-id", {"id": message.origin_id}),
        *asks,
    )
