"""Who may do what: the one place that judges whether the sender of a stanza has a right to what it claims.

The server vouches for the `from` of a stanza (RFC 6120 section 8.1.2.1), and for nothing inside it. Each judgement
gives what may be believed, and None, an empty value or False for what may not. Carbons (XEP-0280) are read only from
our own account and once it has agreed to send them, archive results (XEP-0313) only from the archive that was asked.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from teahouse.domain.chat import Presence
from teahouse.domain.contact import Contact
from teahouse.domain.jid import Jid
from teahouse.domain.message import Reach
from teahouse.engine.invitations import Invitation, direct, mediated
from teahouse.engine.room import Room
from teahouse.engine.xml import (
    CARBONS,
    CLIENT,
    DELAY,
    FORWARD,
    MARKERS,
    MUC_USER,
    OCCUPANT_ID,
    PUBSUB,
    RECEIPTS,
    ROSTER,
    SID,
)

ID_KEPT = 500
"""Characters of an id that are kept."""
_WORDS = {f"{{{RECEIPTS}}}received": Reach.DEVICE, f"{{{MARKERS}}}displayed": Reach.DISPLAYED}
_WATCHED = ("to", "both")
_WATCHING = ("from", "both")


@dataclass(frozen=True, slots=True)
class Presented:
    """A presence of a room's occupant. `user` is the room's own word on it, None when there is not exactly one."""

    room: Room
    nick: str
    here: bool
    mine: bool
    user: ET.Element | None
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Copied:
    """A 1:1 message that our account gives again: `sent` by us, or to us, and who is at the other end."""

    message: ET.Element
    other: Jid
    sent: bool


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says of a message: how far the one of this id has come."""

    id: str
    reach: Reach


