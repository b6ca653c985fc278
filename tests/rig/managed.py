"""An honest server that counts stanzas (XEP-0198), and may lie about how many."""

import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.rig.honest import Honest
from tests.rig.hostile import BIND_NS, Stage, Wire, bound, to_signed_in

SM = "urn:xmpp:sm:3"
FEATURES = (f"<stream:features><bind xmlns='{BIND_NS}'/><sm xmlns='{SM}'><optional/></sm></stream:features>").encode()


@dataclass
class Kept:
    """One session as the server keeps it."""

    handled: int = 0
    sent: list[str] = field(default_factory=list)
    """What it sent since it began."""
    told: int = 0
    """How many of them the client acknowledged last."""
    wire: Wire | None = None


@dataclass
class Managed(Honest):
    """`lie` makes of the true count (in `a`, `resumed`, `failed`) what is said."""

    lie: Callable[[str, int], str] = lambda _where, count: str(count)
    more: str = ""
    """Further attributes of `enabled`."""
    counts: bool = True
    """Whether `enable` is answered by `enabled`."""
    mute: bool = False
    """Whether acknowledgements are left out."""
    resumes: bool = True
    sessions: dict[str, Kept] = field(default_factory=dict)
    asked: list[ET.Element] = field(default_factory=list)
    """All that the client said of stream management."""

    async def __call__(self, wire: Wire) -> None:
        """The script."""
        await to_signed_in(wire)
        await wire.header()
        wire.send(FEATURES)
        kept = await self._begun(wire)
        while True:
            raw = await wire.stanza()
            stanza = ET.fromstring(b"<s xmlns='jabber:client'>" + raw + b"</s>")[0]
            if stanza.tag.startswith(f"{{{SM}}}"):
                kept = self._managed(wire, stanza, kept)
                continue
            if kept is not None:
                kept.handled += 1
            self.got.append(stanza)
            if self.before is None or not await self.before(wire, stanza):
                self.tell(wire, kept, self.answer(stanza))

    async def _begun(self, wire: Wire) -> Kept | None:
        first = await wire.stanza()
        asked = ET.fromstring(first)
        if asked.tag == f"{{{SM}}}resume":
            self.asked.append(asked)
            kept = self.sessions.get(asked.get("previd", ""))
            if kept is not None and self.resumes:
                wire.stage = Stage.BOUND
                known = f"previd='{asked.get('previd', '')}' h='{self.lie('resumed', kept.handled)}'"
                wire.send(f"<resumed xmlns='{SM}' {known}/>".encode())
                kept.told, kept.wire = int(asked.get("h", "0")), wire
                wire.send("".join(kept.sent[kept.told :]).encode())
                return kept
            count = f" h='{self.lie('failed', kept.handled)}'" if kept is not None else ""
            item = "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            wire.send(f"<failed xmlns='{SM}'{count}>{item}</failed>".encode())
            asked = ET.fromstring(await wire.stanza())
        wire.stage = Stage.BOUND
        wire.send(bound(asked.get("id", "")))
        return None

    def _managed(self, wire: Wire, stanza: ET.Element, kept: Kept | None) -> Kept | None:
        self.asked.append(stanza)
        name = stanza.tag.rpartition("}")[2]
        if name == "enable" and self.counts:
            number = secrets.token_hex(8)
            kept = self.sessions[number] = Kept(wire=wire)
            wire.send(f"<enabled xmlns='{SM}' id='{number}' resume='true'{self.more}/>".encode())
        elif name == "enable":
            wire.send(f"<failed xmlns='{SM}'/>".encode())
        elif name == "r" and kept is not None and not self.mute:
            wire.send(f"<a xmlns='{SM}' h='{self.lie('a', kept.handled)}'/>".encode())
        elif name == "a" and kept is not None:
            kept.told = int(stanza.get("h", "0"))
        return kept

    def tell(self, wire: Wire, kept: Kept | None, text: str) -> None:
        """Send stanzas, and count them."""
        if kept is not None and text:
            whole = ET.fromstring(f"<s xmlns='jabber:client'>{text}</s>")
            kept.sent += [ET.tostring(one, encoding="unicode") for one in whole]
        wire.send(text.encode())

    @property
    def session(self) -> Kept:
        """The newest one."""
        return list(self.sessions.values())[-1]

    def counted(self, text: str) -> None:
        """Send stanzas in the newest session, counted; from the server's thread."""
        kept = self.session
        assert kept.wire is not None, "no session has begun"
        self.tell(kept.wire, kept, text)

    def names(self) -> list[str]:
        """What the client said of stream management, by name."""
        return [one.tag.rpartition("}")[2] for one in self.asked]
