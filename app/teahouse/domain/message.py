"""A message as everybody in the house sees it: one immutable value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any


class Delivery(IntEnum):
    """How far a message has come. Only own messages leave RECEIVED; no tick is shown before ACKED."""

    RECEIVED = 0
    QUEUED = 1
    SENT = 2
    ACKED = 3
    CONFIRMED = 4
    UNSURE = 5
    """Sent, but the connection broke before anybody said it arrived: sent again only by hand."""
    FAILED = 6


class Reach(IntEnum):
    """How far an own message to a person is known to have come, by their own word. It only grows."""

    UNKNOWN = 0
    DEVICE = 1
    """On a device of theirs (XEP-0184)."""
    DISPLAYED = 2
    """Shown to them there (XEP-0333)."""


NO_NOTES: Mapping[str, Any] = MappingProxyType({})
"""Nothing is said of a message by any feature."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `time` is milliseconds since 1970, UTC; (`order`, `id`) sorts a chat."""

    id: int
    account: int
    chat: int
    order: int
    time: int
    sender: str
    """A nick in a room, a bare address in a 1:1 chat."""
    body: str
    mine: bool = False
    state: Delivery = Delivery.RECEIVED
    mention: bool = False
    detail: str = ""
    """Why it failed, in the server's words."""
    clash: bool = False
    """When it came, its sender's nick could not be told from another one in the room."""
    reach: Reach = Reach.UNKNOWN
    notes: Mapping[str, Any] = field(default_factory=lambda: NO_NOTES, hash=False)
    """What features pin to it, by their name."""

    @property
    def key(self) -> "MessageKey":
        """Where the message stands in its chat."""
        return (self.order, self.id)

    def noted(self, slot: str, value: Any) -> "Message":
        """The same message with one feature's note pinned to it, or taken off with None."""
        notes = {**self.notes, slot: value}
        if value is None:
            notes.pop(slot)
        return replace(self, notes=MappingProxyType(notes))


MessageKey = tuple[int, int]
LATEST: MessageKey = (1 << 62, 1 << 62)
