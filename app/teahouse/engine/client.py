"""The one ClientXMPP: slixmpp behind a guard.

Phases: nothing but the stream header and STARTTLS leaves before verified TLS, nothing but SASL (or registration)
before the log-in, and no stanza is handed on before the session is bound. A breach of the protocol ends the
connection. `see-other-host` is ignored. Stanzas of a bound session go to `on_stanza` as parsed XML, in order.
"""

import asyncio
import logging
import socket
import ssl
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any

from slixmpp import ClientXMPP
from slixmpp.xmlstream import tostring

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import cleaned, illegal_in_xml
from teahouse.engine import scram
from teahouse.engine.pacer import Pacer
from teahouse.engine.parser import BoundedParser, Forbidden
from teahouse.engine.questions import Questions
from teahouse.engine.xml import CLIENT
from teahouse.net.certificate import fingerprint, tls_context
from teahouse.net.endpoints import Endpoint

log = logging.getLogger(__name__)
scram.install()
TLS, SASL = "{urn:ietf:params:xml:ns:xmpp-tls}", "{urn:ietf:params:xml:ns:xmpp-sasl}"
FEATURES, ERROR = "{http://etherx.jabber.org/streams}features", "{http://etherx.jabber.org/streams}error"
_BACKLOG = 2_000
"""Stanzas held before the socket is left unread."""


class Phase(Enum):
    """How far a stream has come."""

    CONNECT = "connect"
    TLS = "tls"
    AUTH = "auth"
    BOUND = "bound"


