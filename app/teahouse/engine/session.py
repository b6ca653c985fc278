"""One account's session: a small state machine that goes online, stays there, and tells how it is.

OFF -> DIALING -> SECURING -> SIGNING_IN -> ONLINE, and WAITING between attempts. A failure that trying again cannot
mend (wrong password, refused certificate, replaced session) stops it.
"""

import asyncio
import random
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable

from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.events import CertificateDoubted, LinkChanged
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.guard import Phase
from teahouse.engine.xml import PING, el
from teahouse.net.certificate import look
from teahouse.net.dial import dial
from teahouse.net.endpoints import Endpoint, endpoints

FINAL = frozenset(
    {Fault.WRONG_PASSWORD, Fault.CERTIFICATE_REFUSED, Fault.NO_SAFE_LOGIN, Fault.SESSION_REPLACED, Fault.NO_ENCRYPTION}
)
SHORTEST, LONGEST = 1.0, 120.0
"""Seconds between attempts."""
PING_EVERY, PING_PATIENCE = 30.0, 15.0
HANDSHAKE = 40.0


class Session:
    """Keeps one account online. `on_online` and `on_lost` tell the engine; `on_stanza` gets what comes."""

    def __init__(
        self,
        bench: Bench,
        account: Account,
        password: str,
        on_stanza: Callable[[ET.Element], None],
        on_online: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.account = account
        self._bench, self._password = bench, password
        self._on_stanza, self._on_online, self._on_lost = on_stanza, on_online, on_lost
        self.client: Client | None = None
        self.link = Link.OFF
        self.problem: Problem | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._failures = 0

    # -- what the engine asks ------------------------------------------------

    def start(self) -> None:
        """Go online and stay there; when waiting, try at once."""
        self._wake.set()
        if self._task is None or self._task.done():
            self._failures = 0
            self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Go offline and stay there; waits until the connection is closed."""
        client = self.client
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hang_up()
        if client is not None:
            await client.closed()
        self._tell(Link.OFF)

    def announce(self) -> None:
        """Say how the connection is."""
        self._bench.announce(LinkChanged(self.account.id, self.link, self.problem))

    # -- the machine -----------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            problem = await self._once()
            if problem.fault in FINAL:
                self._tell(Link.OFF, problem)
                return
            self._failures += 1
            pause = pause_after(self._failures)
            self._tell(Link.WAITING, problem, round(pause))
            await self._pause(pause)

    async def _once(self) -> Problem:
        self._tell(Link.DIALING)
        try:
            client = await connect(self.account, self._password, self._phase, self._doubted)
        except Trouble as trouble:
            return trouble.problem
        self.client, self._failures = client, 0
        client.on_stanza = self._on_stanza
        self._tell(Link.ONLINE)
        self._on_online()
        watch = asyncio.ensure_future(self._watch(client))
        try:
            return await asyncio.shield(client.lost)
        finally:
            watch.cancel()
            self._hang_up()

    async def _watch(self, client: Client) -> None:
        while True:
            await asyncio.sleep(PING_EVERY * random.uniform(0.8, 1.2))
            try:
                await client.ask(el("iq", {"type": "get"}, el(f"{{{PING}}}ping")), PING_PATIENCE)
            except Trouble as trouble:
                return client.fail(trouble.problem)

    async def _pause(self, seconds: float) -> None:
        # In short steps against the wall clock, so that a computer that slept tries at once.
        until = time.time() + seconds
        while time.time() < until and not self._wake.is_set():
            try:
                async with asyncio.timeout(min(2.0, max(0.01, until - time.time()))):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _phase(self, phase: Phase) -> None:
        if phase is Phase.TLS:
            self._tell(Link.SIGNING_IN)

    def _doubted(self, shown: str, reason: str) -> None:
        host = self.account.jid.partition("@")[2]
        self._bench.announce(CertificateDoubted(self.account.id, host, shown, reason))

    def _hang_up(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            client.close()
            self._on_lost()

    def _tell(self, link: Link, problem: Problem | None = None, retry_in: int = 0) -> None:
        self.link, self.problem = link, problem
        self._bench.announce(LinkChanged(self.account.id, link, problem, retry_in))


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter."""
    return min(LONGEST, SHORTEST * 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1.5)


async def connect(
    account: Account,
    password: str,
    on_phase: Callable[[Phase], None],
    on_doubt: Callable[[str, str], None] | None = None,
    patience: float = HANDSHAKE,
) -> Client:
    """A client with a bound session; raises Trouble. Tries each endpoint until one answers."""
    domain = account.jid.partition("@")[2]
    problem = Problem(Fault.UNREACHABLE, domain)
    for endpoint in await endpoints(domain, account.server):
        client = Client(account.jid, password, account.server, allow_plain=account.allow_plain)
        client.on_phase = on_phase
        try:
            await open_stream(client, endpoint, account.route)
            async with asyncio.timeout(patience):
                await asyncio.shield(client.ready)
            return client
        except TimeoutError:
            problem = Problem(Fault.TIMED_OUT, domain)
        except Trouble as trouble:
            problem = trouble.problem
        except asyncio.CancelledError:
            client.fail(problem)
            raise
        client.fail(problem)
        if problem.fault is Fault.CERTIFICATE_REFUSED and on_doubt is not None:
            shown = await look(endpoint, account.route, domain)
            if shown:
                on_doubt(shown, problem.detail)
        if problem.fault in FINAL:
            break
    raise Trouble(problem)


async def open_stream(client: Client, endpoint: Endpoint, route: Route) -> None:
    """Dial and begin the stream; raises Trouble."""
    connection = await dial(endpoint, route)
    try:
        async with asyncio.timeout(HANDSHAKE):
            await client.open(connection, endpoint)
    except TimeoutError:
        connection.close()
        raise Trouble(Problem(Fault.TIMED_OUT, endpoint.host)) from None


async def open_first(client: Client, domain: str, server: Server, route: Route) -> None:
    """Begin the stream at the first endpoint that answers; raises Trouble with the last reason."""
    last = Trouble(Problem(Fault.UNREACHABLE, domain))
    for endpoint in await endpoints(domain, server):
        try:
            return await open_stream(client, endpoint, route)
        except Trouble as trouble:
            last = trouble
    raise last
