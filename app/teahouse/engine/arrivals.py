"""Messages as they come: read from stanzas whose sender has been judged, bounded and cleaned."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.text import cleaned
from teahouse.engine.authority import ID_KEPT, Copied, archive_id, delayed, is_mine, occupant_id
from teahouse.engine.room import Room
from teahouse.engine.xml import MARKERS, SID, child_text
from teahouse.store.messages import Identity

BODY_KEPT = 200_000
"""Characters of a received message that are kept."""


@dataclass
class Stretch:
    """A part of an archive on its way in. Its messages stand where the archive has them, whatever the clocks say.

    `low` is the order key behind which the next one of a chat goes, `high` the one that all must stay below.
    """

    fresh: bool = True
    """Whether it goes on behind all that its archive was read to; otherwise it begins somewhere before."""
    counts: bool = True
    """Whether what it brings is unread; not so for what is older than that which we have."""
    whole: bool = True
    """Whether it holds all since the end of the last reading; otherwise what had waited at the server may be older."""
    low: dict[int, int] = field(default_factory=dict)
    high: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, its sender already judged."""

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
    clash: bool = False
    stretch: Stretch | None = None
    """The part of an archive that it belongs to; None for what comes by itself."""
    held: bool = False
    """Whether the tray held it until now: what its archive has behind it comes later."""
    written: Callable[[], None] | None = None
    """Called once it is on disk."""

    @property
    def may_confirm(self) -> bool:
        """Whether this may be an own message come back: not live from another occupant."""
        return self.mine or bool(self.stamp) or self.kind is ChatKind.PERSON


def of_person(account: int, chat: int, sender: str, stanza: ET.Element, own: Jid, archived: bool) -> Arrival | None:
    """A 1:1 message as an arrival; None when it says nothing. `archived`: our server gives stanza-ids of its own."""
    body = body_of(stanza)
    if not body:
        return None
    identity = Identity(real_jid=sender, origin_id=origin_id(stanza), markable=markable(stanza))
    if archived:
        identity = with_archive(identity, own.bare, archive_id(stanza, own.bare))
    stamp = delayed(stanza, own.domain, own.bare)
    return Arrival(account, chat, ChatKind.PERSON, sender, body, False, identity, stamp)


def of_room(account: int, room: Room, nick: str, stanza: ET.Element) -> Arrival | None:
    """What an occupant of a room said; None when it says nothing."""
    body = body_of(stanza)
    if not body or not nick:
        return None
    stamp = delayed(stanza, room.jid, None) if room.replaying else 0
    occupant = occupant_id(stanza, room)
    identity = Identity(occupant_id=occupant, origin_id=origin_id(stanza))
    if SID in room.features:
        identity = with_archive(identity, room.jid, archive_id(stanza, room.jid))
    mine = is_mine(room, nick, occupant, stamp)
    clash = not mine and room.clashes(nick)
    return Arrival(account, room.chat, ChatKind.ROOM, nick, body, mine, identity, stamp, room.nick, clash)


def of_copy(account: int, copied: Copied, own: Jid, number: str, stamp: int) -> Arrival | None:
    """A 1:1 message that our account gives again, by a carbon or from its archive; None when it says nothing.

    `number` is its id in our account's archive, empty where that is not told.
    """
    body, sender = body_of(copied.message), own.bare if copied.sent else copied.other.bare
    if not body:
        return None
    wanted = "" if copied.sent else markable(copied.message)
    name = Identity(real_jid=sender, origin_id=origin_id(copied.message), markable=wanted)
    identity = with_archive(name, own.bare, number)
    return Arrival(account, 0, ChatKind.PERSON, sender, body, copied.sent, identity, stamp)


def of_archived_room(account: int, room: Room, stanza: ET.Element, number: str, stamp: int) -> Arrival | None:
    """What an occupant said, as the room's archive has it; None when it says nothing, or is of another room."""
    who, body = Jid.parse(stanza.get("from", "")), body_of(stanza)
    if who.bare != room.jid or not who.resource or not body or stanza.get("type") != "groupchat":
        return None
    occupant = occupant_id(stanza, room)
    identity = with_archive(Identity(occupant_id=occupant, origin_id=origin_id(stanza)), room.jid, number)
    mine = is_mine(room, who.resource, occupant, stamp)
    return Arrival(account, room.chat, ChatKind.ROOM, who.resource, body, mine, identity, stamp, room.nick)


def body_of(stanza: ET.Element) -> str:
    """The text of a message, bounded; empty when there is none."""
    return cleaned((child_text(stanza, "body") or "")[:BODY_KEPT])


def origin_id(stanza: ET.Element) -> str:
    """The sender's own id of a message (XEP-0359): rooms may change the other one, `id`."""
    found = stanza.findall(f"{{{SID}}}origin-id")
    inner = found[0].get("id", "") if len(found) == 1 else ""
    return (inner or stanza.get("id", ""))[:ID_KEPT]


def markable(stanza: ET.Element) -> str:
    """The id under which a sender wants to hear that a message was displayed (XEP-0333); empty when they do not."""
    number = stanza.get("id", "")
    return number if stanza.find(f"{{{MARKERS}}}markable") is not None and len(number) <= ID_KEPT else ""


def with_archive(identity: Identity, archive: str, number: str) -> Identity:
    """The identity with its place in an archive, when there is one."""
    return replace(identity, archive=archive, stanza_id=number) if number else identity
