"""Invitations to rooms, by the room (XEP-0045 section 7.8.2) or by a person (XEP-0249): read, bounded, never obeyed."""

import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.request import Asking, Request
from teahouse.domain.text import cleaned
from teahouse.engine.xml import MUC_USER, child_text, el

CONFERENCE = "jabber:x:conference"
_TEXT, _PASSWORD = 500, 200


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation as it came; `sender` is the bare address that our server vouches for."""

    kind: Asking
    room: str
    sender: str
    inviter: str
    reason: str
    password: str = field(default="", repr=False)


def mediated(message: ET.Element, room: Jid) -> Invitation | None:
    """What a room passes on; None when it is no invitation. Who invites is only what the room says."""
    users = message.findall(f"{{{MUC_USER}}}x")
    invites = users[0].findall(f"{{{MUC_USER}}}invite") if len(users) == 1 else []
    if len(invites) != 1:
        return None
    told = (child_text(invites[0], "reason", MUC_USER) or "", child_text(users[0], "password", MUC_USER) or "")
    return _invitation(Asking.ROOM, room.bare, room.bare, _inviter(invites[0].get("from", ""), room), *told)


def direct(message: ET.Element, who: Jid) -> Invitation | None:
    """A person's own invitation; None when it is none, or names no room."""
    given = message.findall(f"{{{CONFERENCE}}}x")
    room = _bare(given[0].get("jid", "")) if len(given) == 1 else ""
    if not room or room == who.bare:
        return None
    reason = given[0].get("reason", "") or child_text(message, "body") or ""
    return _invitation(Asking.DIRECT, room, who.bare, who.bare, reason, given[0].get("password", ""))


def declined(request: Request) -> ET.Element:
    """Tell who invited us by a room that we do not come. The room shows them our address."""
    no = el(f"{{{MUC_USER}}}decline", {"to": request.inviter} if request.inviter else {})
    return el("message", {"to": request.jid, "id": secrets.token_hex(8)}, el(f"{{{MUC_USER}}}x", None, no))


def _invitation(kind: Asking, room: str, sender: str, inviter: str, reason: str, password: str) -> Invitation | None:
    if not Jid.parse(room).local:
        return None
    return Invitation(kind, room, sender, inviter, cleaned(reason[:_TEXT]), cleaned(password[:_PASSWORD]))


def _inviter(address: str, room: Jid) -> str:
    """Who invites: some rooms give the bare address of a person, others that of an occupant."""
    bare = _bare(address)
    return str(Jid.parse(address)) if bare == room.bare else bare


def _bare(address: str) -> str:
    """The bare address of somebody or a room; empty when it is none."""
    try:
        jid = Jid.parse(address)
    except Trouble:
        return ""
    return jid.bare if jid.local else ""
