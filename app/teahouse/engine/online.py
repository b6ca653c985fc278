"""One account at work: its session, rooms, roster and outbox, and what it does on coming online."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Coroutine
from dataclasses import replace
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
from teahouse.engine.roster import Roster, presence
from teahouse.engine.session import Ears, Session
from teahouse.engine.settling import settle


class Online:
    """Everything that lives while an account is there."""

    def __init__(self, bench: Bench, account: Account, password: str, inbound: Inbound) -> None:
        self.account, self._bench, self._inbound = account, bench, inbound
        ears = Ears(self._stanza, self._came_online, self._broke, self._resumed, self._went_offline)
        self.session = Session(bench, account, password, ears)
        self.rooms = Rooms(bench, account.id, inbound, lambda *out: self._spawn(self.entering.come_back(*out)))
        self.roster = Roster(bench, account.id)
        self.outbox = Outbox(bench, account.id, self.rooms, lambda: self.session.client)
        self.entering = Entering(bench, lambda: self.session.account, self.rooms, self.client, self._spawn)
        self.reception = self.entering.reception = Reception(
            bench,
            account,
            inbound,
            self.rooms,
            self.roster,
            self.outbox,
            lambda room: self._spawn(self.entering.renew(room)),
            lambda room, replay: self.entering.replayed(room, replay),
        )
        self.features: frozenset[str] = frozenset()
        """What our account says that it can do."""
        self.reading = self.entering.reading = CatchUp(
            bench, account.id, inbound, self.reception.archives, self.reception.people.archived
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: Client | None = None

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

    def _stanza(self, stanza: ET.Element) -> None:
        self.reception.take(self.client(), stanza)

    # -- coming and going ----------------------------------------------------

    def _came_online(self) -> None:
        self._last = client = self.client()
        client.stream.on_acked, client.stream.commit = self.outbox.acknowledged, self._committed
        self._spawn(self._settle(client))

    def _committed(self) -> bool:
        """Whether everything that came is on disk."""
        self.reception.requests.flush()
        return self._inbound.settled and self.reception.requests.settled

    async def _settle(self, client: Client) -> None:
        self.features = await settle(client, self.reception, self.roster)
        client.put(presence())
        self._spawn(self._read(client))
        self._spawn(self.entering.all_again())
        await self.entering.keep_inside(client)

    async def _read(self, client: Client) -> None:
        doubts = self.outbox.doubts
        if not doubts:
            # Nothing that is written now can overtake anything.
            self.outbox.judged(reaches=False)
        reaches = keeps_history(self.features) and await self.reading.catch_up(client, client.own.bare)
        if doubts:
            self.outbox.judged(reaches=reaches)

    def _broke(self) -> None:
        """The connection is gone. Until it is known that the session is over, rooms and people stay as they are."""
        self._committed()

    def _resumed(self) -> None:
        self._last = self.client()
        self.outbox.kick()

    def _went_offline(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._committed()
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
