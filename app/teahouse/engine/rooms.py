"""Rooms (XEP-0045): enter, leave, who is there, what is said, what the room says of itself."""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TypeVar

from teahouse.domain.chat import Affiliation, ChatKind, Occupant, Presence, Role, RoomFacts
from teahouse.domain.events import OccupantsChanged, RoomDescribed, WentWrong
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import Arrival, Inbound, body_of, origin_id, stamp_of, stanza_id, with_archive
from teahouse.engine.xml import MUC, MUC_USER, OCCUPANT_ID, SID, child_text, condition, el
from teahouse.store import chats
from teahouse.store.messages import Identity

T = TypeVar("T", Role, Affiliation)
HISTORY_LINES = 250
TICK = 0.033
_REFUSALS = {
    "conflict": Fault.NICK_TAKEN,
    "service-unavailable": Fault.ROOM_FULL,
    "forbidden": Fault.BANNED,
    "registration-required": Fault.MEMBERS_ONLY,
    "not-authorized": Fault.ROOM_PASSWORD,
    "item-not-found": Fault.ROOM_MISSING,
    "remote-server-not-found": Fault.ROOM_MISSING,
    "not-allowed": Fault.NOT_ALLOWED,
}


@dataclass
class Room:
    """One room that we are in, or on the way into."""

    chat: int
    jid: str
    nick: str
    password: str = ""
    presence: Presence = Presence.ENTERING
    facts: RoomFacts = field(default_factory=RoomFacts)
    features: frozenset[str] = frozenset()
    occupants: dict[str, Occupant] = field(default_factory=dict)
    entered: "asyncio.Future[None] | None" = None
    replaying: bool = True
    occupant_id: str = ""
    """Our own, where the room gives one (XEP-0421)."""
    present: dict[str, Occupant] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ticking: bool = False


