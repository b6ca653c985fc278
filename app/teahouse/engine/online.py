"""One account at work: its session, rooms, roster and outbox, and what it does on coming online."""

import asyncio
import random
import xml.etree.ElementTree as ET
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, End, Ending, Presence, RoomFacts
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine import roster
from teahouse.engine.bench import Bench
from teahouse.engine.browsing import ask_info, ask_room
from teahouse.engine.client import Client
from teahouse.engine.inbound import Inbound
from teahouse.engine.outbox import Outbox
from teahouse.engine.reception import Reception
from teahouse.engine.room import Room, still_inside
from teahouse.engine.rooms import Rooms, farewell
from teahouse.engine.session import Session
from teahouse.engine.xml import DISCO_INFO, PING, ROSTER, SID, el
from teahouse.store import chats

ENTER_PATIENCE, ASK_PATIENCE = 30.0, 15.0
SELF_PING = 300.0
"""Seconds between self-pings of a quiet room (XEP-0410), jittered."""
REPLAY_PATIENCE = 10.0
"""Seconds after which a room that has told no subject is asked whether its history has ended."""
COME_BACK = (20.0, 600.0)
"""Seconds after which a room that was shut down is tried first, and at most between tries; jittered."""
_PASSING = (Fault.TIMED_OUT, Fault.ROOM_MISSING, Fault.ROOM_FULL)
_TITLE = 60
Described = tuple[RoomFacts, frozenset[str]]


