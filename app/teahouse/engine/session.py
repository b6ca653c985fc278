"""One account's session: a small state machine that goes online, stays there, and tells how it is.

OFF -> DIALING -> SECURING -> SIGNING_IN -> ONLINE, and WAITING between attempts. An account that goes by Tor is in
TOR_WAIT, with nothing open, whenever tor is not ready. A failure that trying again cannot mend (wrong password, refused
certificate, replaced session) stops it.

A session whose connection broke is held: the next connection resumes it (XEP-0198) if it goes the same way, which with
Tor means by the same circuit generation. Only when it is over is the account told that it was lost. One that ended
with the program, by a crash, is held from its next start on (lasting.py).
"""

import asyncio
import contextlib
import random
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from teahouse.crash import crash_point
from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.events import CertificateDoubted, KeyChanged, LinkChanged, WentWrong
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.guard import Phase
from teahouse.engine.held import Held
from teahouse.engine.lasting import Kept, Lasting
from teahouse.net.certificate import look
from teahouse.net.dial import dial
from teahouse.net.endpoints import endpoints
from teahouse.net.way import ByTor, Direct, Endpoint, Way, is_onion
from teahouse.store import accounts, keys

FINAL = frozenset(
    {
        Fault.WRONG_PASSWORD,
        Fault.CERTIFICATE_REFUSED,
        Fault.KEY_CHANGED,
        Fault.NO_SAFE_LOGIN,
        Fault.SESSION_REPLACED,
        Fault.NO_ENCRYPTION,
        Fault.ONION_NEEDS_TOR,
        Fault.BAD_PROXY,
    }
)
_NOT_THERE = frozenset({Fault.CERTIFICATE_REFUSED, Fault.NO_ENCRYPTION})
"""What tells that somebody else is at an address."""
SHORTEST, LONGEST = 1.0, 120.0
"""Seconds between attempts."""
PING, PING_BY_TOR = (30.0, 15.0), (60.0, 30.0)
"""Seconds after which the server is asked whether it is there, jittered, and until it must have answered."""
HANDSHAKE = 40.0


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears of a session: `stanza` gets what comes, the others are told what became of it."""

    stanza: Callable[[ET.Element], None]
    online: Callable[[], None]
    """A new session is up."""
    broken: Callable[[], None]
    """The connection broke; the session may go on."""
    resumed: Callable[[], None]
    """It went on as if nothing had been."""
    restored: Callable[[], None]
    """It went on, but began before this program was started: what only memory knew is gone."""
    lost: Callable[[], None]
    """It is over."""


class Session:
    """Keeps one account online."""

    def __init__(
        self,
        bench: Bench,
        account: Account,
        password: str,
        ears: Ears,
    ) -> None:
        self.account = account
        self._bench, self._password, self._ears = bench, password, ears
        self._held: Held | None = None
        self.lasting = Lasting(bench, lambda: self.account)
        self.client: Client | None = None
        self.link = Link.OFF
        self.problem: Problem | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._failures, self._awaited = 0, False
        self._place: Endpoint | None = None

    # -- what the engine asks ------------------------------------------------

    def start(self, *, awaited: bool = True) -> None:
        """Go online and stay there; when waiting, try at once. One that hides takes its time when not `awaited`."""
        self._wake.set()
        self._awaited = awaited
        if self._task is None or self._task.done():
            self._failures = 0
            self._task = asyncio.ensure_future(self._run())

    def go_on(self) -> Kept | None:
        """Go on, on coming online, with the session that ended with the program, and what was known in it."""
        kept = self.lasting.take()
        if self.lasting.before is not None:
            self._held = Held(self.lasting.before, Direct())
        return kept

    async def stop(self) -> None:
        """Go offline and stay there; waits until the connection is closed."""
        client = self.client
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._forget()
        if client is not None:
            await client.closed()
        self._tell(Link.OFF)

    def announce(self) -> None:
        """Say how the connection is."""
        self._tell(self.link, self.problem)

    async def change(self, account: Account) -> None:
        """Go on with other settings; online again, by them, if it was to be online before."""
        wanted = self._task is not None and not self._task.done()
        await self.stop()
        self.account = account
        if wanted:
            self.start()

    # -- the machine -----------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            problem = await self._once()
            if problem.fault in FINAL:
                self._forget()
                self._tell(Link.OFF, problem)
                return
            if self.account.route is Route.TOR and not self._bench.routes.tor_is_ready:
                continue
            self._failures += 1
            pause = pause_after(self._failures)
            self._tell(Link.WAITING, problem, round(pause))
            await self._rest(pause)

    async def _once(self) -> Problem:
        try:
            way = await self._way()
            self._tell(Link.DIALING)
            client = await self._bench.routes.keep_to(way, self._connected(way))
        except Trouble as trouble:
            return trouble.problem
        except OSError as error:
            # No file can be opened at the moment.
            return Problem(Fault.UNREACHABLE, self.account.jid, error.strerror or "")
        self.client, self._failures = client, 0
        watch = asyncio.ensure_future(self._watch(client))
        try:
            self._arrived(client)
            return await self._bench.routes.keep_to(way, _ended(client))
        except Trouble as trouble:
            client.fail(trouble.problem)
            return trouble.problem
        finally:
            watch.cancel()
            self._parted(client, way)

    def _arrived(self, client: Client) -> None:
        goes_on = self._held is not None and self._held.stream is client.stream
        if goes_on:
            self._held = None
        elif not self._forget():
            client.stream.close()
            raise Trouble(Problem(Fault.DISK_FULL))
        self._tell(Link.ONLINE)
        crash_point("resumed" if goes_on else "online")
        restored, client.stream.restored = client.stream.restored, False
        self.lasting.attend(client.stream)
        if not goes_on:
            self._ears.online()
        elif restored:
            self._ears.restored()
        else:
            self._ears.resumed()
        client.on_stanza = self._ears.stanza

    def _parted(self, client: Client, way: Way) -> None:
        """The connection is no more, or is ended now; its session is held if it can go on."""
        self.client = None
        if not client.lost.done():
            client.close()
        self._held = Held(client.stream, way)
        crash_point("broken")
        self._ears.broken()
        if client.stream.closed:
            self._forget()

    def _forget(self) -> bool:
        """The held session is over; whether that is written down. No other one may begin before."""
        if self._held is not None:
            self._held.stream.close()
            try:
                self._ears.lost()
                self.lasting.over()
            except Trouble as trouble:
                self._bench.announce(WentWrong(trouble.problem, self.account.id))
                return False
        self._held = None
        return True

    async def _way(self) -> Way:
        routes, account = self._bench.routes, self.account
        if account.route is Route.TOR and not routes.tor_is_ready:
            self._tell(Link.TOR_WAIT, routes.tor.status.problem)
        return await routes.way(account.route, account.proxy, routes.isolation(account.id), None)

    async def _connected(self, way: Way) -> Client:
        resolvers, account, awaited = self._bench.routes.resolvers, self.account, self._awaited
        self._awaited = False
        await self._bench.logins.turn(account.id, account.route, awaited=awaited)
        if self._held is not None and not self._held.usable(way) and not self._forget():
            raise Trouble(Problem(Fault.DISK_FULL))
        held = self._held
        if held is not None and not held.stream.commit():
            raise Trouble(Problem(Fault.DISK_FULL))
        return await connect(
            account, self._password, way, self._phase, self._doubted, self._reached, resolvers, HANDSHAKE, held
        )

    def _reached(self, place: Endpoint, server: Server, key: str) -> None:
        """The session is bound at this place: remember an onion address, its pin, and the server's key."""
        self._place, account, db = place, self.account, self._bench.db
        if is_onion(place.host) and not account.server.host and place.host != account.jid.partition("@")[2]:
            account = replace(account, onion=Server(place.host, place.port, place.direct_tls))
            accounts.set_onion(db, account.id, account.onion)
        if server.pin != account.server.pin:
            account = replace(account, server=server)
            accounts.set_pin(db, account.id, server.pin)
        if key:
            account = replace(account, key=key)
            keys.saw(db, account.id, account.jid.partition("@")[2], key)
        self.account = account

    async def _watch(self, client: Client) -> None:
        every, patience = PING_BY_TOR if self.account.route is Route.TOR else PING
        while True:
            await _nap(every * random.uniform(0.8, 1.2))
            try:
                await client.alive(patience)
            except Trouble as trouble:
                return client.fail(trouble.problem)

    async def _rest(self, seconds: float) -> None:
        """Pause; the end of tor ends it, for then an account that goes by Tor waits for that."""
        if self.account.route is not Route.TOR:
            return await self._pause(seconds)
        with contextlib.suppress(Trouble):
            await self._bench.routes.tor.unless_gone(asyncio.ensure_future(self._pause(seconds)))

    async def _pause(self, seconds: float) -> None:
        ends, slept = time.monotonic() + seconds, _slept()
        while time.monotonic() < ends and _slept() - slept < 2.0 and not self._wake.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(2.0, seconds))

    def _phase(self, phase: Phase) -> None:
        if phase is Phase.TLS:
            self._tell(Link.SIGNING_IN)

    def _doubted(self, shown: str, problem: Problem) -> None:
        number, host = self.account.id, self.account.jid.partition("@")[2]
        if problem.fault is Fault.KEY_CHANGED:
            self._bench.announce(KeyChanged(number, host, shown, keys.history(self._bench.db, number)))
        else:
            self._bench.announce(CertificateDoubted(number, host, shown, problem.detail))

    def _tell(self, link: Link, problem: Problem | None = None, retry_in: int = 0) -> None:
        self.link, self.problem = link, problem
        onion = link is Link.ONLINE and self._place is not None and is_onion(self._place.host)
        self._bench.announce(LinkChanged(self.account.id, link, problem, retry_in, self.account.route, onion))


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter."""
    return min(LONGEST, SHORTEST * 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1.5)


async def _nap(seconds: float) -> None:
    """Pause; after the computer has slept there is no more to wait for."""
    ends, slept = time.monotonic() + seconds, _slept()
    while (left := ends - time.monotonic()) > 0 and _slept() - slept < 2.0:
        await asyncio.sleep(min(left, 5.0))


def _slept() -> float:
    """Seconds for which the computer has slept, where its kernel tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock) - time.clock_gettime(time.CLOCK_MONOTONIC)


