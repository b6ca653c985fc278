"""The one client: slixmpp behind the guard, for one connection. Stanzas go to `on_stanza` as parsed XML, in order."""

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
from teahouse.engine.questions import Questions
from teahouse.engine.xml import CLIENT
from teahouse.net.certificate import tls_problem
from teahouse.net.way import Endpoint

log = logging.getLogger(__name__)
_BACKLOG, _BACKLOG_BYTES = 2_000, 8 << 20
"""Stanzas, and bytes, held before the socket is left unread."""
STANZA_BYTES = 240_000
"""The most that is sent as one: the usual servers take 256 KiB."""


class Client(GuardedStream):
    """One connection, used once. `ready` is done when the session is bound; `lost` tells why it ended."""

    def __init__(
        self, jid: str, password: str, server: Server, known_key: str | None, *, allow_plain: bool = False
    ) -> None:
        super().__init__(jid, server, known_key)
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.ready: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[Problem] = loop.create_future()
        self.ready.add_done_callback(_retrieved)
        self._login = Login(self, password, allow_plain, self._bound)
        self._on_stanza: Callable[[ET.Element], None] | None = None
        self._backlog: deque[ET.Element] = deque()
        self._unread = 0
        self._draining: asyncio.Task[None] | None = None
        self._questions = Questions(self.put)

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
        if not self.ready.done():
            self.ready.set_result(None)

    @property
    def on_stanza(self) -> Callable[[ET.Element], None] | None:
        """Who takes the stanzas of the session; until there is somebody, they wait."""
        return self._on_stanza

    @on_stanza.setter
    def on_stanza(self, listener: Callable[[ET.Element], None]) -> None:
        self._on_stanza = listener
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
        self._unread = 0
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _take(self, xml: ET.Element) -> None:
        if xml.tag == f"{{{CLIENT}}}iq" and xml.get("type") in ("result", "error"):
            return self._questions.answered(xml, (self.own.bare, str(self.own), self.host))
        if self._on_stanza is None or not xml.tag.startswith(f"{{{CLIENT}}}"):
            return
        try:
            self._on_stanza(xml)
        except Trouble as trouble:
            log.info("a stanza was dropped: %s", trouble.problem.fault.value)
        except Exception as error:
            log.error("a stanza was dropped: %s", type(error).__name__)

    def put(self, xml: ET.Element) -> None:
        """Send a stanza; dropped when there is no session any more. Illegal characters become U+FFFD.

        Raises Trouble(MESSAGE_TOO_LONG): servers end the stream of whoever sends more than they take.
        """
        if self.phase is not Phase.BOUND or self.transport is None:
            return
        for element in xml.iter():
            element.text = _sound(element.text)
            element.tail = _sound(element.tail)
            for key, value in element.attrib.items():
                element.attrib[key] = _sound(value) or ""
        written = tostring(xml, xmlns=CLIENT, stream=self, top_level=True)
        if len(written.encode()) > STANZA_BYTES:
            raise Trouble(Problem(Fault.MESSAGE_TOO_LONG, str(len(written)), str(STANZA_BYTES)))
        self.send_raw(written)

    async def ask(self, iq: ET.Element, seconds: float = 30) -> ET.Element:
        """Send an IQ and wait for its answer, an error too; raises Trouble (TIMED_OUT, CONNECTION_LOST)."""
        return await self._questions.ask(iq, self.host, seconds)

    # -- the end ---------------------------------------------------------

    def gone(self) -> None:
        """The connection has ended: what came whole still counts; say why to everybody who waits."""
        while self._backlog and self._on_stanza is not None:
            self._take(self._backlog.popleft())
        problem = self.problem or Problem(Fault.CONNECTION_LOST, self.host)
        self._questions.close()
        if not self.ready.done():
            self.ready.set_exception(Trouble(problem))
        if not self.lost.done():
            self.lost.set_result(problem)

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
