"""A second real client for tests: plain slixmpp in a thread of its own, used as if it were synchronous."""

import asyncio
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from xml.sax.saxutils import escape, quoteattr

from slixmpp import ClientXMPP
from slixmpp.jid import JID
from slixmpp.stanza import Message, Presence
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from tests.rig.chat_server import ChatServer, Login
from tests.rig.wait import until

T = TypeVar("T")
Affiliation = Literal["outcast", "member", "admin", "owner", "none"]
Role = Literal["moderator", "participant", "visitor", "none"]
_MUC = "http://jabber.org/protocol/muc"
_SELF = f"{{{_MUC}#user}}x/{{{_MUC}#user}}status[@code='110']"


class NotAdmitted(Exception):
    """A room refused to let the peer in; the text is the condition (`conflict`, `forbidden` ...)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A message that a peer received. `sender` is the full address (room/nick in a room)."""

    kind: str
    sender: str
    body: str
    id: str
    delayed: bool
    stanza: Message

    @property
    def nick(self) -> str:
        """Who said it, in a room."""
        return self.sender.partition("/")[2]


class Peer:
    """Signed in when made; use it as a context manager or call stop()."""

    def __init__(self, server: ChatServer, login: Login, resource: str = "peer", plugins: tuple[str, ...] = ()) -> None:
        self.login = login
        self.lines: list[Line] = []
        self.presences: list[tuple[str, str]] = []
        """(full address, type) of every presence received; the type is `available`, `unavailable`, `subscribe` ..."""
        self.messages: list[ET.Element] = []
        """Every message stanza received, also those without a body."""
        self.answers: dict[str, ET.Element] = {}
        """Results and errors of queries, by their ids."""
        self._stanzas: list[Presence] = []
        self._online = threading.Event()
        self._failed = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=f"peer {login.user}", daemon=True)
        self._ready = threading.Event()
        self._plugins = ("xep_0030", "xep_0045", "xep_0199", *plugins)
        self._server, self._resource = server, resource
        self.client: ClientXMPP
        self._thread.start()
        assert self._ready.wait(10)
        until(lambda: self._online.is_set() or self._failed, what=f"{login.jid} to sign in")
        assert not self._failed, self._failed

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        client = ClientXMPP(JID(f"{self.login.jid}/{self._resource}"), self.login.password)
        client.ca_certs = self._server.ca
        client.ssl_context.check_hostname = True
        client.enable_starttls = False
        for plugin in self._plugins:
            client.register_plugin(plugin)
        client.add_event_handler("session_start", self._start)
        client.add_event_handler("message", self._hear)
        every_message = MatchXPath(f"{{{client.default_ns}}}message")
        client.register_handler(Callback("peer hears", every_message, lambda m: self.messages.append(m.xml)))
        every_query = MatchXPath(f"{{{client.default_ns}}}iq")
        client.register_handler(Callback("peer is answered", every_query, self._answered))
        every_presence = MatchXPath(f"{{{client.default_ns}}}presence")
        client.register_handler(Callback("peer sees", every_presence, self._see))
        client.add_event_handler("failed_all_auth", lambda _: self._fail("signing in failed"))
        client.auto_authorize = None
        self.client = client
        self._loop.call_soon(lambda: client.connect("127.0.0.1", self._server.tls_port))
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _fail(self, why: str) -> None:
        self._failed = f"{self.login.jid}: {why}"

    async def _start(self, _event: object) -> None:
        self.client.send_presence()
        await self.client.get_roster()
        self._online.set()

    def _hear(self, message: Message) -> None:
        delayed = bool(message.xml.findall("{urn:xmpp:delay}delay"))
        line = Line(message["type"], str(message["from"]), message["body"], message["id"], delayed, message)
        self.lines.append(line)

    def _answered(self, iq: Any) -> None:
        if iq["type"] in ("result", "error"):
            self.answers[iq["id"]] = iq.xml

    def _see(self, presence: Any) -> None:
        self._stanzas.append(presence)
        self.presences.append((str(presence["from"]), presence["type"] or "available"))

    def ask(self, work: Coroutine[Any, Any, T], seconds: float = 10) -> T:
        """Run a coroutine in the peer's loop and give its result back."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def do(self, action: Callable[[], object]) -> None:
        """Run something in the peer's loop, and wait until it has run."""

        async def run() -> None:
            action()

        self.ask(run())

    def join(self, room: str, nick: str, password: str = "", history: int = 0) -> None:
        """Enter a room and wait until inside; raises NotAdmitted."""
        before = len(self._stanzas)
        secret = f"<password>{escape(password)}</password>" if password else ""
        x = f"<x xmlns='{_MUC}'><history maxstanzas='{history}'/>{secret}</x>"
        self.raw(f"<presence to={quoteattr(f'{room}/{nick}')}>{x}</presence>")
        condition = until(lambda: self._verdict(room, before), 20, f"{self.login.user} to enter {room}")
        if condition != "inside":
            raise NotAdmitted(condition)

    def _verdict(self, room: str, since: int) -> str:
        for presence in self._stanzas[since:]:
            if presence["from"].bare == room and presence["type"] == "error":
                return str(presence["error"]["condition"])
            if presence["from"].bare == room and presence.xml.find(_SELF) is not None:
                return "inside"
        return ""

    def inside(self, room: str) -> bool:
        """Whether it is in a room, by what that said last of it."""
        for presence in reversed(self._stanzas):
            if presence["from"].bare == room and presence.xml.find(_SELF) is not None:
                return bool(presence["type"] != "unavailable")
        return False

    def refused(self, room: str) -> list[str]:
        """Why a room did not take what it was given to say, once for each: the condition (`not-acceptable` ...)."""
        errors = [xml for xml in list(self.messages) if xml.get("type") == "error"]
        mine = [xml for xml in errors if xml.get("from", "").partition("/")[0] == room]
        return [next((e.tag.partition("}")[2] for e in xml.findall("{*}error/*")), "error") for xml in mine]

    def leave(self, room: str, nick: str) -> None:
        """Leave a room."""
        self.raw(f"<presence to={quoteattr(f'{room}/{nick}')} type='unavailable'/>")

    def say(self, room: str, text: str) -> None:
        """Say something in a room."""
        self.do(lambda: self.client.send_message(mto=JID(room), mbody=text, mtype="groupchat"))

    def subject(self, room: str, text: str) -> None:
        """Change the subject of a room."""
        self.do(lambda: self.client.send_message(mto=JID(room), mbody=None, msubject=text, mtype="groupchat"))

    def message(self, jid: str, text: str) -> None:
        """Write to one person."""
        self.do(lambda: self.client.send_message(mto=JID(jid), mbody=text, mtype="chat"))

    def subscribe(self, jid: str) -> None:
        """Ask to see when somebody is online."""
        self.do(lambda: self.client.send_presence(pto=JID(jid), ptype="subscribe"))

    def raw(self, xml: str) -> None:
        """Send a stanza as it is written here."""
        self.do(lambda: self.client.send_raw(xml))

    def affiliate(self, room: str, jid: str, affiliation: Affiliation) -> None:
        """Make somebody a member, an outcast ..."""
        muc = self.client.plugin["xep_0045"]
        self.ask(muc.set_affiliation(JID(room), affiliation, jid=JID(jid)))

    def role(self, room: str, nick: str, role: Role) -> None:
        """Give or take voice, kick (`none`) ..."""
        self.ask(self.client.plugin["xep_0045"].set_role(JID(room), nick, role))

    def wait_for(self, wanted: Callable[[Line], bool] | str, seconds: float = 10) -> Line:
        """The first line received that fits, or has this body, waiting for it if need be."""
        fits = (lambda line: line.body == wanted) if isinstance(wanted, str) else wanted
        what = f"{self.login.user} to receive {wanted!r}"
        return until(lambda: next((line for line in list(self.lines) if fits(line)), None), seconds, what)

    def bodies(self) -> list[str]:
        """The texts received so far."""
        return [line.body for line in list(self.lines)]

    def stop(self) -> None:
        """Sign out and end the thread."""
        if not self._thread.is_alive():
            return

        async def leave() -> None:
            await self.client.disconnect(wait=1)
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        try:
            self.ask(leave(), 5)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()