class Client(ClientXMPP):
    """One connection, used once. `ready` is done when the session is bound; `lost` tells why it ended."""

    def __init__(self, jid: str, password: str, server: Server, *, allow_plain: bool = False) -> None:
        super().__init__(jid, password)
        self.enable_plaintext = False
        self.ssl_context = tls_context(server)
        self._pin = server.pin
        self.roster.auto_authorize = None  # type: ignore[assignment]
        self.roster.auto_subscribe = False
        plain = {"PLAIN"} if allow_plain else set()
        self.plugin["feature_mechanisms"].use_mechs = set(scram.SCRAM) | plain
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.ready: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[Problem] = loop.create_future()
        self.ready.add_done_callback(_retrieved)
        self.on_stanza: Callable[[ET.Element], None] = _ignore
        self.on_phase: Callable[[Phase], None] = _ignore
        self.phase = Phase.CONNECT
        self._proceeding = False
        self._backlog: deque[ET.Element] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._questions = Questions(self.put)
        self._problem: Problem | None = None
        for name, handler in (
            ("session_start", self._started),
            ("disconnected", self._gone),
            ("ssl_invalid_chain", self._untrusted),
            ("failed_auth", self._auth_failed),
            ("no_auth", self._no_mechanism),
        ):
            self.add_event_handler(name, handler)

    # -- connecting ------------------------------------------------------

    async def open(self, connection: socket.socket, endpoint: Endpoint) -> None:
        """Begin the stream on a dialed socket; raises Trouble. `ready` tells when the session is up."""
        self.init_plugins()  # type: ignore[no-untyped-call]
        self.enable_direct_tls, self.enable_starttls = endpoint.direct_tls, not endpoint.direct_tls
        self._run_out_filters = asyncio.ensure_future(self.run_filters())
        self._current_connection_attempt = self.loop.create_future()
        self.event_when_connected = "connected"
        context = self.ssl_context if endpoint.direct_tls else None
        name = self.boundjid.host if endpoint.direct_tls else None
        try:
            await self.loop.create_connection(lambda: self, sock=connection, ssl=context, server_hostname=name)
        except ssl.SSLError as error:
            raise Trouble(_certificate_problem(self.boundjid.host, error)) from error
        except OSError as error:
            raise Trouble(Problem(Fault.UNREACHABLE, endpoint.host, str(error))) from error

    def connection_made(self, transport: Any, send_event: bool = True) -> None:
        """TCP or TLS is up: check the pin before a byte leaves."""
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            if self._pin and fingerprint(secured.getpeercert(True)) != self._pin:
                self.transport = transport
                return self.fail(Problem(Fault.CERTIFICATE_REFUSED, self.boundjid.host, "pin"))
            self._proceeding = False
            self._move(Phase.TLS)
        super().connection_made(transport, send_event)

    def init_parser(self) -> None:
        """A fresh bounded parser for every stream header."""
        self.xml_depth, self.xml_root = 0, None
        self.parser = BoundedParser()  # type: ignore[assignment]

    def data_received(self, data: bytes | str) -> None:
        """Parse what came; a breach ends the connection."""
        if self.parser is None:
            return
        if self._proceeding:
            return self.fail(self._misbehaved("data behind <proceed/>"))
        try:
            super().data_received(data)
        except Forbidden as breach:
            self.fail(self._misbehaved(str(breach)))

    def eof_received(self) -> None:
        """The server closed the stream."""

    # -- the gate --------------------------------------------------------

    def _spawn_event(self, xml: ET.Element) -> None:
        if self.phase is Phase.BOUND:
            return self._hand_on(xml)
        reason = self._breach(xml)
        if reason:
            no_tls = reason == "no-tls"
            return self.fail(Problem(Fault.NO_ENCRYPTION, self._host) if no_tls else self._misbehaved(reason))
        if xml.tag == ERROR:
            return self.fail(_stream_error(xml, self._host))
        if xml.tag == TLS + "proceed":
            self._proceeding = True
        super()._spawn_event(xml)
        if self.authenticated and self.phase is Phase.TLS:
            self._move(Phase.AUTH)

    def _breach(self, xml: ET.Element) -> str:
        tag = xml.tag
        if self.phase is Phase.CONNECT:
            if tag == FEATURES:
                return "" if xml.find(TLS + "starttls") is not None else "no-tls"
            if tag == TLS + "failure":
                return "no-tls"
            return "" if tag in (TLS + "proceed", ERROR) else "a stanza before TLS"
        if tag.startswith(TLS):
            return "STARTTLS again"
        if self.phase is Phase.TLS:
            return self._breach_before_auth(xml)
        iq = tag == f"{{{CLIENT}}}iq"
        return "" if tag in (FEATURES, ERROR) or iq else "a stanza before the session"

    def _breach_before_auth(self, xml: ET.Element) -> str:
        if xml.tag == SASL + "success":
            mechanism = getattr(self.plugin["feature_mechanisms"], "mech", None)
            early = mechanism is None or (mechanism.base_name == "SCRAM" and mechanism.step != 2)
            return "success without proof" if early else ""
        if xml.tag == FEATURES and xml.find(SASL + "mechanisms") is None:
            return "no way to sign in"
        allowed = xml.tag.startswith(SASL) or xml.tag in (FEATURES, ERROR)
        return "" if allowed else "a stanza before the log-in"

    def _move(self, phase: Phase) -> None:
        self.phase = phase
        self.on_phase(phase)

    # -- the session -----------------------------------------------------

    def _started(self, _: Any) -> None:
        self._move(Phase.BOUND)
        if not self.ready.done():
            self.ready.set_result(None)

    def _hand_on(self, xml: ET.Element) -> None:
        self._backlog.append(xml)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.ensure_future(self._drain())
        elif len(self._backlog) > _BACKLOG and self.transport is not None:
            self.transport.pause_reading()

    async def _drain(self) -> None:
        pacer = Pacer()
        while self._backlog:
            self._take(self._backlog.popleft())
            await pacer.breathe()
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _take(self, xml: ET.Element) -> None:
        if xml.tag == ERROR:
            return self.fail(_stream_error(xml, self._host))
        if xml.tag == f"{{{CLIENT}}}iq" and xml.get("type") in ("result", "error"):
            return self._answered(xml)
        try:
            self.on_stanza(xml)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, LookupError, Trouble) as error:
            log.error("a stanza was dropped: %s", type(error).__name__)

    def put(self, xml: ET.Element) -> None:
        """Send a stanza; dropped when there is no session any more. Illegal characters become U+FFFD."""
        if self.phase is not Phase.BOUND or self.transport is None:
            return
        for element in xml.iter():
            element.text = _sound(element.text)
            element.tail = _sound(element.tail)
            for key, value in element.attrib.items():
                element.attrib[key] = _sound(value) or ""
        self.send_raw(tostring(xml, xmlns=CLIENT, stream=self, top_level=True))

    async def ask(self, iq: ET.Element, seconds: float = 30) -> ET.Element:
        """Send an IQ and wait for its answer, an error too; raises Trouble (TIMED_OUT, CONNECTION_LOST)."""
        return await self._questions.ask(iq, self._host, seconds)

    def _answered(self, iq: ET.Element) -> None:
        self._questions.answered(iq, ("", self.boundjid.bare, self.boundjid.full, self._host))

    # -- the end ---------------------------------------------------------

    @property
    def _host(self) -> str:
        return str(self.boundjid.host)

    def fail(self, problem: Problem) -> None:
        """End the connection at once, for this reason."""
        self._problem = self._problem or problem
        self.parser = None
        self.cancel_connection_attempt()
        if self.transport is not None:
            self.transport.abort()
        self._gone(None)

    def _misbehaved(self, why: str) -> Problem:
        log.info("the server broke the protocol: %s", why)
        return Problem(Fault.SERVER_MISBEHAVED, self._host, why)

    def _gone(self, _: Any) -> None:
        problem = self._problem or Problem(Fault.CONNECTION_LOST, self._host)
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()
        self._questions.close()
        if not self.ready.done():
            self.ready.set_exception(Trouble(problem))
        if not self.lost.done():
            self.lost.set_result(problem)

    def _untrusted(self, error: ssl.SSLError) -> None:
        self.fail(_certificate_problem(self._host, error))

    def _auth_failed(self, failure: Any) -> None:
        refused = failure["condition"] in ("not-authorized", "credentials-expired", "account-disabled")
        fault = Fault.WRONG_PASSWORD if refused else Fault.NO_SAFE_LOGIN
        self.fail(Problem(fault, str(self.requested_jid.bare), str(failure["condition"])))

    def _no_mechanism(self, _: Any) -> None:
        self.fail(Problem(Fault.NO_SAFE_LOGIN, self._host))

    def _handle_stream_error(self, error: Any) -> None:
        """`see-other-host` is ignored on purpose; the gate has read the error already."""

    def close(self) -> None:
        """Say good-bye and hang up."""
        if self.transport is not None:
            if self.phase is Phase.BOUND:
                self.send_raw("</stream:stream>")
            self.transport.close()


def _sound(text: str | None) -> str | None:
    return cleaned(text) if text and illegal_in_xml(text) else text


def _ignore(_: Any) -> None:
    pass


def _retrieved(future: "asyncio.Future[None]") -> None:
    if not future.cancelled():
        future.exception()


def _certificate_problem(host: str, error: ssl.SSLError) -> Problem:
    reason = getattr(error, "verify_message", "") or error.reason or str(error)
    return Problem(Fault.CERTIFICATE_REFUSED, host, str(reason)[:200])


def _stream_error(xml: ET.Element, host: str) -> Problem:
    named = next((c.tag.split("}")[-1] for c in xml if not c.tag.endswith("}text")), "undefined-condition")
    return Problem(Fault.SESSION_REPLACED if named == "conflict" else Fault.CONNECTION_LOST, host, named)
