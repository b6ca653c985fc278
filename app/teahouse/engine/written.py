"""What of a message that comes is written down beside its text, whether we have it already, and what is told then."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Event, MessageStored
from teahouse.domain.message import Message
from teahouse.domain.openpgp import OPENING, SLOT
from teahouse.engine.arrivals import Arrival
from teahouse.engine.bench import Bench
from teahouse.engine.envelope import Opened
from teahouse.store import messages, retention, sealed
from teahouse.store.database import Database


@dataclass(slots=True)
class Stored:
    """What one transaction wrote down: what is to be told of it, by chat what is new, and by account what is sealed."""

    events: list[Event] = field(default_factory=list)
    fresh: dict[int, list[Message]] = field(default_factory=dict)
    old: set[int] = field(default_factory=set)
    """What is new here and was read long ago."""
    sealed: dict[int, dict[int, Opened]] = field(default_factory=dict)

    def take(self, db: Database, message: Message, arrival: Arrival) -> None:
        """A message is new. One that is encrypted is told, and counted, when it was opened."""
        counts = arrival.stretch is None or arrival.stretch.counts
        if arrival.cipher is not None:
            sealed.came(db, message, arrival.cipher, arrival.number, counts=counts, legacy=arrival.legacy)
            self.sealed.setdefault(message.account, {})[message.id] = arrival.heard or _deaf
            return
        self.events.append(MessageStored(message))
        self.fresh.setdefault(message.chat, []).append(message)
        if not counts:
            self.old.add(message.id)


def tell(bench: Bench, stored: Stored) -> None:
    """Say what was written down, and have opened what is encrypted."""
    for event in stored.events:
        bench.announce(event)
    for chat in stored.fresh:
        bench.announce_chat(chat)
    for account, told in stored.sealed.items():
        bench.envelope.came(account, told)


def notes_of(bench: Bench, arrival: Arrival, at: int) -> Mapping[str, Any]:
    """What is said of the encryption of a message that comes, and was written at a time (milliseconds UTC)."""
    if arrival.cipher is not None:
        return {SLOT: [OPENING]}
    return {"scheme": arrival.scheme} if arrival.scheme else bench.envelope.in_clear(arrival.chat, at)


def _deaf(_inside: ET.Element) -> None:
    """Nobody wants to know what was inside."""


def known_of(db: Database, arrival: Arrival) -> Message | None:
    """The message that we have and that comes once more; None when it is new."""
    where, what = (db, arrival.account, arrival.chat), (arrival.sender, arrival.body, arrival.identity)
    cipher = None if arrival.cipher is None else sealed.digest(arrival.cipher)
    return messages.known(*where, *what, mine=arrival.mine, may_confirm=arrival.may_confirm, sealed=cipher)


def forgotten(bench: Bench, arrival: Arrival) -> bool:
    """Whether a room or an archive tells again what was taken off this computer, or had nothing in it."""
    if arrival.cipher is not None and sealed.is_silent(bench.db, arrival.account, arrival.cipher):
        return True
    if arrival.stretch is None and (not arrival.stamp or arrival.kind is ChatKind.PERSON):
        return False
    return retention.forgotten(bench.db, arrival.chat, arrival.stamp, arrival.identity, bench.now())
