"""Messages as they come: read from stanzas whose sender has been judged, bounded and cleaned."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.text import cleaned
from teahouse.engine.authority import ID_KEPT, Copied, archive_id, delayed, is_mine, occupant_id
from teahouse.engine.envelope import cipher_of, foreign_scheme, legacy_cipher_of
from teahouse.engine.room import Room
from teahouse.engine.xml import MARKERS, MUC_USER, SID, child_text
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
    cipher: bytes | None = None
    """What of it is encrypted, empty when it cannot be that; None for what came in the clear."""
    legacy: bool = False
    """Whether it is encrypted the old way (XEP-0027)."""
    number: str = ""
    """The id of the stanza, by which its sender may want to hear of it."""
    heard: Callable[[ET.Element], None] | None = None
    """Called with what was inside once that is on disk."""
    scheme: str = ""
    """The encryption that it has, when that is not ours."""

    @property
    def may_confirm(self) -> bool:
        """Whether this may be an own message come back: not live from another occupant."""
        return self.mine or bool(self.stamp) or self.kind is ChatKind.PERSON


def of_person(account: int, chat: int, sender: str, stanza: ET.Element, own: Jid, archived: bool) -> Arrival | None:
    """A 1:1 message as an arrival; None when it says nothing. `archived`: our server gives stanza-ids of its own."""
    said = _said_to_one(stanza)
    if said is None:
        return None
    identity = Identity(real_jid=sender, origin_id=origin_id(stanza), markable=markable(stanza))
    if archived:
        identity = with_archive(identity, own.bare, archive_id(stanza, own.bare))
    stamp = delayed(stanza, own.domain, own.bare)
    return said.by(Arrival(account, chat, ChatKind.PERSON, sender, "", False, identity, stamp))


def of_room(account: int, room: Room, nick: str, stanza: ET.Element) -> Arrival | None:
    """What an occupant of a room said; None when it says nothing."""
    said = _said(stanza)
    if said is None or not nick:
        return None
    stamp = delayed(stanza, room.jid, None) if room.replaying else 0
    occupant = occupant_id(stanza, room)
    identity = Identity(_address(room, occupant, "" if stamp else nick), occupant, origin_id(stanza))
    if SID in room.features:
        identity = with_archive(identity, room.jid, archive_id(stanza, room.jid))
    mine = is_mine(room, nick, occupant, stamp)
    clash = not mine and room.clashes(nick)
    return said.by(Arrival(account, room.chat, ChatKind.ROOM, nick, "", mine, identity, stamp, room.nick, clash))


def of_copy(account: int, copied: Copied, own: Jid, number: str, stamp: int) -> Arrival | None:
    """A 1:1 message that our account gives again, by a carbon or from its archive; None when it says nothing.

    `number` is its id in our account's archive, empty where that is not told.
    """
    said, sender = _said_to_one(copied.message), own.bare if copied.sent else copied.other.bare
    if said is None:
        return None
    wanted = "" if copied.sent else markable(copied.message)
    name = Identity(real_jid=sender, origin_id=origin_id(copied.message), markable=wanted)
    identity = with_archive(name, own.bare, number)
    return said.by(Arrival(account, 0, ChatKind.PERSON, sender, "", copied.sent, identity, stamp))


def of_archived_room(account: int, room: Room, stanza: ET.Element, number: str, stamp: int) -> Arrival | None:
    """What an occupant said, as the room's archive has it; None when it says nothing, or is of another room."""
    who, said = Jid.parse(stanza.get("from", "")), _said(stanza)
    if who.bare != room.jid or not who.resource or said is None or stanza.get("type") != "groupchat":
        return None
    occupant = occupant_id(stanza, room)
    sender = _archived_address(stanza) or _address(room, occupant, "")
    identity = with_archive(Identity(sender, occupant, origin_id(stanza)), room.jid, number)
    mine = is_mine(room, who.resource, occupant, stamp)
    return said.by(Arrival(account, room.chat, ChatKind.ROOM, who.resource, "", mine, identity, stamp, room.nick))


@dataclass(frozen=True, slots=True)
class _Said:
    body: str
    cipher: bytes | None
    scheme: str
    number: str
    legacy: bool = False

    def by(self, arrival: Arrival) -> Arrival:
        return replace(
            arrival,
            body=self.body,
            cipher=self.cipher,
            scheme=self.scheme,
            number=self.number,
            legacy=self.legacy,
        )


def _said(stanza: ET.Element) -> _Said | None:
    """What a message says: a text, or something encrypted, then no text outside counts; None when it says nothing."""
    number = stanza.get("id", "")[:ID_KEPT]
    if (cipher := cipher_of(stanza)) is not None:
        return _Said("", cipher, "", number)
    body, scheme = body_of(stanza), foreign_scheme(stanza)
    return _Said(body, None, scheme, number) if body or scheme else None


def _said_to_one(stanza: ET.Element) -> _Said | None:
    """The same of a message between two: there it may be encrypted the old way, too."""
    if cipher_of(stanza) is None and (cipher := legacy_cipher_of(stanza)) is not None:
        return _Said("", cipher, "", stanza.get("id", "")[:ID_KEPT], legacy=True)
    return _said(stanza)


def _address(room: Room, occupant: str, nick: str) -> str:
    """The bare address of a room's occupant who says something now (`nick`) or did before; empty if it is not told."""
    if nick:
        return room.occupants[nick].jid if nick in room.occupants else ""
    by_id = {found.jid for found in room.occupants.values() if occupant and found.occupant_id == occupant}
    return by_id.pop() if len(by_id) == 1 else ""


def _archived_address(stanza: ET.Element) -> str:
    """The bare address of the sender, as a room's archive has it (XEP-0313 section 5.1.2); empty if it has none."""
    users = stanza.findall(f"{{{MUC_USER}}}x")
    items = users[0].findall(f"{{{MUC_USER}}}item") if len(users) == 1 else []
    try:
        return Jid.parse(items[0].get("jid", "")).bare if len(items) == 1 else ""
    except Trouble:
        return ""


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
