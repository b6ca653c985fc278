"""What strangers want of us, held until the user answers."""

from dataclasses import dataclass, field
from enum import Enum


class Asking(Enum):
    """What is wanted, and who vouches for it."""

    TALK = "talk"
    """Somebody who is no contact wrote to us."""
    ROOM = "room"
    """A room passes an invitation on (XEP-0045 section 7.8.2): who invites is the room's word alone."""
    DIRECT = "direct"
    """Somebody invites us to a room (XEP-0249)."""
    SEE = "see"
    """Somebody asks to see when we are online (RFC 6121 section 3.1). The server keeps it; it has no number here."""


@dataclass(frozen=True, slots=True)
class Request:
    """One stranger, or one invitation. `time` is milliseconds since 1970, UTC, of the newest of it."""

    id: int
    account: int
    kind: Asking
    jid: str
    """Whoever wants to talk, or the room that we are invited to."""
    sender: str
    """The bare address that it came from, as our server says."""
    inviter: str = ""
    """Who invites; empty when nobody is named."""
    text: str = ""
    """The newest that was said, bounded; of an invitation its reason."""
    time: int = 0
    count: int = 0
    """How many messages are held."""
    lost: int = 0
    """How many more there were, which were not kept."""
    password: str = field(default="", repr=False)
