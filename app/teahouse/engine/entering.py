"""Into rooms and out of them: by the user's wish, again after a loss, and again when a room that was shut is back."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from teahouse.domain.account import Account
from teahouse.domain.chat import End, Ending
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.bookmarks import Bookmarks
from teahouse.engine.browsing import Described, ask_room
from teahouse.engine.catchup import CatchUp
from teahouse.engine.client import Client
from teahouse.engine.inbound import Replay
from teahouse.engine.reception import Reception
from teahouse.engine.room import Room, still_inside
from teahouse.engine.rooms import HISTORY_LINES, Rooms, farewell
from teahouse.engine.xml import MAM, PING, el
from teahouse.store import archives, chats

ENTER_PATIENCE, ASK_PATIENCE, ASKED = 30.0, 15.0, 3
"""Seconds until a room has let us in, and has said how it is; so often one that lets us in is asked that."""
SELF_PING = 300.0
"""Seconds between self-pings of a quiet room (XEP-0410), jittered."""
REPLAY_PATIENCE = 10.0
"""Seconds after which a room that has told no subject is asked whether its history has ended."""
COME_BACK = (20.0, 600.0)
"""Seconds after which a room that was shut down is tried first, and at most between tries; jittered."""
RETRY = 5.0
"""Seconds after which a room that could not be entered for want of a connection is tried again at first."""
_UNHEARD = frozenset({Fault.TIMED_OUT, Fault.OFFLINE, Fault.CONNECTION_LOST})
_PASSING = _UNHEARD | {Fault.ROOM_MISSING, Fault.ROOM_FULL}
_NO_WORD = frozenset({Fault.OFFLINE, Fault.CONNECTION_LOST, Fault.ROOM_EXPOSES})
"""What the user is told otherwise, or has been told."""
_TITLE = 60
Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Entering:
    """The way into the rooms of one account, as it is now. `spawn` runs what ends with the session."""

    def __init__(
        self, bench: Bench, account: Callable[[], Account], rooms: Rooms, client: Callable[[], Client], spawn: Spawn
    ) -> None:
        self._bench, self._account, self._rooms = bench, account, rooms
        self._client, self._spawn = client, spawn
        self.reception: Reception
        self.reading: CatchUp
        self._bookmarks = Bookmarks(bench, account, client)
        self._back = asyncio.Event()
        self._wanted: set[int] = set()
        """Chats of the rooms that we are in or mean to enter; the user may think better of it on the way."""

    async def enter(self, chat: int, jid: str, nick: str, password: str, *, exposed: bool = False) -> Room:
        """Go into a room and wait until we are there; raises Trouble.

        One that shows our address to everybody is entered only when the user has accepted that, now or before.
        """
        client = self._client()
        self._wanted.add(chat)
        # First, as it says which ids in what it then tells may be believed.
        told = await self._described(client, jid)
        if chat not in self._wanted:
            raise Trouble(Problem(Fault.NOT_ALLOWED, jid))
        if told is not None and told[0].anonymous is False and not exposed:
            self._rooms.hold_exposed(chat, jid, told[0])
        # What is read on from its archive it does not have to tell.
        known = self._cursor(jid) is not None
        read = told is not None and MAM in told[1] and known
        self.reading.entering(jid, chat if known else 0)
        room, presence = self._rooms.enter(chat, jid, nick, password, 0 if read else HISTORY_LINES)
        self._describe(room, told)
        client.put(presence)
        assert room.entered is not None
        try:
            async with asyncio.timeout(ENTER_PATIENCE):
                await asyncio.shield(room.entered)
        except TimeoutError:
            if self._rooms.give_up(room):
                client.put(farewell(room))
            raise Trouble(Problem(Fault.TIMED_OUT, jid)) from None
        if told is None:
            await self.renew(room)
        self._spawn(self._end_replay(client, room))
        return room

    def leave(self, chat: int) -> None:
        """Go out of a room, or do not enter it after all."""
        self._wanted.discard(chat)
        room = self._rooms.of_chat(chat)
        if room is not None:
            try:
                self._client().put(farewell(room))
            except Trouble:
                return

    def _cursor(self, jid: str) -> str | None:
        return archives.cursor(self._bench.db, self._account().id, jid)

    def replayed(self, room: Room, replay: Replay) -> None:
        """A room has told its history; what it holds besides is in its archive, if it keeps one."""
        if MAM in room.features or not room.features:
            self._spawn(self._read(room, replay))
        else:
            self.reception.judge_by(room, replay)

    async def _read(self, room: Room, replay: Replay) -> None:
        await self._until_described(room, replay)
        told: Replay | bool = replay
        if MAM in room.features:
            read = self._cursor(room.jid) is not None
            reaches = await self.reading.catch_up(self._client(), room.jid, room.chat)
            told = reaches if read or reaches else replay
        if self._rooms.by_jid.get(room.jid) is room and not room.judged:
            self.reception.judge_by(room, told)

    async def _until_described(self, room: Room, replay: Replay) -> None:
        """A room that did not say before we entered what it keeps is asked again, ever more rarely.

        What it has of ours is judged by its history before long, or nothing could be said in it.
        """
        pause, asked = RETRY, 0
        while not room.features and self._rooms.by_jid.get(room.jid) is room:
            with suppress(Trouble):
                await self.renew(room)
            asked += not room.features
            if asked == ASKED:
                self.reception.judge_by(room, replay)
            if asked and not room.features:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._back.wait(), pause)
                pause = min(pause * 2, COME_BACK[1])

    def changed(self) -> None:
        """The user has come into a room or left one: other devices follow."""
        self._spawn(self._bookmarks.give())

    # -- again -----------------------------------------------------------------

    async def all_again(self) -> None:
        """Enter every room that the user has not left, here or on another device, at this account's pace."""
        await self._bookmarks.take()
        rooms = self._bench.joins.order(self._account().route, chats.joined(self._bench.db, self._account().id))
        self._wanted |= {joined.chat for joined in rooms}
        for joined in rooms:
            await self._bench.joins.turn(self._account().route)
            if joined.chat in self._wanted and joined.jid not in self._rooms.by_jid:
                self._spawn(self._again(joined.chat, joined.jid, joined.nick, joined.password))

    async def _again(self, chat: int, jid: str, nick: str, password: str, *, shut: bool = False) -> None:
        """Enter without being asked; what passes is waited out, also that it is missing when it was `shut`."""
        pause, told = COME_BACK[0] * 2 if shut else RETRY, shut
        while True:
            try:
                await self.enter(chat, jid, nick, password)
                return
            except Trouble as trouble:
                problem = trouble.problem
            if chat not in self._wanted:
                return
            passes = problem.fault in (_PASSING if shut else _UNHEARD)
            if problem.fault not in _NO_WORD and not (passes and told):
                self._rooms.tell_refused(chat, problem)
                told = True
            if not passes:
                return
            if await self._elsewhere(chat, jid, pause):
                return
            pause = min(pause * 2, COME_BACK[1])

    async def _elsewhere(self, chat: int, jid: str, pause: float) -> bool:
        """Wait so many seconds, or until the connection is back; whether by then there is nothing to do any more."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._back.wait(), pause * random.uniform(0.8, 1.2))
        await self._bench.joins.turn(self._account().route)
        return chat not in self._wanted or jid in self._rooms.by_jid

    def resumed(self) -> None:
        """The session goes on by another connection: what waited for it is tried at once."""
        self._back.set()
        self._back = asyncio.Event()

    async def come_back(self, room: Room, ending: Ending) -> None:
        """Enter a room that was shut down as soon as it is there again, asking ever more rarely; no other."""
        if ending.end is not End.SHUT:
            self._wanted.discard(room.chat)
        elif not await self._elsewhere(room.chat, room.jid, COME_BACK[0]):
            await self._again(room.chat, room.jid, room.nick, room.password, shut=True)

    async def keep_inside(self, client: Client) -> None:
        """From time to time, see whether the rooms still have us; for as long as the session lasts."""
        while True:
            await asyncio.sleep(SELF_PING * random.uniform(0.8, 1.2))
            for room in list(self._rooms.by_jid.values()):
                await self._ping(client, room)

    async def _ping(self, client: Client, room: Room) -> None:
        ping = el("iq", {"type": "get", "to": f"{room.jid}/{room.nick}"}, el(f"{{{PING}}}ping"))
        try:
            inside = still_inside(await client.ask(ping, 60))
        except Trouble:
            return
        if not inside and self._rooms.by_jid.get(room.jid) is room:
            await self._again(room.chat, room.jid, room.nick, room.password)

    async def _end_replay(self, client: Client, room: Room) -> None:
        await asyncio.sleep(REPLAY_PATIENCE)
        if room.replaying:
            # Rooms answer in order: what comes behind the answer is no history.
            await self._ping(client, room)
            self.reception.end_replay(room)

    # -- what a room says of itself ----------------------------------------------

    async def renew(self, room: Room) -> None:
        """Ask a room anew how it is."""
        self._describe(room, await self._described(self._client(), room.jid))

    async def _described(self, client: Client, jid: str) -> Described | None:
        try:
            return await ask_room(client, jid, ASK_PATIENCE)
        except Trouble:
            return None

    def _describe(self, room: Room, told: Described | None) -> None:
        if told is None:
            return
        facts, features = told
        self._rooms.describe(room, facts, features)
        if facts.name:
            chats.set_title(self._bench.db, room.chat, facts.name[:_TITLE])
            self._bench.announce_chat(room.chat)
