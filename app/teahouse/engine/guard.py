"""The guard over slixmpp's stream: a bounded parser, phases, and nothing out of its phase.

Phases: nothing but the stream header and STARTTLS leaves before verified TLS, nothing but SASL (or registration)
before the log-in, and no stanza is handed on before the session is bound. Before that, each step expects one kind of
element; anything else is a breach, which ends the connection. slixmpp's own handlers see nothing of it.
"""

import asyncio
import logging
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from enum import Enum
from typing import Any

from slixmpp import ClientXMPP
from slixmpp.jid import InvalidJID

from teahouse.domain.account import Server
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.parser import BoundedParser, Forbidden
from teahouse.net.certificate import fingerprint, public_key, tls_context, tls_problem

log = logging.getLogger(__name__)
STREAM, TLS = "{http://etherx.jabber.org/streams}", "{urn:ietf:params:xml:ns:xmpp-tls}"
FEATURES, ERROR = f"{STREAM}features", f"{STREAM}error"
_STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


class Phase(Enum):
    """How far a stream has come."""

    CONNECT = "connect"
    TLS = "tls"
    AUTH = "auth"
    BOUND = "bound"


_MAY_LEAVE = {
    Phase.CONNECT: ("<stream:stream ", _STARTTLS),
    Phase.TLS: ("<stream:stream ", "<auth ", "<response "),
    Phase.AUTH: ("<stream:stream ", "<iq ", "<resume "),
    Phase.BOUND: ("",),
}
"""How that which is written in each phase begins."""


