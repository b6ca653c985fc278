"""Chats: a room or a person in the list on the left, and what is known about a room."""

from dataclasses import dataclass
from enum import Enum


class ChatKind(Enum):
    """Rooms have square avatars, people round ones."""

    ROOM = "room"
    PERSON = "person"


class Presence(Enum):
    """Whether we are in the room, or the person can be reached."""

    AWAY_FROM = "out"
    ENTERING = "entering"
    HERE = "here"
    REFUSED = "refused"


class End(Enum):
    """Why we are out of a room that we did not leave."""

    KICKED = "kicked"
    BANNED = "banned"
    NO_MEMBER = "no-member"
    """Our membership was taken, and only members may be here."""
    MEMBERS_ONLY = "members-only"
    """The room became one for members, and we are none."""
    DESTROYED = "destroyed"
    SHUT = "shut"
    """The service went down, or lost us: the room is entered again by itself."""
    EXPOSED = "exposed"
    """Everybody in it sees the address, which the user has not accepted: it is not entered by itself."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How it came about, as the room says: plain and bounded."""

    end: End
    reason: str = ""
    actor: str = ""
    """The nick of whoever did it."""
    venue: str = ""
    """The address of the room that takes the place of a destroyed one."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One row of the chat list. `id` is local; `last_time` is milliseconds since 1970, UTC, 0 when nothing was said."""

    id: int
    account: int
    jid: str
    kind: ChatKind
    title: str
    nick: str = ""
    presence: Presence = Presence.AWAY_FROM
    unread: int = 0
    mentions: int = 0
    read_up_to: int = 0
    """Order key of the last message seen by the user."""
    last_text: str = ""
    last_sender: str = ""
    last_time: int = 0
    draft: str = ""
    subject: str = ""
    occupants: int = 0
    pinned: bool = False
    joined: bool = False
    """A room that is entered whenever its account is online."""
    exposed: bool = False
    """The user knows, and accepts, that everybody in this room sees the address."""
    ending: Ending | None = None
    keep_days: int = 0
    """How long what is said here stays on this computer; 0 is for ever."""
    telling: str = ""
    """A value of TELLING (telling.py): what this person is told of their messages."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What a room says of itself (XEP-0045 disco features); None means it did not say."""

    name: str = ""
    description: str = ""
    anonymous: bool | None = None
    members_only: bool | None = None
    moderated: bool | None = None
    logged: bool | None = None
    password: bool | None = None
    persistent: bool | None = None
    published: bool | None = None
    """Whether the room warns that what is said is logged, as it must where anybody may read that (status 170)."""


@dataclass(frozen=True, slots=True)
class RoomListing:
    """One line of a service's list of rooms; `occupants` is -1 when unknown."""

    jid: str
    name: str
    occupants: int = -1


class Role(Enum):
    """What one may do in a room now (XEP-0045 section 5.1)."""

    MODERATOR = "moderator"
    PARTICIPANT = "participant"
    VISITOR = "visitor"
    NONE = "none"


class Affiliation(Enum):
    """What one is to a room for good (XEP-0045 section 5.2)."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    NONE = "none"
    OUTCAST = "outcast"


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody in a room. The nick is only a label; `occupant_id` (XEP-0421) is who it is, where the room gives one."""

    nick: str
    role: Role = Role.PARTICIPANT
    affiliation: Affiliation = Affiliation.NONE
    jid: str = ""
    occupant_id: str = ""
    show: str = ""
    mine: bool = False
    clash: bool = False
    """The nick cannot be told from another one in this room, or cannot be seen at all (domain/looks.py)."""
