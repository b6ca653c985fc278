"""Messages in: checked against what we have, and written down in batches.

A batch is one transaction of at most 200 messages or 50 ms; it is announced only when it is on disk.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from teahouse.crash import crash_point
from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Event, MessageChanged, MessageRemoved, MessageStored, WentWrong
from teahouse.domain.message import Delivery, Message
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.arrivals import Arrival, Stretch
from teahouse.engine.bench import Bench
from teahouse.engine.written import Stored, forgotten, known_of, notes_of, tell
from teahouse.store import archives, chats, messages, seen
from teahouse.store.database import Database
from teahouse.store.messages import Ahead

BATCH, TICK, RETRY = 200, 0.03, 5.0
UNTAKEN = frozenset({Fault.DISK_FULL, Fault.NOT_WRITABLE})
"""Why something is not on disk that may be, a little later."""
SPACE = 20_000
"""Order keys that are left free in front of what comes while an archive is read, for what it holds."""
AHEAD = 60_000
"""Milliseconds by which another clock may be ahead of ours."""


@dataclass(slots=True)
class Replay:
    """What a room's history on joining has told so far."""

    place: int = 0
    count: int = 0
    oldest: int = 0
    """Milliseconds UTC."""
    matched: bool = False
    """Whether it reached back to a message that we had."""


