"""One account at work: its session, rooms, roster and outbox, and what it does on coming online."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.catchup import CatchUp, keeps_history
from teahouse.engine.client import Client
from teahouse.engine.entering import Entering
from teahouse.engine.inbound import Inbound
from teahouse.engine.outbox import Outbox
from teahouse.engine.reception import Reception
from teahouse.engine.rooms import Rooms
from teahouse.engine.roster import Roster, absence, presence
from teahouse.engine.seen import Seen
from teahouse.engine.session import Ears, Session
from teahouse.engine.settling import keeps_all, settle

SECOND_LOOK = 5.0
"""Seconds after which the account's archive is read on once more.

A server may be putting a message by for the absent, and into the archive, while it makes us present: that one comes
neither by itself nor with the first reading.
"""


class Online:
    """Everything that lives while an account is there."""

    def __init__(self, bench: Bench, account: Account, password: str, inbound: Inbound) -> None:
        self.account, self._bench, self._inbound = account, bench, inbound
        ears = Ears(self._stanza, self._came_online, self._broke, self._resumed, self._restored, self._went_offline)
        self.session = Session(bench, account, password, ears)
        self.rooms = Rooms(bench, account.id, inbound, lambda *out: self._spawn(self.entering.come_back(*out)))
        self.roster = Roster(bench, account.id)
        self.outbox = Outbox(
            bench, account.id, self.rooms, lambda: self.session.client, lambda to: self.reception.people.marks.asks(to)
        )
        self.entering = Entering(bench, lambda: self.session.account, self.rooms, self.client, self._spawn)
        self.reception = self.entering.reception = Reception(
            bench,
            lambda: self.session.account,
            inbound,
            self.rooms,
            self.roster,
            self.outbox,
            lambda room: self._spawn(self.entering.renew(room)),
            lambda room, replay: self.entering.replayed(room, replay),
            lambda event: self.seen.noted(event),
        )
        self.seen = Seen(bench, lambda: self.session.account, inbound, self.client, self._spawn)
        self.features: frozenset[str] = frozenset()
        """What our account says that it can do."""
        self.reading = self.entering.reading = CatchUp(
            bench,
            account.id,
            inbound,
            self.reception.archives,
            self.reception.people.archived,
            self._followed,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: Client | None = None

    def begin(self, *, goes: bool) -> None:
        """At the start of the program: go on where it stopped, or begin anew; go online if it `goes` by itself."""
        kept = self.session.go_on() if goes else None
        if kept is None:
            self.session.lasting.over()
            self.outbox.lost()
        else:
            judge = self.reception.authority
            judge.archived, judge.carbons = kept.archived, kept.carbons
        if goes:
            self.session.start(awaited=False)

    def client(self) -> Client:
        """The connection; raises Trouble(OFFLINE)."""
        if self.session.client is None:
            raise Trouble(Problem(Fault.OFFLINE, self.account.jid))
        return self.session.client

    def dress(self, chat: Chat) -> Chat:
        """A stored chat with what only memory knows."""
        room = self.rooms.of_chat(chat.id)
        if room is not None:
            return replace(chat, presence=room.presence, occupants=len(room.occupants))
        contact = self.roster.contacts.get(chat.jid)
        here = chat.kind is ChatKind.PERSON and contact is not None and contact.show
        return replace(chat, presence=Presence.HERE if here else Presence.AWAY_FROM)

    def read(self, chat: int) -> None:
        """The user has read on in a chat: other devices of ours, and whoever may know, are told."""
        client = self.session.client
        self.reception.people.marks.read(chat, self._putting(client) if client else None)
        self.seen.changed(chat)

    def _putting(self, client: Client) -> Callable[[ET.Element], None]:
        return partial(self._bench.envelope.put, self.account.id, client)

    def _followed(self, room: int) -> None:
        self.reception.people.marks.settle()
        self.seen.followed(room)

    def _stanza(self, stanza: ET.Element) -> None:
        self.reception.take(self.client(), stanza)

    # -- coming and going ----------------------------------------------------

    def _came_online(self) -> None:
        judge = self.reception.authority
        judge.archived = judge.carbons = False
        self._attend()
        self._spawn(self._settle(self.client()))

    def _restored(self) -> None:
        self._attend()
        self.outbox.settled(self.client().stream.ledger.acked)
        # Nobody knows any more who is there and in which rooms we are: we go, and the server tells it to whoever comes.
        # At once, before anything is entered. What it gets in between is in the archive, which is read on then.
        self.client().put(absence())
        self.reading.expect(keeps=True)
        self._spawn(self._settle(self.client()))

    def _attend(self) -> None:
        self._last = client = self.client()
        client.stream.on_acked, client.stream.commit = self.outbox.acknowledged, self._committed
        self._inbound.counts[self.account.id] = self._count

    def _count(self) -> None:
        """Write down how much of the session is dealt with, in one transaction with what it brought."""
        if self.reception.requests.settled:
            self.session.lasting.count()

    def _committed(self) -> bool:
        """Whether everything that came is on disk."""
        self.reception.requests.flush()
        if not (self._inbound.settled and self.reception.requests.settled):
            return False
        with suppress(Trouble):
            self._count()
            return True
        return False

    async def _settle(self, client: Client) -> None:
        self.reading.expect(keeps=True)
        self.features = await settle(client, self.reception, self.roster)
        judge = self.reception.authority
        self.session.lasting.know(archived=judge.archived, carbons=judge.carbons)
        client.put(presence())
        self._bench.envelope.came_online(self.account.id)
        self._spawn(self._read(client))
        self._spawn(self.entering.all_again())
        await self.entering.keep_inside(client)

    async def _read(self, client: Client) -> None:
        doubts = self.outbox.doubts
        self.reception.people.marks.catch_up(self._putting(client))
        if not doubts:
            # Nothing that is written now can overtake anything.
            self.outbox.judged(reaches=False)
        self._spawn(self.seen.take(self.features))
        keeps, own = keeps_history(self.features), client.own.bare
        self.reading.expect(keeps=keeps)
        reaches = keeps and await self.reading.catch_up(client, own, follow=False)
        reaches = reaches and (not doubts or await keeps_all(client))
        if client.stream.closed:
            # The session is over. Whatever is in doubt stays so until the next one has asked.
            return
        if doubts:
            self.outbox.judged(reaches=reaches)
        if keeps:
            await asyncio.sleep(SECOND_LOOK)
            with suppress(Trouble):
                await self.reading.catch_up(self.client(), own)

    def _broke(self) -> None:
        """The connection is gone. Until it is known that the session is over, rooms and people stay as they are."""
        self._committed()

    def _resumed(self) -> None:
        self._last = self.client()
        self.entering.resumed()
        self.outbox.kick()

    def _went_offline(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._committed()
        self._inbound.counts.pop(self.account.id, None)
        before = self.session.lasting.before
        if before is not None and before.told:
            self.outbox.settled(before.ledger.acked)
        self.reading.lost()
        self.rooms.lost()
        self.roster.lost()
        self.outbox.lost(self._last.problem if self._last else None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        """What could not be written down ends the session: the next one begins with it again."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Trouble) and self._last is not None:
            self._last.stream.close()
            self._last.fail(error.problem)
        elif error is not None:
            asyncio.get_running_loop().call_exception_handler({"message": "a task failed", "exception": error})