async def _ended(client: Client) -> Problem:
    return await asyncio.shield(client.lost)


async def connect(
    account: Account,
    password: str,
    way: Way,
    on_phase: Callable[[Phase], None],
    on_doubt: Callable[[str, Problem], None] | None = None,
    on_place: Callable[[Endpoint, Server, str], None] | None = None,
    resolvers: Sequence[Endpoint] | None = None,
    patience: float = HANDSHAKE,
    held: Held | None = None,
) -> Client:
    """A client with a bound session, the held one if the server still knows it; raises Trouble.

    Tries each endpoint until one answers.
    """
    if (account.route is Route.TOR) is not isinstance(way, ByTor):
        raise Trouble(Problem(Fault.UNEXPECTED, detail="a way that is not the account's"))
    domain = account.jid.partition("@")[2]
    problem = Problem(Fault.UNREACHABLE, domain)
    async for endpoint in endpoints(domain, account.server, way, account.onion, resolvers):
        server = await trusting(account.server, endpoint, way, domain)
        goes_on = held.stream if held is not None and held.stream.resumable else None
        key = known_key(way, account.key)
        client = Client(account.jid, password, server, key, allow_plain=account.allow_plain, held=goes_on)
        client.on_phase = on_phase
        try:
            await open_stream(client, endpoint, way)
            async with asyncio.timeout(patience):
                await asyncio.shield(client.ready)
            if on_place is not None:
                on_place(endpoint, server, client.key)
            return client
        except TimeoutError:
            problem = Problem(Fault.TIMED_OUT, domain)
        except Trouble as trouble:
            problem = trouble.problem
        except asyncio.CancelledError:
            client.fail(problem)
            raise
        client.fail(problem)
        if problem.fault in _NOT_THERE and _was_guessed(endpoint, account):
            continue
        if problem.fault in (Fault.CERTIFICATE_REFUSED, Fault.KEY_CHANGED) and on_doubt is not None:
            changed = problem.fault is Fault.KEY_CHANGED
            shown = client.key if changed else await look(endpoint, way, domain)
            if shown:
                on_doubt(shown, problem)
        if problem.fault in FINAL:
            break
    raise Trouble(problem)


def _was_guessed(endpoint: Endpoint, account: Account) -> bool:
    """Whether the place is an onion address that only we took for the server's: it may be an old one."""
    own = is_onion(account.jid.partition("@")[2])
    return is_onion(endpoint.host) and not account.server.host and not own


def known_key(way: Way, key: str = "") -> str | None:
    """The public key that a server must have: looked at by Tor always, otherwise never (None)."""
    return key if isinstance(way, ByTor) else None


async def trusting(server: Server, endpoint: Endpoint, way: Way, domain: str) -> Server:
    """With the certificate pinned that an address in .onion shows: the name itself vouches for it, no authority can."""
    if not is_onion(domain) or server.pin or server.ca_file:
        return server
    shown = await look(endpoint, way, domain)
    return replace(server, pin=shown) if shown else server


async def open_stream(client: Client, endpoint: Endpoint, way: Way) -> None:
    """Dial and begin the stream; raises Trouble."""
    connection = await dial(endpoint, way)
    try:
        async with asyncio.timeout(HANDSHAKE):
            await client.open(connection, endpoint)
    except TimeoutError:
        connection.close()
        raise Trouble(Problem(Fault.TIMED_OUT, endpoint.host)) from None
