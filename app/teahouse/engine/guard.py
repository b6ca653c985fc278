"""The guard over slixmpp's stream: a bounded parser, phases, and nothing out of its phase.

Phases: nothing but the stream header and STARTTLS leaves before verified TLS, nothing but SASL (or registration)
before the log-in, and no stanza is handed on before the session is bound. A breach of the protocol ends the
connection. `see-other-host` is ignored.
"""

import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable
from enum import Enum
from typing import Any

from slixmpp import ClientXMPP

from teahouse.domain.problem import Fault, Problem
from teahouse.engine.parser import BoundedParser, Forbidden
from teahouse.engine.xml import CLIENT
from teahouse.net.certificate import fingerprint

log = logging.getLogger(__name__)
TLS, SASL = "{urn:ietf:params:xml:ns:xmpp-tls}", "{urn:ietf:params:xml:ns:xmpp-sasl}"
FEATURES, ERROR = "{http://etherx.jabber.org/streams}features", "{http://etherx.jabber.org/streams}error"


class Phase(Enum):
    """How far a stream has come."""

    CONNECT = "connect"
    TLS = "tls"
    AUTH = "auth"
    BOUND = "bound"


class GuardedStream(ClientXMPP):
    """A stream that ends rather than break a rule; with a `pin` (SHA-256) only that certificate will do."""

    def __init__(self, jid: str, password: str, pin: str) -> None:
        super().__init__(jid, password)
        self.enable_plaintext = False
        self.phase = Phase.CONNECT
        self.on_phase: Callable[[Phase], None] = ignore
        self.problem: Problem | None = None
        self._pin, self._proceeding = pin, False

    def hand_on(self, xml: ET.Element) -> None:
        """A stanza of the bound session; the client takes it."""

    def gone(self, _: Any) -> None:
        """The connection has ended; the client says why."""

    def connection_made(self, transport: Any, send_event: bool = True) -> None:
        """TCP or TLS is up: check the pin before a byte leaves."""
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            if self._pin and fingerprint(secured.getpeercert(True)) != self._pin:
                self.transport = transport
                return self.fail(Problem(Fault.CERTIFICATE_REFUSED, self.boundjid.host, "pin"))
            self._proceeding = False
            self.move(Phase.TLS)
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

    def _spawn_event(self, xml: ET.Element) -> None:
        if self.phase is Phase.BOUND:
            return self.hand_on(xml)
        reason = self._breach(xml)
        if reason:
            no_tls = reason == "no-tls"
            return self.fail(Problem(Fault.NO_ENCRYPTION, self._host) if no_tls else self._misbehaved(reason))
        if xml.tag == ERROR:
            return self.fail(stream_error(xml, self._host))
        if xml.tag == TLS + "proceed":
            self._proceeding = True
        super()._spawn_event(xml)
        if self.authenticated and self.phase is Phase.TLS:
            self.move(Phase.AUTH)

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

    def move(self, phase: Phase) -> None:
        """Go on to another phase."""
        self.phase = phase
        self.on_phase(phase)

    # -- the end ---------------------------------------------------------

    @property
    def _host(self) -> str:
        return str(self.boundjid.host)

    def fail(self, problem: Problem) -> None:
        """End the connection at once, for this reason."""
        self.problem = self.problem or problem
        self.parser = None
        self.cancel_connection_attempt()
        if self.transport is not None:
            self.transport.abort()
        self.gone(None)

    def _misbehaved(self, why: str) -> Problem:
        log.info("the server broke the protocol: %s", why)
        return Problem(Fault.SERVER_MISBEHAVED, self._host, why)

    def _handle_stream_error(self, error: Any) -> None:
        """`see-other-host` is ignored on purpose; the gate has read the error already."""


def ignore(_: Any) -> None:
    """Nobody listens yet."""


def stream_error(xml: ET.Element, host: str) -> Problem:
    """A stream error (RFC 6120 section 4.9) as a problem."""
    named = next((c.tag.split("}")[-1] for c in xml if not c.tag.endswith("}text")), "undefined-condition")
    return Problem(Fault.SESSION_REPLACED if named == "conflict" else Fault.CONNECTION_LOST, host, named)
