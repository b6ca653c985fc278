"""Messages in: read, authenticated, checked against what we have, and written down in batches.

A batch is one transaction of at most 200 messages or 50 ms; it is announced only when it is on disk.
"""

import asyncio
import re
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Event, MessageChanged, MessageRemoved, MessageStored, WentWrong
from teahouse.domain.message import Delivery, Message
from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.text import cleaned
from teahouse.engine.bench import Bench
from teahouse.engine.xml import DELAY, SID, child_text
from teahouse.store import chats, messages
from teahouse.store.messages import Identity

BATCH, TICK, RETRY = 200, 0.03, 5.0
BODY_KEPT = 200_000
"""Characters of a received message that are kept."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, its sender already authenticated by the part that hands it in."""

    account: int
    chat: int
    kind: ChatKind
    sender: str
    body: str
    mine: bool
    identity: Identity
    stamp: int = 0
    """Server time in milliseconds when it was delayed, else 0."""
    my_nick: str = ""


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

    def take(self, arrival: Arrival) -> None:
        """Accept a message; it is on disk within TICK seconds."""
        self._waiting.append(arrival)
        if len(self._waiting) >= BATCH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self.flush)

    def replay_over(self, chat: int) -> Replay:
        """The history that a room gives on joining has ended; what it told."""
        self.flush()
        return self._replays.pop(chat, Replay())

    def flush(self) -> None:
        """Write down what has come; with a full disk it is kept in memory and tried again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            with self._bench.db.transaction():
                events, touched = self._store(batch)
        except Trouble as trouble:
            self._waiting = batch + self._waiting
            self._timer = asyncio.get_running_loop().call_later(RETRY, self.flush)
            self._bench.announce(WentWrong(trouble.problem))
            if trouble.problem.fault not in (Fault.DISK_FULL, Fault.NOT_WRITABLE):
                raise
            return
        for event in events:
            self._bench.announce(event)
        for chat in touched:
            self._bench.announce_chat(chat)

    def _store(self, batch: list[Arrival]) -> tuple[list[Event], list[int]]:
        events: list[Event] = []
        fresh: dict[int, list[Message]] = {}
        places: dict[int, int] = {}
        for arrival in batch:
            known = messages.known(
                self._bench.db, arrival.account, arrival.chat, arrival.sender, arrival.body, arrival.identity
            )
            replay = self._replay_of(arrival)
            if known is not None:
                replay.place, replay.matched = known.order, True
                if known.mine and known.state is not Delivery.CONFIRMED:
                    events += self._confirm(known, arrival, places)
                continue
            stored = self._write(arrival, places)
            events.append(MessageStored(stored))
            fresh.setdefault(arrival.chat, []).append(stored)
        for chat, stored_here in fresh.items():
            unread = [m for m in stored_here if not m.mine]
            last = max(stored_here, key=lambda m: m.key)
            chats.spoken(self._bench.db, chat, last, len(unread), sum(m.mention for m in unread))
        return events, list(fresh)

    def _write(self, arrival: Arrival, places: dict[int, int]) -> Message:
        now = time.time_ns() // 1_000_000
        stamp = min(arrival.stamp, now + 60_000) if arrival.stamp else now
        place = self._place(arrival, stamp * 1000, places)
        state = Delivery.CONFIRMED if arrival.mine else Delivery.RECEIVED
        mention = not arrival.mine and mentions(arrival.body, arrival.my_nick)
        message = Message(
            0, arrival.account, arrival.chat, place, stamp, arrival.sender, arrival.body, arrival.mine, state, mention
        )
        return messages.append(self._bench.db, message, arrival.identity)

    def _replay_of(self, arrival: Arrival) -> Replay:
        if not arrival.stamp:
            return Replay()
        replay = self._replays.setdefault(arrival.chat, Replay(oldest=arrival.stamp))
        replay.count, replay.oldest = replay.count + 1, min(replay.oldest, arrival.stamp)
        return replay

    def _place(self, arrival: Arrival, wanted: int, places: dict[int, int]) -> int:
        chat = arrival.chat
        if arrival.stamp:
            # Within one replay the server's order rules, whatever the clocks say.
            replay = self._replays[chat]
            replay.place = max(wanted, replay.place + 1)
            return replay.place
        last = places.get(chat) or messages.last_place(self._bench.db, chat)
        places[chat] = max(wanted, last + 1)
        return places[chat]

    def _confirm(self, known: Message, arrival: Arrival, places: dict[int, int]) -> list[Event]:
        place = known.order
        if not arrival.stamp:
            last = places.get(known.chat) or messages.last_place(self._bench.db, known.chat)
            place = known.order if last == known.order else last + 1
            places[known.chat] = max(last, place)
        confirmed = messages.confirm(self._bench.db, known.id, place, arrival.identity)
        if confirmed is None:
            return []
        if place == known.order:
            return [MessageChanged(confirmed)]
        return [MessageRemoved(known.chat, known.id), MessageStored(confirmed)]


def mentions(body: str, nick: str) -> bool:
    """Whether a text names this nick as a word of its own."""
    if not nick or nick.casefold() not in body.casefold():
        return False
    return bool(re.search(rf"(?<!\w){re.escape(nick)}(?!\w)", body, re.IGNORECASE)) or not nick.isascii()


def body_of(stanza: ET.Element) -> str:
    """The text of a message, bounded; empty when there is none."""
    return cleaned((child_text(stanza, "body") or "")[:BODY_KEPT])


def stamp_of(stanza: ET.Element, *allowed: str) -> int:
    """The time of a delayed message (XEP-0203) in ms, stamped by one of these addresses; 0 when it is live."""
    for delay in stanza.findall(f"{{{DELAY}}}delay"):
        if delay.get("from", "") in allowed:
            try:
                read = datetime.fromisoformat(delay.get("stamp", "")[:40].replace("Z", "+00:00"))
            except ValueError:
                continue
            read = read if read.tzinfo else read.replace(tzinfo=UTC)
            return max(1, int(read.timestamp() * 1000))
    return 0


def stanza_id(stanza: ET.Element, archive: str) -> str:
    """The id that this archive gave a message (XEP-0359); ids by anybody else, or given twice, are not believed."""
    given = [e.get("id", "") for e in stanza.findall(f"{{{SID}}}stanza-id") if e.get("by") == archive]
    return given[0][:500] if len(given) == 1 else ""


def origin_id(stanza: ET.Element) -> str:
    """The sender's own id of a message."""
    found = stanza.find(f"{{{SID}}}origin-id")
    inner = found.get("id", "") if found is not None else ""
    return str(stanza.get("id") or inner)[:500]


def with_archive(identity: Identity, archive: str, number: str) -> Identity:
    """The identity with its place in an archive, when there is one."""
    return replace(identity, archive=archive, stanza_id=number) if number else identity