class Inbound:
    """Collects arrivals of every account and stores them."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._waiting: list[Arrival] = []
        self._timer: asyncio.TimerHandle | None = None
        self._replays: dict[int, Replay] = {}
        self._stuck, self._most = False, 0
        self.followed: set[tuple[int, str]] = set()
        """Archives (of accounts) of which everything is held: what comes by itself moves their cursors on."""
        self.unread: set[tuple[int, int]] = set()
        """(account, chat of the room or 0) of archives that are not read to their end, though there is a session."""
        self.counts: dict[int, Callable[[], None]] = {}
        """By account, what writes down how many stanzas are dealt with once these messages are on disk."""
        self.reading = 0
        """How many archives are read at the moment: then room is left for what they hold."""

    @property
    def settled(self) -> bool:
        """Whether whatever came is on disk; it is put there if the disk takes it."""
        if not self._stuck:
            self.flush()
        return not self._waiting

    def take(self, arrival: Arrival) -> None:
        """Accept a message; it is on disk within TICK seconds."""
        self._waiting.append(arrival)
        if len(self._waiting) == BATCH and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            # Never at once: a stanza is counted when it was dealt with.
            wait = TICK if len(self._waiting) < BATCH else 0
            self._timer = asyncio.get_running_loop().call_later(wait, self.flush)

    def replay_over(self, chat: int) -> Replay:
        """The history that a room gives on joining has ended; what it told."""
        self.flush()
        return self._replays.pop(chat, Replay())

    def flush(self) -> None:
        """Write down what has come; with a full disk it is kept in memory and tried again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            while self._waiting:
                self._flush(self._most or len(self._waiting))
        except Trouble as trouble:
            self._stuck = True
            self._timer = asyncio.get_running_loop().call_later(RETRY, self.flush)
            self._bench.announce(WentWrong(trouble.problem))
            if trouble.problem.fault not in UNTAKEN:
                raise
            return
        self._stuck, self._most = False, 0

    def _flush(self, most: int) -> None:
        batch, later = self._waiting[:most], self._waiting[most:]
        # Half of it the next time (0 is all of it): a disk that fails now and then may still take less at once.
        self._most = max(1, len(batch) // 2)
        crash_point("arrived")
        with self._bench.db.transaction():
            stored = self._store(batch)
            for count in () if later else self.counts.values():
                count()
            crash_point("storing")
        self._waiting, self._most = later, len(batch)
        crash_point("stored")
        tell(self._bench, stored)
        for written in filter(None, (arrival.written for arrival in batch)):
            written()

    def read(self, more: int) -> None:
        """One archive more is read, or one less."""
        self.flush()
        self.reading += more

    def bring(self, batch: list[Arrival], along: Callable[[], list[Event]]) -> None:
        """Write down messages at once and do what belongs to it, both or neither; raises Trouble.

        `along` gives what is to be told of what it did.
        """
        if not self.settled:
            raise Trouble(Problem(Fault.DISK_FULL))
        with self._bench.db.transaction():
            stored = self._store(batch)
            stored.events += along()
            crash_point("bringing")
        crash_point("page")
        tell(self._bench, stored)

    def _store(self, batch: list[Arrival]) -> Stored:
        stored = Stored()
        places: dict[int, int] = {}
        for arrival in batch:
            known = known_of(self._bench.db, arrival)
            replay = self._replay_of(arrival)
            self._follow(arrival)
            if known is not None:
                stored.events += self._again(known, arrival, places, replay)
                continue
            if forgotten(self._bench, arrival):
                continue
            stored.take(self._bench.db, self._write(arrival, places), arrival)
        for chat, stored_here in stored.fresh.items():
            unread = [m for m in stored_here if not m.mine and m.id not in stored.old]
            last = max(stored_here, key=lambda m: m.key)
            chats.spoken(self._bench.db, chat, last, len(unread), sum(m.mention for m in unread))
            seen.settle(self._bench.db, chat)
        return stored

    def _follow(self, arrival: Arrival) -> None:
        name = arrival.identity
        if arrival.stretch is None and name.stanza_id and (arrival.account, name.archive) in self.followed:
            archives.set_cursor(self._bench.db, arrival.account, name.archive, name.stanza_id)

    def _again(self, known: Message, arrival: Arrival, places: dict[int, int], replay: Replay) -> list[Event]:
        """A message that we have has come once more."""
        before, replay.place, replay.matched = replay.place, known.order, True
        if known.mine and known.state is not Delivery.CONFIRMED:
            # Behind what the room's history has before it.
            replay.place = max(known.order, before + 1)
            return self._confirm(known, arrival, places, replay.place)
        if arrival.identity.stanza_id:
            messages.name(self._bench.db, known.id, arrival.identity)
        if (stretch := arrival.stretch) is None:
            return []
        if not stretch.high:
            messages.reached(self._bench.db, known.id)
        if known.order > stretch.low.get(known.chat, 0):
            stretch.low[known.chat] = known.order
            return []
        # It came by itself before what the archive has in front of it.
        moved = messages.move(self._bench.db, known.id, self._between(stretch, known.chat, 0))
        return [MessageRemoved(known.chat, known.id), MessageStored(moved)] if moved is not None else []

    def _write(self, arrival: Arrival, places: dict[int, int]) -> Message:
        now = self._bench.now()
        stamp = min(arrival.stamp or now, now + AHEAD)
        place = self._place(arrival, stamp * 1000, places)
        if arrival.kind is ChatKind.PERSON and arrival.stretch is None:
            # What comes late was said after what we have: no stamp hides a message among the old ones.
            stamp = min(place // 1000, now + AHEAD)
        state = Delivery.CONFIRMED if arrival.mine else Delivery.RECEIVED
        mention = not arrival.mine and mentions(arrival.body, arrival.my_nick)
        message = Message(
            id=0,
            account=arrival.account,
            chat=arrival.chat,
            order=place,
            time=stamp,
            sender=arrival.sender,
            body=arrival.body,
            mine=arrival.mine,
            state=state,
            mention=mention,
            clash=arrival.clash,
            notes=notes_of(self._bench, arrival, stamp),
        )
        return messages.append(self._bench.db, message, arrival.identity, ahead=self._ahead(arrival))

    def _replay_of(self, arrival: Arrival) -> Replay:
        if not arrival.stamp or arrival.kind is ChatKind.PERSON or arrival.stretch is not None:
            return Replay()
        replay = self._replays.get(arrival.chat)
        if replay is None:
            # What it tells and we have not was said behind all that we have, whatever the clocks say.
            last = messages.settled_place(self._bench.db, arrival.chat, Ahead.LIVE)
            replay = self._replays[arrival.chat] = Replay(oldest=arrival.stamp, place=last)
        replay.count, replay.oldest = replay.count + 1, min(replay.oldest, arrival.stamp)
        return replay

    def _place(self, arrival: Arrival, wanted: int, places: dict[int, int]) -> int:
        chat = arrival.chat
        if arrival.stretch is not None:
            return self._between(arrival.stretch, chat, wanted)
        if arrival.stamp and arrival.kind is ChatKind.ROOM:
            # Within one replay the server's order rules, whatever the clocks say.
            replay = self._replays[chat]
            replay.place = max(wanted, replay.place + 1)
            return replay.place
        last = places.get(chat) or messages.last_place(self._bench.db, chat)
        places[chat] = max(wanted, last + (SPACE if self.reading else 1))
        return places[chat]

    def _between(self, stretch: Stretch, chat: int, wanted: int) -> int:
        """Behind what the archive has before it, below what it was read to. What is ahead of it moves on if need be."""
        low = _low(self._bench.db, stretch, chat)
        high = stretch.high.get(chat) or messages.settled_after(self._bench.db, chat, low, Ahead.NO)
        # Where there is no room left they share a key; then the order in which they were written down counts.
        stretch.low[chat] = min(max(wanted, low + 1), max(low, high - 1)) if high else max(wanted, low + 1)
        return stretch.low[chat]

    def _confirm(self, known: Message, arrival: Arrival, places: dict[int, int], told: int) -> list[Event]:
        """`told` is its order key according to a room's history on entering."""
        place = told
        if arrival.stretch is not None:
            place = self._among(arrival.stretch, known)
        elif not arrival.stamp:
            last = places.get(known.chat) or messages.last_place(self._bench.db, known.chat)
            place = known.order if last == known.order else last + 1
            if self._ahead(arrival):
                place = last + SPACE
            places[known.chat] = max(last, place)
        confirmed = messages.confirm(self._bench.db, known.id, place, arrival.identity, ahead=self._ahead(arrival))
        crash_point("confirming")
        if confirmed is None:
            return []
        if place == known.order:
            return [MessageChanged(confirmed)]
        moved = [MessageRemoved(known.chat, known.id), MessageStored(confirmed)]
        return moved + (self._behind(confirmed) if arrival.stretch is not None or arrival.stamp else [])

    def _among(self, stretch: Stretch, known: Message) -> int:
        """Where an own message stands that an archive has: where it is, if that is where the archive has it."""
        chat, db = known.chat, self._bench.db
        low = _low(db, stretch, chat)
        high = stretch.high.get(chat) or messages.settled_after(db, chat, low, Ahead.NO)
        somewhere = not stretch.fresh and chat not in stretch.low
        if somewhere or (low < known.order and not 0 < high <= known.order):
            stretch.low[chat] = known.order
            return known.order
        return self._between(stretch, chat, known.order)

    def _behind(self, confirmed: Message) -> list[Event]:
        """What we wrote later, and nobody has seen yet, stays behind what we wrote before."""
        events: list[Event] = []
        last = confirmed.order
        for number, place in messages.later_own(self._bench.db, confirmed.chat, confirmed.id):
            last = max(place, last + 1)
            moved = messages.move(self._bench.db, number, last) if last > place else None
            if moved is not None:
                events += [MessageRemoved(moved.chat, number), MessageStored(moved)]
        return events

    def _ahead(self, arrival: Arrival) -> Ahead:
        """Whether something may be missing in front of it: it came by itself, and its archive is not read so far."""
        archive = (arrival.account, 0 if arrival.kind is ChatKind.PERSON else arrival.chat)
        if arrival.stretch is not None or arrival.held or archive not in self.unread:
            return Ahead.NO
        return Ahead.LATE if arrival.stamp else Ahead.LIVE


def _low(db: Database, stretch: Stretch, chat: int) -> int:
    if chat not in stretch.low:
        return messages.settled_place(db, chat, Ahead.NO if stretch.whole else Ahead.LATE)
    return stretch.low[chat]


def put_behind(db: Database, stretch: Stretch) -> list[Event]:
    """What came by itself while an archive was read, and is not in it yet, goes behind all that it told."""
    events: list[Event] = []
    least = Ahead.LATE if stretch.whole else Ahead.LIVE
    for chat, last in stretch.low.items():
        for number, place in messages.ahead(db, chat, least):
            if place <= last:
                moved = messages.move(db, number, last + 1)
                if moved is not None:
                    events += [MessageRemoved(chat, number), MessageStored(moved)]
            last = max(place, last + 1)
    return events


def mentions(body: str, nick: str) -> bool:
    """Whether a text names this nick as a word of its own."""
    if not nick or nick.casefold() not in body.casefold():
        return False
    return bool(re.search(rf"(?<!\w){re.escape(nick)}(?!\w)", body, re.IGNORECASE)) or not nick.isascii()
