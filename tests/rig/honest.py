"""A small honest server as a script for `Hostile`: it signs in, knows one roster and a few rooms, and answers in order.

Whatever it is told to send besides, it sends. Every stanza that it gets is kept in `got`.
"""

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from tests.rig.hostile import HOST, JID, RESOURCE, Wire, to_bound

ROOMS = f"rooms.{HOST}"
TEA, LEFT = f"tea@{ROOMS}", f"left@{ROOMS}"
ROSE = f"rose@{HOST}"
FULL = f"{JID}/{RESOURCE}"
FEATURES = (
    "http://jabber.org/protocol/muc", "muc_open", "muc_semianonymous", "muc_unmoderated", "urn:xmpp:sid:0",
    "urn:xmpp:occupant-id:0",
)  # fmt: skip
UNAVAILABLE = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
Hook = Callable[[Wire, ET.Element], Awaitable[bool]]


def attributes(**given: str) -> str:
    """XML attributes; `from_` means from."""
    return "".join(f" {name.rstrip('_')}={quoteattr(value)}" for name, value in given.items() if value)


def presence(
    nick: str, inner: str = "", *, room: str = TEA, codes: tuple[int, ...] = (), item: str = "", **more: str
) -> str:
    """A presence of an occupant, as a room sends it."""
    status = "".join(f"<status code='{code}'/>" for code in codes)
    item = item or "<item affiliation='none' role='participant'/>"
    user = f"<x xmlns='http://jabber.org/protocol/muc#user'>{item}{status}</x>"
    who = f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='id-of-{escape(nick)}'/>"
    return f"<presence{attributes(from_=f'{room}/{nick}', to=FULL, **more)}>{user}{who}{inner}</presence>"


def said(
    nick: str, body: str, inner: str = "", *, room: str = TEA, id: str = "", occupant: str = "", kind: str = "groupchat"
) -> str:
    """A message of an occupant, as a room sends it."""
    who = f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='{escape(occupant or f'id-of-{nick}')}'/>"
    head = attributes(from_=f"{room}/{nick}", to=FULL, type=kind, id=id)
    return f"<message{head}><body>{escape(body)}</body>{who}{inner}</message>"


@dataclass
class Honest:
    """One server's word. `before` may answer a stanza itself and say True."""

    roster: str = f"<item jid='{ROSE}' name='Rose' subscription='both'/><item jid='shy@{HOST}' subscription='none'/>"
    occupants: tuple[str, ...] = ("plum", "oak")
    history: tuple[str, ...] = ()
    features: tuple[str, ...] = FEATURES
    account_features: tuple[str, ...] = ("urn:xmpp:sid:0",)
    given_nick: str = ""
    before: Hook | None = None
    remembers: bool = False
    """Whether what is said in a room is told to whoever enters."""
    got: list[ET.Element] = field(default_factory=list)
    _count: int = 0

    async def __call__(self, wire: Wire) -> None:
        """The script."""
        await to_bound(wire)
        while True:
            raw = await wire.stanza()
            stanza = ET.fromstring(b"<s xmlns='jabber:client'>" + raw + b"</s>")[0]
            self.got.append(stanza)
            if self.before is None or not await self.before(wire, stanza):
                wire.send(self.answer(stanza).encode())

    def answer(self, stanza: ET.Element) -> str:
        """What an honest server says to this."""
        kind = stanza.tag.partition("}")[2]
        if kind == "iq" and stanza.get("type") in ("get", "set"):
            return self._answered(stanza)
        to, _, nick = stanza.get("to", "").partition("/")
        if kind == "presence" and nick:
            left = stanza.get("type") == "unavailable"
            return (
                presence(nick, room=to, codes=(110,), type="unavailable") if left else self._entered(to, nick, stanza)
            )
        if kind == "presence" and not to:
            return f"<presence from='{ROSE}/garden' to='{FULL}'/>"
        if kind == "message" and stanza.get("type") == "groupchat" and not self._body(stanza).startswith("hold"):
            return self.reflected(stanza)
        return ""

    def reflected(self, stanza: ET.Element, nick: str = "willow", id: str = "") -> str:
        """An own message as the room gives it to all."""
        self._count += 1
        inner = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{TEA}' id='given-{self._count}'/>"
        origin = stanza.find("{urn:xmpp:sid:0}origin-id")
        if origin is not None:
            inner += f"<origin-id xmlns='urn:xmpp:sid:0' id='{origin.get('id')}'/>"
        told = {"id": id or stanza.get("id", ""), "occupant": "id-of-willow"}
        if self.remembers:
            stamp = f"<delay xmlns='urn:xmpp:delay' from='{TEA}' stamp='{datetime.now(UTC).isoformat()}'/>"
            self.history = (*self.history, said(nick, self._body(stanza), inner + stamp, **told))
        return said(nick, self._body(stanza), inner, **told)

    def _body(self, stanza: ET.Element) -> str:
        return stanza.findtext("{jabber:client}body") or ""

    def _entered(self, room: str, nick: str, stanza: ET.Element) -> str:
        others = [presence(other, room=room) for other in self.occupants]
        mine = self.given_nick or nick
        me = presence(mine, room=room, codes=(110, 210) if self.given_nick else (110,), id=stanza.get("id", ""))
        me = me.replace(f"id-of-{mine}", "id-of-willow")
        subject = f"<message from='{room}' to='{FULL}' type='groupchat'><subject>tea</subject></message>"
        return "".join((*others, me, *self.history, subject))

    def _answered(self, iq: ET.Element) -> str:
        to, asked = iq.get("to", ""), iq[0].tag if len(iq) else ""
        name, inner, kind = asked.partition("}")[2], "", "result"
        if asked == "{jabber:iq:roster}query":
            inner = f"<query xmlns='jabber:iq:roster'>{self.roster}</query>"
        elif asked.endswith("disco#info}query") and "/" not in to:
            features = self.account_features if to == JID else self.features
            inner = "".join(f"<feature var='{feature}'/>" for feature in features)
            inner = f"<query xmlns='http://jabber.org/protocol/disco#info'>{inner}</query>"
        elif to.startswith(f"{JID}/") or name != "ping":
            inner, kind = UNAVAILABLE, "error"
        return f"<iq{attributes(type=kind, id=iq.get('id', ''), from_=to, to=FULL)}>{inner}</iq>"
