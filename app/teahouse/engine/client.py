"""The one client: slixmpp behind the guard, for one connection. Stanzas go to `on_stanza` as parsed XML, in order.

The session that it carries (`stream`) may be an older one: then what was under way goes on as if nothing had been.
"""

import asyncio
import logging
import socket
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable

from slixmpp.xmlstream import tostring

from teahouse.domain.account import Server
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import cleaned, illegal_in_xml
from teahouse.engine.guard import GuardedStream, Phase
from teahouse.engine.login import Login
from teahouse.engine.pacer import Pacer
from teahouse.engine.stream import SM, OutOfStep, Stream
from teahouse.engine.xml import CLIENT, PING, el
from teahouse.net.certificate import tls_problem
from teahouse.net.way import Endpoint

log = logging.getLogger(__name__)
_BACKLOG, _BACKLOG_BYTES = 2_000, 8 << 20
"""Stanzas, and bytes, held before the socket is left unread."""
STANZA_BYTES = 240_000
"""The most that is sent as one: the usual servers take 256 KiB."""
_STANZAS = tuple(f"{{{CLIENT}}}{name}" for name in ("message", "presence", "iq"))
_UNTAKEN = (Fault.DISK_FULL, Fault.NOT_WRITABLE, Fault.OFFLINE)
"""Why a stanza was not dealt with, but will be when it comes again."""
_OVER = (Fault.SERVER_MISBEHAVED, Fault.SESSION_REPLACED)


