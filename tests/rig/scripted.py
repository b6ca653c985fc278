"""An honest server in raw XML around one account, a contact and a room; tests put anything they like between.

Whatever the client says is parsed and kept. Questions whose payload has a namespace in `held` stay unanswered.
"""

import ssl
import xml.etree.ElementTree as ET
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Server
from teahouse.domain.chat import Chat
from teahouse.domain.events import ChatStored, Event, LinkChanged, MessageStored
from tests.rig.engine import RunningEngine
from tests.rig.hostile import HOST, JID, PASSWORD, RESOURCE, USER, Hostile, Wire, to_bound
from tests.rig.wait import until

FRIEND, FAN, IDOL, STRANGER = f"friend@{HOST}", f"fan@{HOST}", f"idol@{HOST}", "eve@evil.test"
"""Both see each other; who only sees us; whom only we see; nobody."""
ROOM, ELSEWHERE, NICK = f"lounge@rooms.{HOST}", f"cellar@rooms.{HOST}", "willow"
OWN = f"{JID}/{RESOURCE}"
ROSTER = "".join(
    f"<item jid='{jid}' subscription='{seen}'/>" for jid, seen in ((FRIEND, "both"), (FAN, "from"), (IDOL, "to"))
)
ROOM_FEATURES = (
    "http://jabber.org/protocol/muc", "muc_nonanonymous", "muc_open", "urn:xmpp:sid:0", "urn:xmpp:occupant-id:0",
)  # fmt: skip
_INFO, _PING, _USER = "http://jabber.org/protocol/disco#info", "urn:xmpp:ping", "http://jabber.org/protocol/muc#user"
_NOBODY = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"


def occupant(nick: str, more: str = "", *, room: str = ROOM, kind: str = "", item: str = "") -> str:
    """A presence in a room."""
    inner = f"<item affiliation='none' role='participant' {item}/>{more}"
    given = f" type='{kind}'" if kind else ""
    return (
        f"<presence from='{room}/{nick}'{given}><x xmlns='{_USER}'>{inner}</x>"
        f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occupant {nick}'/></presence>"
    )


def said(sender: str, body: str, kind: str = "chat", more: str = "") -> str:
    """A message."""
    return f"<message from='{sender}' to='{OWN}' type='{kind}'><body>{body}</body>{more}</message>"


class Scripted(Hostile):
    """The server. `account_features` and `room_features` are what disco#info tells."""

    def __init__(self, certificate: ssl.SSLContext) -> None:
        super().__init__(self._serve_one, certificate, direct_tls=True)
        self.sent: list[ET.Element] = []
        self.raw: list[bytes] = []
        self.held: set[str] = set()
        self.account_features: tuple[str, ...] = ("urn:xmpp:sid:0",)
        self.room_features = ROOM_FEATURES
        self.ends_on = b""
        """A stanza that holds this ends the stream, as a server does that cannot read it."""

    async def _serve_one(self, wire: Wire) -> None:
        await to_bound(wire)
        while True:
            raw = await wire.stanza()
            if self.ends_on and self.ends_on in raw:
                wire.send(
                    b"<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                    b"</stream:stream>"
                )
                return await wire.until_gone()
            stanza = ET.fromstring(raw.replace(b" ", b" xmlns='jabber:client' ", 1))
            self.raw.append(raw)
            self.sent.append(stanza)
            wire.send(self._answer(stanza).encode())

    def _answer(self, stanza: ET.Element) -> str:
        kind, to = stanza.get("type", ""), stanza.get("to", "")
        if stanza.tag.endswith("}iq") and kind in ("get", "set"):
            return self._result(stanza, to)
        if stanza.tag.endswith("}presence") and "/" in to:
            return self._entered(to) if not kind else occupant(to.partition("/")[2], "<status code='110'/>", kind=kind)
        if stanza.tag.endswith("}message") and kind == "groupchat" and stanza.find("{jabber:client}body") is not None:
            return self._reflected(stanza, to)
        return ""

    def _result(self, iq: ET.Element, to: str) -> str:
        space, number = iq[0].tag[1:].partition("}")[0], iq.get("id")
        if space in self.held:
            return ""
        sender = f" from='{to}'" if to else ""
        if to.startswith(f"{USER}@") and "/" in to:
            return f"<iq type='error' id='{number}' to='{OWN}'{sender}>{_NOBODY}</iq>"
        features = self.room_features if to == ROOM else self.account_features
        inner = {
            "jabber:iq:roster": f"<query xmlns='jabber:iq:roster'>{ROSTER}</query>" if iq.get("type") == "get" else "",
            _INFO: f"<query xmlns='{_INFO}'>" + "".join(f"<feature var='{f}'/>" for f in features) + "</query>",
        }.get(space, "")
        return f"<iq type='result' id='{number}' to='{OWN}'{sender}>{inner}</iq>"

    def _entered(self, to: str) -> str:
        room, _, nick = to.partition("/")
        told = occupant("plum", room=room) + occupant(nick, "<status code='110'/>", room=room)
        return told + f"<message from='{room}' type='groupchat'><subject/></message>"

    def _reflected(self, message: ET.Element, to: str) -> str:
        body, number = message.findtext("{jabber:client}body"), message.get("id", "")
        return (
            f"<message from='{to}/{NICK}' type='groupchat' id='{number}'><body>{body}</body>"
            f"<stanza-id xmlns='urn:xmpp:sid:0' by='{to}' id='archived {number}'/>"
            f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='occupant {NICK}'/></message>"
        )