class Rooms:
    """The rooms of one account's session."""

    def __init__(self, bench: Bench, account: int, inbound: Inbound) -> None:
        self._bench, self._account, self._inbound = bench, account, inbound
        self.by_jid: dict[str, Room] = {}

    def of_chat(self, chat: int) -> Room | None:
        """The room of a chat, if we are in it or on the way."""
        return next((room for room in self.by_jid.values() if room.chat == chat), None)

    def lost(self) -> None:
        """The connection is gone: we are nowhere."""
        rooms, self.by_jid = list(self.by_jid.values()), {}
        for room in rooms:
            if room.entered is not None and not room.entered.done():
                room.entered.set_exception(Trouble(Problem(Fault.CONNECTION_LOST)))
                room.entered.exception()
            self._bench.announce(OccupantsChanged(room.chat, whole=True))
            self._bench.announce_chat(room.chat)

    def tell_refused(self, chat: int, problem: Problem) -> None:
        """Entering by itself failed; the reason belongs to the chat."""
        self._bench.announce(WentWrong(problem, self._account, chat))
        self._bench.announce_chat(chat)

    # -- entering ----------------------------------------------------------

    def enter(self, chat: int, jid: str, nick: str, password: str) -> tuple[Room, ET.Element]:
        """The room on the way in, and the presence to send."""
        room = Room(chat, jid, nick, password, entered=asyncio.get_running_loop().create_future())
        self.by_jid[jid] = room
        inner = el(f"{{{MUC}}}x", None, el(f"{{{MUC}}}history", {"maxstanzas": str(HISTORY_LINES)}))
        if password:
            inner.append(el(f"{{{MUC}}}password", text=password))
        self._bench.announce_chat(chat)
        return room, el("presence", {"to": f"{jid}/{nick}", "id": secrets.token_hex(8)}, inner)

    def describe(self, room: Room, facts: RoomFacts, features: frozenset[str]) -> None:
        """What the room says of itself has come."""
        room.facts, room.features = facts, features
        self._bench.announce(RoomDescribed(room.chat, facts))

    # -- presence ----------------------------------------------------------

    def presence(self, stanza: ET.Element) -> bool:
        """Read a presence; False when it is not about one of our rooms."""
        jid, _, nick = stanza.get("from", "").partition("/")
        room = self.by_jid.get(jid)
        if room is None:
            return False
        kind = stanza.get("type")
        if kind == "error":
            self._refused(room, stanza)
        elif nick and kind in (None, "unavailable"):
            user = stanza.find(f"{{{MUC_USER}}}x")
            codes = {s.get("code") for s in user.findall(f"{{{MUC_USER}}}status")} if user is not None else set()
            item = user.find(f"{{{MUC_USER}}}item") if user is not None else None
            mine = "110" in codes or (nick == room.nick and room.presence is Presence.HERE)
            if kind is None:
                self._came(room, nick, stanza, item, mine, "210" in codes or "110" in codes)
            else:
                self._went(room, nick, item, mine, codes)
        return True

    def _came(
        self, room: Room, nick: str, stanza: ET.Element, item: ET.Element | None, mine: bool, self_known: bool
    ) -> None:
        occupant = Occupant(
            nick,
            _one_of(Role, item, "role", Role.PARTICIPANT),
            _one_of(Affiliation, item, "affiliation", Affiliation.NONE),
            (item.get("jid", "") if item is not None else "").partition("/")[0],
            _occupant_id(stanza, room),
            (child_text(stanza, "show") or "")[:10],
            mine,
        )
        room.occupants[nick] = occupant
        room.present[nick] = occupant
        room.gone.discard(nick)
        if mine and self_known and room.presence is not Presence.HERE:
            room.presence, room.nick, room.occupant_id = Presence.HERE, nick, occupant.occupant_id
            chats.set_nick(self._bench.db, room.chat, nick)
            if room.entered is not None and not room.entered.done():
                room.entered.set_result(None)
            self._bench.announce_chat(room.chat)
        self._tick(room)

    def _went(self, room: Room, nick: str, item: ET.Element | None, mine: bool, codes: set[str | None]) -> None:
        room.occupants.pop(nick, None)
        room.present.pop(nick, None)
        room.gone.add(nick)
        new_nick = item.get("nick", "") if item is not None else ""
        if mine and "303" in codes and new_nick:
            room.nick = new_nick
            chats.set_nick(self._bench.db, room.chat, new_nick)
        elif mine:
            self._out(room, codes, item)
        self._tick(room)

    def _out(self, room: Room, codes: set[str | None], item: ET.Element | None) -> None:
        room.presence = Presence.AWAY_FROM
        self.by_jid.pop(room.jid, None)
        self._bench.announce(OccupantsChanged(room.chat, whole=True))
        self._bench.announce_chat(room.chat)
        for code, fault in (("301", Fault.BANNED), ("307", Fault.NOT_ALLOWED), ("321", Fault.MEMBERS_ONLY)):
            if code in codes:
                reason = label(child_text(item, "reason", MUC_USER) or "", 300) if item is not None else ""
                self._bench.announce(WentWrong(Problem(fault, room.jid, reason), self._account, room.chat))

    def _refused(self, room: Room, stanza: ET.Element) -> None:
        named, text = condition(stanza)
        problem = Problem(_REFUSALS.get(named, Fault.NOT_ALLOWED), room.jid, label(text, 300))
        if room.presence is Presence.HERE:
            self._bench.announce(WentWrong(problem, self._account, room.chat))
            return
        self.by_jid.pop(room.jid, None)
        room.presence = Presence.REFUSED
        if room.entered is not None and not room.entered.done():
            room.entered.set_exception(Trouble(problem))
            room.entered.exception()
        self._bench.announce_chat(room.chat)

    def _tick(self, room: Room) -> None:
        if not room.ticking:
            room.ticking = True
            asyncio.get_running_loop().call_later(TICK, self._tell, room)

    def _tell(self, room: Room) -> None:
        room.ticking = False
        present, gone = tuple(room.present.values()), tuple(room.gone)
        room.present, room.gone = {}, set()
        if room.jid in self.by_jid:
            self._bench.announce(OccupantsChanged(room.chat, present, gone))
            self._bench.announce_chat(room.chat)

    # -- messages ----------------------------------------------------------

    def message(self, stanza: ET.Element) -> Room | None:
        """Read a groupchat message; the room when its joining history has just ended."""
        jid, _, nick = stanza.get("from", "").partition("/")
        room = self.by_jid.get(jid)
        if room is None:
            return None
        body = body_of(stanza)
        subject = child_text(stanza, "subject")
        if subject is not None and not body:
            return self._subject(room, subject)
        if body and nick:
            self._said(room, nick, body, stanza)
        return None

    def _subject(self, room: Room, subject: str) -> Room | None:
        chats.set_subject(self._bench.db, room.chat, subject[:2_000])
        self._bench.announce_chat(room.chat)
        if not room.replaying:
            return None
        room.replaying = False
        return room

    def _said(self, room: Room, nick: str, body: str, stanza: ET.Element) -> None:
        stamp = stamp_of(stanza, room.jid, "") if room.replaying else 0
        identity = Identity(occupant_id=_occupant_id(stanza, room), origin_id=origin_id(stanza))
        if SID in room.features:
            identity = with_archive(identity, room.jid, stanza_id(stanza, room.jid))
        mine = nick == room.nick and (not stamp or "" != identity.occupant_id == room.occupant_id)
        self._inbound.take(
            Arrival(self._account, room.chat, ChatKind.ROOM, nick, body, mine, identity, stamp, room.nick)
        )