class Authority:
    """Judges for one account, by its rooms and its people as they are at the moment."""

    def __init__(
        self,
        account: str,
        rooms: Mapping[str, Room],
        contacts: Callable[[], Mapping[str, Contact]],
        is_room: Callable[[str], bool],
    ) -> None:
        self.own = Jid.parse(account)
        self.archived = False
        """Whether our server says that it gives stanza-ids, and so takes forged ones away (XEP-0359 section 4)."""
        self.carbons = False
        """Whether our account has agreed to send us copies."""
        self._rooms, self._contacts, self._is_room = rooms, contacts, is_room

    # -- requests ----------------------------------------------------------

    def pushed_roster(self, iq: ET.Element) -> ET.Element | None:
        """The query of a roster push: one item, from our own account (RFC 6121 section 2.1.6)."""
        query = iq.find(f"{{{ROSTER}}}query")
        if query is None or iq.get("type") != "set" or iq.get("from", self.own.bare) != self.own.bare:
            return None
        return query if len(query) == 1 else None

    def may_ask(self, iq: ET.Element) -> bool:
        """Whether the sender may know that we are here: our server, our account, and who sees our presence."""
        who = Jid.parse(iq.get("from", self.own.bare))
        contact = self._contacts().get(who.bare)
        seen = contact is not None and contact.subscription in _WATCHING and who.bare not in self._rooms
        return who.bare in (self.own.bare, self.own.domain) or seen

    # -- people ------------------------------------------------------------

    def said_by_person(self, message: ET.Element) -> Jid | None:
        """Who wrote a 1:1 message. Never a room: what comes by one is a private message, an invitation, or a lie."""
        if message.get("type", "normal") not in ("chat", "normal") or not message.get("from"):
            return None
        who = Jid.parse(message.get("from", ""))
        by_room = who.bare in self._rooms or self._is_room(who.bare) or message.find(f"{{{MUC_USER}}}x") is not None
        return None if by_room else who

    def invites(self, message: ET.Element) -> Invitation | None:
        """An invitation into a room where we are not: by the room itself, never an occupant, or by a person."""
        if message.get("type", "normal") not in ("chat", "normal") or not message.get("from"):
            return None
        who = Jid.parse(message.get("from", ""))
        if not who.resource and (invitation := mediated(message, who)) is not None:
            return None if invitation.room in self._rooms else invitation
        person = self.said_by_person(message)
        invitation = direct(message, person) if person is not None else None
        return None if invitation is None or invitation.room in self._rooms else invitation

    def asks_to_see_us(self, presence: ET.Element) -> Jid | None:
        """Who wants our presence; only asked, never granted by itself."""
        who = Jid.parse(presence.get("from", ""))
        usable = presence.get("type") == "subscribe" and who.bare != self.own.bare and who.bare not in self._rooms
        return who if usable else None

    def shows_itself(self, presence: ET.Element) -> Jid | None:
        """Whose presence this is: somebody whom we asked to see, and who agreed."""
        who = Jid.parse(presence.get("from", ""))
        contact = self._contacts().get(who.bare)
        return who if contact is not None and contact.subscription in _WATCHED else None

    def may_hear(self, who: Jid, written_to: bool) -> bool:
        """Whether somebody may be told that we got, or read, what they wrote: who sees our presence, or has our word.

        Never ourselves, a room, or a stranger.
        """
        contact = self._contacts().get(who.bare)
        known = written_to or (contact is not None and contact.subscription in _WATCHING)
        return known and bool(who.local) and who.bare != self.own.bare and not self._is_room(who.bare)

    def bounced(self, message: ET.Element) -> str:
        """The address to which a message was not delivered; empty when an occupant says so for a whole room."""
        who = Jid.parse(message.get("from", ""))
        return "" if who.resource and self._is_room(who.bare) else who.bare

    def publishes(self, message: ET.Element) -> tuple[str, ET.Element] | None:
        """Who (a bare address) tells of what they publish (XEP-0163): our own account, or somebody whom we see."""
        event, who = message.find(f"{{{PUBSUB}#event}}event"), message.get("from", "")
        if event is None or message.get("type") == "error":
            return None
        contact = self._contacts().get(who)
        seen = contact is not None and contact.subscription in _WATCHED
        return (who, event) if who == self.own.bare or seen else None

    # -- copies ------------------------------------------------------------

    def carbon(self, message: ET.Element) -> Copied | None:
        """A copy of what another device of ours sent or got; only by our account itself (XEP-0280 section 11)."""
        if not self.carbons or message.get("from") != self.own.bare:
            return None
        wrapped = [child for child in message if child.tag in (f"{{{CARBONS}}}sent", f"{{{CARBONS}}}received")]
        forwarded = wrapped[0].findall(f"{{{FORWARD}}}forwarded") if len(wrapped) == 1 else []
        inner = forwarded[0].findall(f"{{{CLIENT}}}message") if len(forwarded) == 1 else []
        copied = self.copied(inner[0]) if len(inner) == 1 else None
        return copied if copied is not None and copied.sent is wrapped[0].tag.endswith("}sent") else None

    def copied(self, message: ET.Element) -> Copied | None:
        """Of whom a 1:1 message is that our account gives again; not one that neither comes from nor goes to us."""
        if message.get("type", "normal") not in ("chat", "normal") or not message.get("from"):
            return None
        sender, to = Jid.parse(message.get("from", "")), Jid.parse(message.get("to") or self.own.bare)
        sent = sender.bare == self.own.bare
        other = to if sent else sender
        if not (sent or to.bare == self.own.bare) or other.bare in self._rooms or self._is_room(other.bare):
            return None
        return None if message.find(f"{{{MUC_USER}}}x") is not None else Copied(message, other, sent)

    def is_archive(self, message: ET.Element, archive: str) -> bool:
        """Whether an archive's result comes from it: from the room, or from our account, which may leave that out."""
        sender = message.get("from")
        return sender == archive or (archive == self.own.bare and sender is None)

    # -- rooms -------------------------------------------------------------

    def presented(self, presence: ET.Element) -> Presented | None:
        """A presence of somebody in one of our rooms. Only by our own nick can we be put out of it."""
        who = Jid.parse(presence.get("from", ""))
        room, kind = self._rooms.get(who.bare), presence.get("type")
        if room is None or not who.resource or kind not in (None, "unavailable"):
            return None
        users = presence.findall(f"{{{MUC_USER}}}x")
        user = users[0] if len(users) == 1 else None
        codes = _codes(user)
        mine = who.resource == room.nick
        if room.presence is not Presence.HERE:
            # On entering the room may give us another nick (section 7.2.3); it says which by 110.
            mine = "110" in codes and (mine or kind is None)
            if mine and kind is not None:
                # Of an earlier stay: whoever is not let in gets an error.
                return None
        return Presented(room, who.resource, kind is None, mine, user, codes)

    def refuses(self, presence: ET.Element) -> Room | None:
        """The room that refuses what we asked of it by a presence: to enter, or another nick."""
        who = Jid.parse(presence.get("from", ""))
        room = self._rooms.get(who.bare)
        if room is None or presence.get("type") != "error":
            return None
        number = presence.get("id")
        known = any((number is None or number == given) and who.resource in ("", nick) for given, nick in room.asked)
        return room if known else None

    def said_in_room(self, message: ET.Element) -> tuple[Room, str] | None:
        """The room and the nick (empty: the room itself) of a groupchat message. Only a room that we are in."""
        who = Jid.parse(message.get("from", ""))
        room = self._rooms.get(who.bare)
        usable = message.get("type") == "groupchat" and room is not None and room.presence is Presence.HERE
        return (room, who.resource) if room is not None and usable else None