class World:
    """A real engine at a scripted server: online, in the room, with a chat with the friend."""

    def __init__(self, folder: Path, certificate: ssl.SSLContext, trusting: Server, **features: tuple[str, ...]) -> None:
        self.server = Scripted(certificate)
        for name, value in features.items():
            setattr(self.server, name, value)
        self.server.__enter__()
        self.engine = RunningEngine(folder)
        where = Server("127.0.0.1", self.server.port, True, trusting.ca_file)
        self.account: Account = self.engine.do(c.AddAccount(JID, PASSWORD, NICK, where))
        self.engine.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
        until(lambda: any(s.tag.endswith("}presence") for s in self.server.sent), what="presence")
        self.room: Chat = self.engine.do(c.JoinRoom(self.account.id, ROOM, NICK))
        self.friend: Chat = self.engine.do(c.OpenPerson(self.account.id, FRIEND))
        self._fences = 0
        self.settle()

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.engine.stop()
        self.server.__exit__()

    def send(self, *xml: str) -> None:
        """The server says this."""
        self.server.inject(*(piece.encode() for piece in xml))

    def fence(self) -> str:
        """A message of the friend's; when it is stored, all that came before has been dealt with."""
        self._fences += 1
        body = f"fence {self._fences}"
        self.send(said(f"{FRIEND}/phone", body))
        self.engine.wait(MessageStored, lambda e: e.message.body == body)
        return body

    def settle(self) -> None:
        """Wait until the client has dealt with all that came, its short timers too, and all it said is here."""
        self.fence()
        self.fence()
        number = f"round trip {self._fences}"
        self.send(f"<iq type='get' from='{HOST}' to='{OWN}' id='{number}'><ping xmlns='{_PING}'/></iq>")
        until(lambda: any(s.get("id") == number for s in list(self.server.sent)), what="the answer to a ping")

    def outcome(self, *xml: str) -> tuple[list[Event], list[ET.Element]]:
        """What the client announced and said because of this, without that which belongs to the fences."""
        heard, sent = len(self.engine.events), len(self.server.sent)
        self.send(*xml)
        self.settle()
        events = [e for e in self.engine.events[heard:] if not self._of_fence(e)]
        return events, [s for s in self.server.sent[sent:] if not s.get("id", "").startswith("round trip")]

    def _of_fence(self, event: Event) -> bool:
        if isinstance(event, MessageStored):
            return event.message.body.startswith("fence ")
        return isinstance(event, ChatStored) and event.chat.id == self.friend.id