def _occupant_id(stanza: ET.Element, room: Room) -> str:
    if OCCUPANT_ID not in room.features:
        return ""
    given = stanza.findall(f"{{{OCCUPANT_ID}}}occupant-id")
    return given[0].get("id", "")[:200] if len(given) == 1 else ""


def _one_of(kind: type[T], item: ET.Element | None, name: str, default: T) -> T:
    try:
        return kind(item.get(name, "")) if item is not None else default
    except ValueError:
        return default


def refusal(iq: ET.Element, about: str) -> Trouble:
    """An IQ error of a room or service as a problem."""
    named, text = condition(iq)
    return Trouble(Problem(_REFUSALS.get(named, Fault.NOT_ALLOWED), about, label(text, 300)))


def facts_of(query: ET.Element) -> tuple[RoomFacts, frozenset[str]]:
    """A room's disco#info answer (XEP-0045 section 6.4) as facts, and its features."""
    features = frozenset(f.get("var", "") for f in query if f.tag.endswith("}feature"))
    named = next((i.get("name", "") for i in query if i.tag.endswith("}identity")), "")
    description = ""
    for form_field in query.iter("{jabber:x:data}field"):
        if form_field.get("var") == "muc#roominfo_description":
            description = child_text(form_field, "value", "jabber:x:data") or ""

    def either(yes: str, no: str) -> bool | None:
        return True if yes in features else False if no in features else None

    return (
        RoomFacts(
            label(named),
            label(description, 500),
            either("muc_semianonymous", "muc_nonanonymous"),
            either("muc_membersonly", "muc_open"),
            either("muc_moderated", "muc_unmoderated"),
            True if "urn:xmpp:mam:2" in features or "muc_logged" in features else None,
            either("muc_passwordprotected", "muc_unsecured"),
            either("muc_persistent", "muc_temporary"),
        ),
        features,
    )


def still_inside(iq: ET.Element) -> bool:
    """Whether the answer to a self-ping (XEP-0410 section 3.2) says that we are still in the room."""
    named, _ = condition(iq)
    return iq.get("type") == "result" or named in ("service-unavailable", "feature-not-implemented", "item-not-found")