class Online:
    """Everything that lives while an account is there."""

    def __init__(self, bench: Bench, account: Account, password: str, inbound: Inbound) -> None:
        self.account, self._bench, self._inbound = account, bench, inbound
        self.session = Session(bench, account, password, self._stanza, self._came_online, self._went_offline)
        self.rooms = Rooms(bench, account.id, inbound, lambda *out: self._spawn(self._come_back(*out)))
        self.roster = roster.Roster(bench, account.id)
        self.outbox = Outbox(bench, account.id, self.rooms, lambda: self.session.client)
        self.reception = Reception(
            bench, account, inbound, self.rooms, self.roster, self.outbox, lambda room: self._spawn(self._renew(room))
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted: set[int] = set()
        """Chats of the rooms that we are in or mean to enter; the user may think better of it on the way."""
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
        self._last = self.client()
        self._spawn(self._settle(self._last))

    async def _settle(self, client: Client) -> None:
        # Before our presence: what it calls forth (people, late messages, questions) needs the answers.
        learning = self.reception.answers.door.learn(client)
        await asyncio.gather(self._ask_roster(client), self._ask_account(client), learning)
        client.put(roster.presence())
        self.outbox.kick()
        self._spawn(self._reenter_all())
        while True:
            await asyncio.sleep(SELF_PING * random.uniform(0.8, 1.2))
            for room in list(self.rooms.by_jid.values()):
                await self._ping_room(client, room)

    async def _ask_roster(self, client: Client) -> None:
        try:
            answer = await client.ask(roster.request())
        except Trouble:
            return
        query = answer.find(f"{{{ROSTER}}}query")
        if answer.get("type") == "result" and query is not None:
            self.roster.take(query, whole=True)

    async def _ask_account(self, client: Client) -> None:
        self.reception.authority.archived = False
        try:
            query = (await ask_info(client, client.own.bare, ASK_PATIENCE)).find(f"{{{DISCO_INFO}}}query")
        except Trouble:
            return
        given = query.findall(f"{{{DISCO_INFO}}}feature") if query is not None else []
        self.reception.authority.archived = any(feature.get("var") == SID for feature in given)

    async def _reenter_all(self) -> None:
        rooms = self._bench.joins.order(self.account.route, chats.joined(self._bench.db, self.account.id))
        self._wanted |= {joined.chat for joined in rooms}
        for joined in rooms:
            await self._bench.joins.turn(self.account.route)
            if joined.chat in self._wanted and joined.jid not in self.rooms.by_jid:
                self._spawn(self._reenter(joined.chat, joined.jid, joined.nick, joined.password))

    async def _reenter(self, chat: int, jid: str, nick: str, password: str) -> None:
        try:
            await self.enter(chat, jid, nick, password)
        except Trouble as trouble:
            if trouble.problem.fault is not Fault.ROOM_EXPOSES and chat in self._wanted:
                self.rooms.tell_refused(chat, trouble.problem)

    async def _come_back(self, room: Room, ending: Ending) -> None:
        """Enter a room that was shut down as soon as it is there again, asking ever more rarely; no other."""
        if ending.end is not End.SHUT:
            self._wanted.discard(room.chat)
            return
        pause = COME_BACK[0]
        while True:
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            await self._bench.joins.turn(self.account.route)
            if room.chat not in self._wanted or room.jid in self.rooms.by_jid:
                return
            try:
                await self.enter(room.chat, room.jid, room.nick, room.password)
                return
            except Trouble as trouble:
                if trouble.problem.fault not in _PASSING:
                    if room.chat in self._wanted and trouble.problem.fault is not Fault.ROOM_EXPOSES:
                        self.rooms.tell_refused(room.chat, trouble.problem)
                    return
            pause = min(pause * 2, COME_BACK[1])

    async def _ping_room(self, client: Client, room: Room) -> None:
        ping = el("iq", {"type": "get", "to": f"{room.jid}/{room.nick}"}, el(f"{{{PING}}}ping"))
        try:
            inside = still_inside(await client.ask(ping, 60))
        except Trouble:
            return
        if not inside and self.rooms.by_jid.get(room.jid) is room:
            await self._reenter(room.chat, room.jid, room.nick, room.password)

    def _went_offline(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._inbound.flush()
        self.reception.requests.flush()
        self.rooms.lost()
        self.roster.lost()
        self.outbox.lost(self._last.problem if self._last else None)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- rooms ---------------------------------------------------------------

    async def enter(self, chat: int, jid: str, nick: str, password: str, *, exposed: bool = False) -> Room:
        """Go into a room and wait until we are there; raises Trouble.

        One that shows our address to everybody is entered only when the user has accepted that, now or before.
        """
        client = self.client()
        self._wanted.add(chat)
        # First, as it says which ids in what it then tells may be believed.
        told = await self._described(client, jid)
        if chat not in self._wanted:
            raise Trouble(Problem(Fault.NOT_ALLOWED, jid))
        if told is not None and told[0].anonymous is False and not exposed:
            self.rooms.hold_exposed(chat, jid, told[0])
        room, presence = self.rooms.enter(chat, jid, nick, password)
        self._describe(room, told)
        client.put(presence)
        assert room.entered is not None
        try:
            async with asyncio.timeout(ENTER_PATIENCE):
                await asyncio.shield(room.entered)
        except TimeoutError:
            if self.rooms.give_up(room):
                client.put(farewell(room))
            raise Trouble(Problem(Fault.TIMED_OUT, jid)) from None
        if told is None:
            await self._renew(room)
        self._spawn(self._end_replay(client, room))
        return room

    def leave(self, chat: int) -> None:
        """Go out of a room, or do not enter it after all."""
        self._wanted.discard(chat)
        room = self.rooms.of_chat(chat)
        if room is not None and self.session.client is not None:
            self.session.client.put(farewell(room))

    async def _end_replay(self, client: Client, room: Room) -> None:
        await asyncio.sleep(REPLAY_PATIENCE)
        if room.replaying:
            # Rooms answer in order: what comes behind the answer is no history.
            await self._ping_room(client, room)
            self.reception.end_replay(room)

    async def _renew(self, room: Room) -> None:
        self._describe(room, await self._described(self.client(), room.jid))

    async def _described(self, client: Client, jid: str) -> Described | None:
        try:
            return await ask_room(client, jid, ASK_PATIENCE)
        except Trouble:
            return None

    def _describe(self, room: Room, told: Described | None) -> None:
        if told is None:
            return
        facts, features = told
        self.rooms.describe(room, facts, features)
        if facts.name:
            chats.set_title(self._bench.db, room.chat, facts.name[:_TITLE])
            self._bench.announce_chat(room.chat)