def word_of(message: ET.Element) -> Word | None:
    """What a 1:1 message says of one of the other side's (XEP-0184, XEP-0333); only one word is believed.

    Look for that one among what was sent to this very sender: about nobody else's messages has it a say.
    """
    said = [child for child in message if child.tag in _WORDS]
    number = said[0].get("id", "") if len(said) == 1 else ""
    return Word(number, _WORDS[said[0].tag]) if 0 < len(number) <= ID_KEPT else None


def is_mine(room: Room, nick: str, occupant: str, stamp: int) -> bool:
    """Whether a room's message is our own: live by our nick, from history only by our occupant-id."""
    if occupant and room.occupant_id:
        return occupant == room.occupant_id
    return nick == room.nick and not stamp


def answers(asked: str, sender: str | None, own: tuple[str, ...]) -> bool:
    """Whether an IQ result or error is by whom was asked; `own` are the addresses that speak for our account."""
    if asked:
        return sender == asked
    return sender is None or sender in own


def room_changed(message: ET.Element) -> frozenset[str]:
    """The status codes by which a room, and no occupant, says that its settings have changed (section 10.2.1)."""
    users = message.findall(f"{{{MUC_USER}}}x")
    return _codes(users[0]) if len(users) == 1 and "/" not in message.get("from", "/") else frozenset()


def _codes(user: ET.Element | None) -> frozenset[str]:
    found = user.findall(f"{{{MUC_USER}}}status") if user is not None else []
    return frozenset(status.get("code", "") for status in found[:50])


def archive_id(stanza: ET.Element, archive: str) -> str:
    """The id that this archive gave a message (XEP-0359); ids by anybody else, or given twice, are not believed.

    Ask only when the archive announces them: otherwise nobody takes forged ones away.
    """
    given = [e.get("id", "") for e in stanza.findall(f"{{{SID}}}stanza-id") if e.get("by") == archive]
    return given[0] if len(given) == 1 and len(given[0]) <= ID_KEPT else ""


def occupant_id(stanza: ET.Element, room: Room) -> str:
    """Who it is, by a room that announces XEP-0421; given twice it is not believed."""
    given = stanza.findall(f"{{{OCCUPANT_ID}}}occupant-id") if OCCUPANT_ID in room.features else []
    return given[0].get("id", "")[:200] if len(given) == 1 else ""


def delayed(stanza: ET.Element, *by: str | None) -> int:
    """When a message was said first, in ms, as the last of the stamps by these addresses tells; 0 when it is live.

    The one who delivers puts its stamp (XEP-0203) behind whatever the sender wrote. None stands for a stamp without
    an address, and counts only where no other does.
    """
    told, unsigned = 0, 0
    for delay in stanza.findall(f"{{{DELAY}}}delay"):
        if delay.get("from") is None and None in by:
            unsigned = _moment(delay.get("stamp", "")) or unsigned
        elif delay.get("from") in by:
            told = _moment(delay.get("stamp", "")) or told
    return told or unsigned


def delayed_at(forwarded: ET.Element) -> int:
    """When a forwarded message was said first, in ms, as who forwards it says (XEP-0297); 0 when it does not."""
    delay = forwarded.find(f"{{{DELAY}}}delay")
    return _moment(delay.get("stamp", "")) if delay is not None else 0


def is_delayed(stanza: ET.Element) -> bool:
    """Whether anybody says that it is not live."""
    return stanza.find(f"{{{DELAY}}}delay") is not None


def _moment(stamp: str) -> int:
    try:
        read = datetime.fromisoformat(stamp[:40].replace("Z", "+00:00"))
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
        return max(1, int((read - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000))
    except (ValueError, OverflowError):
        return 0
