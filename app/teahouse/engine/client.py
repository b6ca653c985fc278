"""The one client: slixmpp behind the guard, for one connection. Stanzas go to `on_stanza` as parsed XML, in order."""

import asyncio
import logging
import socket
import ssl
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable
from typing import Any

from slixmpp.xmlstream import tostring

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import cleaned, illegal_in_xml
from teahouse.engine import scram
from teahouse.engine.guard import ERROR, GuardedStream, Phase, ignore, stream_error
from teahouse.engine.pacer import Pacer
from teahouse.engine.questions import Questions
from teahouse.engine.xml import CLIENT
from teahouse.net.certificate import tls_context
from teahouse.net.endpoints import Endpoint

log = logging.getLogger(__name__)
scram.install()
_BACKLOG = 2_000
"""Stanzas held before the socket is left unread."""


class Client(GuardedStream):
    """One connection, used once. `ready` is done when the session is bound; `lost` tells why it ended."""

    def __init__(self, jid: str, password: str, server: Server, *, allow_plain: bool = False) -> None:
        super().__init__(jid, password, server.pin)
        self.ssl_context = tls_context(server)
        self.roster.auto_authorize = None  # type: ignore[assignment]
        self.roster.auto_subscribe = False
        plain = {"PLAIN"} if allow_plain else set()
        self.plugin["feature_mechanisms"].use_mechs = set(scram.SCRAM) | plain
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.ready: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[Problem] = loop.create_future()
        self.ready.add_done_callback(_retrieved)
        self.on_stanza: Callable[[ET.Element], None] = ignore
        self._backlog: deque[ET.Element] = deque()
        self._draining: asyncio.Task[None] | None = None
        self._questions = Questions(self.put)
        for name, handler in (
            ("session_start", self._started),
            ("disconnected", self.gone),
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

    # -- the session -----------------------------------------------------

    def _started(self, _: Any) -> None:
        self.move(Phase.BOUND)
        if not self.ready.done():
            self.ready.set_result(None)

    def hand_on(self, xml: ET.Element) -> None:
        """Queue a stanza for its turn; the socket is left unread while too many wait."""
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
            return self.fail(stream_error(xml, self._host))
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

    def gone(self, _: Any) -> None:
        """The connection has ended: say why to everybody who waits."""
        problem = self.problem or Problem(Fault.CONNECTION_LOST, self._host)
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

    async def closed(self, seconds: float = 2) -> None:
        """Wait until the connection is gone; it is cut after so many seconds."""
        await asyncio.wait([self.lost], timeout=seconds)
        if self.transport is not None:
            self.transport.abort()
            await asyncio.sleep(0)

    def close(self) -> None:
        """Say good-bye and hang up."""
        if self.transport is not None:
            if self.phase is Phase.BOUND:
                self.send_raw("</stream:stream>")
            self.transport.close()


def _sound(text: str | None) -> str | None:
    return cleaned(text) if text and illegal_in_xml(text) else text


def _retrieved(future: "asyncio.Future[None]") -> None:
    if not future.cancelled():
        future.exception()


def _certificate_problem(host: str, error: ssl.SSLError) -> Problem:
    reason = getattr(error, "verify_message", "") or error.reason or str(error)
    return Problem(Fault.CERTIFICATE_REFUSED, host, str(reason)[:200])