class Client(GuardedStream):
    """One connection, used once. `ready` is done when the session is bound; `lost` tells why it ended.

    With `held`, a session that lost its connection, that one is resumed if the server still knows it.
    """

    def __init__(
        self,
        jid: str,
        password: str,
        server: Server,
        known_key: str | None,
        *,
        allow_plain: bool = False,
        held: Stream | None = None,
    ) -> None:
        super().__init__(jid, server, known_key)
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.ready: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[Problem] = loop.create_future()
        self.ready.add_done_callback(_retrieved)
        self.stream = held or Stream(self.own)
        self._login = Login(self, password, allow_plain, self._bound, held)
        self.versioned = False
        """Whether the server tells of the roster only what has changed since a version that it gave."""
        self._on_stanza: Callable[[ET.Element], None] | None = None
        self._backlog: deque[ET.Element] = deque()
        self._unread = 0
        self._draining: asyncio.Task[None] | None = None

    # -- connecting ------------------------------------------------------

    async def open(self, connection: socket.socket, endpoint: Endpoint) -> None:
        """Begin the stream on a dialed socket; raises Trouble. `ready` tells when the session is up."""
        context = self.ssl_context if endpoint.direct_tls else None
        name = self.host if endpoint.direct_tls else None
        try:
            await self.loop.create_connection(lambda: self, sock=connection, ssl=context, server_hostname=name)
        except (OSError, ValueError) as error:
            raise Trouble(tls_problem(self.host, error)) from error

    # -- the session -----------------------------------------------------

    def secured(self, xml: ET.Element) -> None:
        """Inside TLS: sign in."""
        self._login.take(xml)

    def _bound(self, address: Jid) -> None:
        self.own = address
        self.move(Phase.BOUND)
        self.versioned = self._login.versioned
        if not self._login.resumed:
            self.stream = Stream(address)
        self.stream.attach(self.send_raw)
        if self._login.managed and not self._login.resumed:
            self.stream.enable()
        if not self.ready.done():
            self.ready.set_result(None)

    @property
    def on_stanza(self) -> Callable[[ET.Element], None] | None:
        """Who takes the stanzas of the session; until there is somebody, they wait."""
        return self._on_stanza

    @on_stanza.setter
    def on_stanza(self, listener: Callable[[ET.Element], None]) -> None:
        self._on_stanza = listener
        if self.lost.done():
            self._take_rest()
        else:
            self._drain_soon()

    def data_received(self, data: bytes | str) -> None:
        """The socket is left unread while too much waits."""
        self._unread = self._unread + len(data) if self._backlog else len(data)
        super().data_received(data)
        if self.transport is not None and (len(self._backlog) > _BACKLOG or self._unread > _BACKLOG_BYTES):
            self.transport.pause_reading()

    def hand_on(self, xml: ET.Element) -> None:
        """Queue a stanza for its turn."""
        self._backlog.append(xml)
        self._drain_soon()

    def _drain_soon(self) -> None:
        if self._on_stanza is not None and (self._draining is None or self._draining.done()):
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        pacer = Pacer()
        while self._backlog:
            self._take(self._backlog.popleft())
            await pacer.breathe()
        self.stream.answer()
        self._unread = 0
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _take(self, xml: ET.Element) -> None:
        if xml.tag.startswith(f"{{{SM}}}"):
            return self._take_managed(xml)
        if xml.tag not in _STANZAS:
            return
        try:
            if xml.tag == f"{{{CLIENT}}}iq" and xml.get("type") in ("result", "error"):
                self.stream.questions.answered(xml, (self.own.bare, str(self.own), self.host))
            elif self._on_stanza is not None:
                self._on_stanza(xml)
        except Trouble as trouble:
            if trouble.problem.fault in _UNTAKEN:
                # Not acknowledged, nor is anything behind it: it comes again.
                self._backlog.clear()
                return self.fail(trouble.problem)
            log.info("a stanza was dropped: %s", trouble.problem.fault.value)
        except Exception as error:
            log.error("a stanza was dropped: %s", type(error).__name__)
        self.stream.took()

    def _take_managed(self, xml: ET.Element) -> None:
        try:
            self.stream.take(xml)
        except OutOfStep as error:
            self.fail(self.misbehaved(str(error)).problem)
        except Trouble as trouble:
            # What was acknowledged could not be written down: on the next connection it is once more.
            self.fail(trouble.problem)

    def put(self, xml: ET.Element, token: int = 0) -> None:
        """Send a stanza; dropped when there is no session any more. Illegal characters become U+FFFD.

        Where the server acknowledges stanzas, `stream.on_acked` is told the token. Raises Trouble(MESSAGE_TOO_LONG):
        servers end the stream of whoever sends more than they take.
        """
        if self.phase is not Phase.BOUND or self.stream.closed:
            return
        for element in xml.iter():
            element.text = _sound(element.text)
            element.tail = _sound(element.tail)
            for key, value in element.attrib.items():
                element.attrib[key] = _sound(value) or ""
        written = tostring(xml, xmlns=CLIENT, stream=self, top_level=True)
        if len(written.encode()) > STANZA_BYTES:
            raise Trouble(Problem(Fault.MESSAGE_TOO_LONG, str(len(written)), str(STANZA_BYTES)))
        self.stream.send(written, token)

    async def ask(self, iq: ET.Element, seconds: float = 30) -> ET.Element:
        """Send an IQ and wait for its answer, an error too; raises Trouble (TIMED_OUT, CONNECTION_LOST)."""
        return await self.stream.questions.ask(self.put, iq, self.host, seconds)

    async def alive(self, seconds: float) -> None:
        """Make sure that the server hears us; raises Trouble (TIMED_OUT, CONNECTION_LOST)."""
        if not self.stream.enabled:
            await self.ask(el("iq", {"type": "get"}, el(f"{{{PING}}}ping")), seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self.stream.probe()
        except TimeoutError:
            raise Trouble(Problem(Fault.TIMED_OUT, self.host)) from None

    # -- the end ---------------------------------------------------------

    def gone(self) -> None:
        """The connection has ended; say why to everybody who waits."""
        self._take_rest()
        problem = self.problem or Problem(Fault.CONNECTION_LOST, self.host)
        told = problem.fault is Fault.CONNECTION_LOST and problem.detail
        if self._carries and (told or problem.fault in _OVER or not self.stream.resumable):
            self.stream.close()
        elif self._carries:
            self.stream.detach()
        if not self.ready.done():
            self.ready.set_exception(Trouble(problem))
        if not self.lost.done():
            self.lost.set_result(problem)

    def _take_rest(self) -> None:
        """What came whole still counts."""
        while self._backlog and self._on_stanza is not None:
            self._take(self._backlog.popleft())

    async def closed(self, seconds: float = 2) -> None:
        """Wait until the connection is gone; it is cut after so many seconds."""
        await asyncio.wait([self.lost], timeout=seconds)
        if self.transport is not None:
            self.transport.abort()
            await asyncio.sleep(0)

    @property
    def _carries(self) -> bool:
        """Whether the session is this connection's: neither not yet resumed nor taken over by the next one."""
        return self.phase is Phase.BOUND and self.stream.write == self.send_raw

    def close(self) -> None:
        """Say good-bye and hang up; the session is over."""
        if self.transport is not None:
            if self.phase is Phase.BOUND:
                self.stream.answer(last=True)
                self.send_raw("</stream:stream>")
            self.transport.close()
        if self._carries:
            self.stream.close()


def _sound(text: str | None) -> str | None:
    return cleaned(text) if text and illegal_in_xml(text) else text


def _retrieved(future: "asyncio.Future[None]") -> None:
    if not future.cancelled():
        future.exception()
