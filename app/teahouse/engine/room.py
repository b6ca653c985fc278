"""One room that we are in, or on the way into, and what it says of itself (XEP-0045 section 6.4)."""

import asyncio
import xml.etree.ElementTree as ET
from collections import deque
from dataclasses import dataclass, field, replace

from teahouse.domain.chat import Occupant, Presence, RoomFacts
from teahouse.domain.looks import skeleton
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine.xml import DISCO_INFO, child_text, condition

MOST = 50_000
"""Occupants that are kept of one room."""
_REFUSALS = {
    "conflict": Fault.NICK_TAKEN,
    "service-unavailable": Fault.ROOM_FULL,
    "forbidden": Fault.BANNED,
    "registration-required": Fault.MEMBERS_ONLY,
    "not-authorized": Fault.ROOM_PASSWORD,
    "item-not-found": Fault.ROOM_MISSING,
    "gone": Fault.ROOM_MISSING,
    "remote-server-not-found": Fault.ROOM_MISSING,
    "not-allowed": Fault.NOT_ALLOWED,
}
_SHOWING, _HIDING = frozenset({"100", "172"}), frozenset({"173", "174"})
"""Codes by which a room says that everybody in it sees addresses, or that not everybody does."""
_STILL_INSIDE = ("service-unavailable", "feature-not-implemented", "item-not-found")
_NOBODY_KNOWS = ("remote-server-not-found", "remote-server-timeout")


@dataclass
class Room:
    """What is known of it while the session lasts."""

    chat: int
    jid: str
    nick: str
    password: str = ""
    presence: Presence = Presence.ENTERING
    facts: RoomFacts = field(default_factory=RoomFacts)
    exposing: bool | None = None
    """Whether everybody sees addresses, as the room said by a status code."""
    published: bool | None = None
    """Whether it is logged in public, likewise."""
    features: frozenset[str] = frozenset()
    occupants: dict[str, Occupant] = field(default_factory=dict)
    entered: "asyncio.Future[None] | None" = None
    replaying: bool = True
    judged: bool = False
    """Whether it is known which of our earlier messages it has."""
    occupant_id: str = ""
    """Our own, where the room gives one (XEP-0421)."""
    asked: "deque[tuple[str, str]]" = field(default_factory=lambda: deque(maxlen=8))
    """(id, nick) of the presences that we sent, which the room may refuse."""
    present: dict[str, Occupant] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ticking: bool = False
    _looks: dict[str, set[str]] = field(default_factory=dict)

    def hear(self, codes: frozenset[str]) -> None:
        """Status codes of the room about itself (XEP-0045 sections 7.2.3, 7.2.14 and 10.2.1)."""
        if codes & (_SHOWING | _HIDING):
            self.exposing = bool(codes & _SHOWING)
            self.facts = replace(self.facts, anonymous=not self.exposing)
        if codes & {"170", "171"}:
            self.published = "170" in codes
            self.facts = replace(self.facts, published=self.published)

    def tell(self, facts: RoomFacts) -> None:
        """What the room says when asked; where it has said worse by a code, that counts."""
        anonymous = False if self.exposing else facts.anonymous
        published = facts.published if self.published is None else self.published
        self.facts = replace(facts, anonymous=anonymous, published=published)

    def put(self, occupant: Occupant) -> None:
        """Somebody came or changed; nicks that look the same are marked, both of them."""
        nick = occupant.nick
        if nick not in self.occupants and len(self.occupants) >= MOST:
            return
        alike = self._looks.setdefault(skeleton(nick), set())
        alike.add(nick)
        self._set(replace(occupant, clash=self.clashes(nick)))
        if len(alike) == 2:
            self._mark(next(other for other in alike if other != nick), True)

    def drop(self, nick: str) -> None:
        """Somebody left."""
        if self.occupants.pop(nick, None) is None:
            return
        self.present.pop(nick, None)
        self.gone.add(nick)
        look = skeleton(nick)
        alike = self._looks[look]
        alike.discard(nick)
        if not alike:
            del self._looks[look]
        elif len(alike) == 1 and look:
            self._mark(next(iter(alike)), False)

    def clashes(self, nick: str) -> bool:
        """Whether this nick cannot be told from another one that is here, or cannot be seen at all."""
        look = skeleton(nick)
        alike = self._looks.get(look, ())
        return not look or len(alike) > (nick in alike)

    def _mark(self, nick: str, clash: bool) -> None:
        self._set(replace(self.occupants[nick], clash=clash))

    def _set(self, occupant: Occupant) -> None:
        self.occupants[occupant.nick] = self.present[occupant.nick] = occupant
        self.gone.discard(occupant.nick)


def refused(stanza: ET.Element, about: str) -> Problem:
    """An error of a room or service as a problem."""
    named, text = condition(stanza)
    return Problem(_REFUSALS.get(named, Fault.NOT_ALLOWED), about, label(text, 300))


def facts_of(answer: ET.Element, jid: str) -> tuple[RoomFacts, frozenset[str]]:
    """A room's answer to disco#info as facts, and its features; raises Trouble."""
    query = answer.find(f"{{{DISCO_INFO}}}query")
    if answer.get("type") != "result" or query is None:
        raise Trouble(refused(answer, jid))
    features = frozenset(f.get("var", "") for f in query.findall(f"{{{DISCO_INFO}}}feature"))
    named = next((i.get("name", "") for i in query.findall(f"{{{DISCO_INFO}}}identity")), "")
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
    """Whether the answer to a self-ping does not say that we are out of the room (XEP-0410 section 3.2)."""
    named, _ = condition(iq)
    return iq.get("type") == "result" or named in _STILL_INSIDE or named in _NOBODY_KNOWS