class GuardedStream(ClientXMPP):
    """A stream that ends rather than break a rule; with a pin (SHA-256) only that certificate will do.

    With `known_key` the server must have that public key (SHA-256), any when it is empty; None does not look at it.
    """

    may_leave = _MAY_LEAVE

    def __init__(self, jid: str, server: Server, known_key: str | None) -> None:
        self.own = Jid.parse(jid)
        self.host = self.own.domain
        try:
            # slixmpp learns neither the password nor the name: it signs nobody in.
            super().__init__(self.host, "")
        except InvalidJID:
            raise Trouble(Problem(Fault.BAD_ADDRESS, jid[:80])) from None
        # Without a language: servers put that of the stream on each stanza.
        self.stream_header = (
            f"<stream:stream to='{self.host}' xmlns:stream='http://etherx.jabber.org/streams'"
            " xmlns='jabber:client' version='1.0'>"
        )
        self.ssl_context = tls_context(server)
        self.phase = Phase.CONNECT
        self.on_phase: Callable[[Phase], None] = ignore
        self.problem: Problem | None = None
        self._pin, self._known_key = server.pin, known_key
        self.key = ""
        """The public key that the server has shown; empty before, and when nobody looks at it."""
        self._reader: BoundedParser | None = None
        self._root: ET.Element | None = None
        self._expected: Callable[[ET.Element], None] = self._in_the_clear
        self._securing: asyncio.Task[None] | None = None
        self._over = False
        """Whether the server has closed the connection."""

    def secured(self, xml: ET.Element) -> None:
        """The first element inside TLS; raises Trouble on anything but what it waits for."""
        raise NotImplementedError

    def hand_on(self, xml: ET.Element) -> None:
        """A stanza of the bound session; the client takes it."""

    def gone(self) -> None:
        """The connection has ended; the client says why."""

    # -- bytes -------------------------------------------------------------

    def connection_made(self, transport: Any, send_event: bool = True) -> None:
        """TCP or TLS is up: check pin and key before a byte leaves."""
        self.transport = transport
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            try:
                self._check_identity(secured.getpeercert(True))
            except Trouble as trouble:
                return self.fail(trouble.problem)
            self._expected = self.secured
            self.move(Phase.TLS)
        self.restart()

    def _check_identity(self, certificate: bytes) -> None:
        if self._pin and fingerprint(certificate) != self._pin:
            raise Trouble(Problem(Fault.CERTIFICATE_REFUSED, self.host, "pin"))
        if self._known_key is not None:
            self.key = public_key(certificate)
            if self._known_key not in ("", self.key):
                raise Trouble(Problem(Fault.KEY_CHANGED, self.host))

    def restart(self) -> None:
        """Begin a stream, with a fresh parser."""
        self._reader, self._root = BoundedParser(), None
        self.send_raw(self.stream_header)

    def data_received(self, data: bytes | str) -> None:
        """Parse what came; a breach ends the connection, but what came whole before it counts."""
        raw, reader, breach = data.encode() if isinstance(data, str) else data, self._reader, ""
        if reader is None:
            return self._break("data between two streams")
        try:
            reader.feed(raw)
        except Forbidden as error:
            breach = str(error)
        for event, xml in reader.read_events():
            if self._reader is not reader:
                return self._break("data between two streams")
            self._read(event, xml)
        if self._reader is not reader and raw.rpartition(b">")[2].strip():
            self._break("data between two streams")
        elif breach:
            self._break(breach)

    def send_raw(self, data: str | bytes) -> None:
        """Write to the connection; out of its phase nothing leaves."""
        text = data if isinstance(data, str) else data.decode()
        if self.transport is None or self._over or self.problem is not None:
            return
        if not text.startswith(self.may_leave[self.phase]) or self._securing not in (None, asyncio.current_task()):
            return log.error("held back what may not leave in the phase %s", self.phase.value)
        self.transport.write(text.encode())

    def eof_received(self) -> None:
        """The server closed its half; the transport closes ours, and nothing is written any more."""
        self._over = True

    def connection_lost(self, exception: BaseException | None) -> None:
        """The connection is no more; a handshake under way says so itself."""
        self.transport, self._reader = None, None
        if self._securing is None:
            self.gone()

    # -- elements ----------------------------------------------------------

    def _read(self, event: str, xml: ET.Element) -> None:
        if self._root is None:
            self._root = xml
            return self._check_header(xml)
        if xml is self._root:
            return self.fail(Problem(Fault.CONNECTION_LOST, self.host))
        if event != "end":
            return
        if xml.tag == ERROR:
            self.fail(stream_error(xml, self.host))
        elif self.phase is Phase.BOUND:
            self.hand_on(xml)
        else:
            try:
                self._expected(xml)
            except Trouble as trouble:
                self.fail(trouble.problem)

    def _check_header(self, root: ET.Element) -> None:
        if root.tag != f"{STREAM}stream":
            self._break("no stream header")
        elif root.get("from", self.host).lower() != self.host:
            self._break("the stream is from somebody else")
        elif not root.get("id") or not re.fullmatch(r"1\.\d{1,5}", root.get("version", "")):
            self._break("a stream without id or version")

    def _in_the_clear(self, xml: ET.Element) -> None:
        if xml.tag != FEATURES:
            raise self.misbehaved("a stanza before TLS")
        if xml.find(f"{TLS}starttls") is None:
            raise Trouble(Problem(Fault.NO_ENCRYPTION, self.host))
        self._expected = self._proceed
        self.send_raw(_STARTTLS)

    def _proceed(self, xml: ET.Element) -> None:
        if xml.tag == f"{TLS}failure":
            raise Trouble(Problem(Fault.NO_ENCRYPTION, self.host))
        if xml.tag != f"{TLS}proceed":
            raise self.misbehaved("a stanza before TLS")
        self._reader = None
        self._securing = asyncio.ensure_future(self._secure())

    async def _secure(self) -> None:
        try:
            assert self.transport is not None
            made = await self.loop.start_tls(self.transport, self, self.ssl_context, server_hostname=self.host)
        except (OSError, ValueError) as error:
            self.fail(tls_problem(self.host, error))
        else:
            if made is None or made.is_closing():
                self.fail(Problem(Fault.CONNECTION_LOST, self.host))
            else:
                self.connection_made(made)
        finally:
            self._securing = None

    def move(self, phase: Phase) -> None:
        """Go on to another phase."""
        self.phase = phase
        self.on_phase(phase)

    # -- the end -----------------------------------------------------------

    def fail(self, problem: Problem) -> None:
        """End the connection at once, for this reason; the first reason stays."""
        self.problem = self.problem or problem
        self._reader = None
        if self.transport is not None:
            self.transport.abort()
        self.gone()

    def misbehaved(self, why: str) -> Trouble:
        """The server broke the protocol; `why` holds nothing that it said."""
        log.info("the server broke the protocol: %s", why)
        return Trouble(Problem(Fault.SERVER_MISBEHAVED, self.host, why))

    def _break(self, why: str) -> None:
        if self.problem is None:
            self.fail(self.misbehaved(why).problem)


def ignore(_: Any) -> None:
    """Nobody listens yet."""


def stream_error(xml: ET.Element, host: str) -> Problem:
    """A stream error (RFC 6120 section 4.9) as a problem."""
    named = next((c.tag.split("}")[-1] for c in xml if not c.tag.endswith("}text")), "undefined-condition")
    return Problem(Fault.SESSION_REPLACED if named == "conflict" else Fault.CONNECTION_LOST, host, named[:80])
