"""How a room ends for us (XEP-0045 sections 8.2, 9.1, 9.4, 10.9 and 17.3): the room's word on our own presence."""

import xml.etree.ElementTree as ET

from teahouse.domain.chat import End, Ending
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.text import label
from teahouse.engine.xml import MUC_USER, child_text

_REASON = 300
_CODES = (
    # What comes back by itself goes first: a kick for a technical reason (333) carries the code of a kick, too.
    ("332", End.SHUT),
    ("333", End.SHUT),
    ("301", End.BANNED),
    ("307", End.KICKED),
    ("321", End.NO_MEMBER),
    ("322", End.MEMBERS_ONLY),
)


def ending_of(user: ET.Element | None, codes: frozenset[str]) -> Ending | None:
    """Why we are out, by the room; None when it gives no cause that concerns us (we left)."""
    if user is None:
        return None
    if (destroyed := user.find(f"{{{MUC_USER}}}destroy")) is not None:
        return Ending(End.DESTROYED, _reason(destroyed), venue=_room(destroyed.get("jid", "")))
    end = next((end for code, end in _CODES if code in codes), None)
    if end is None:
        return None
    item = user.find(f"{{{MUC_USER}}}item")
    actor = item.find(f"{{{MUC_USER}}}actor") if item is not None else None
    # A nick, never the address, which is known to moderators only.
    nick = label(actor.get("nick", "")) if actor is not None else ""
    return Ending(end, _reason(item), nick)


def _reason(parent: ET.Element | None) -> str:
    return label(child_text(parent, "reason", MUC_USER) or "", _REASON) if parent is not None else ""


def _room(address: str) -> str:
    """The address of another room; empty when it is none."""
    try:
        jid = Jid.parse(address)
    except Trouble:
        return ""
    return jid.bare if jid.local else ""
