"""A3: by Tor or not at all, whatever the settings, the errors and the states; and what is sent by SOCKS."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teahouse.domain.account import Account, Proxy, Route, Server
from teahouse.domain.problem import Fault, Trouble
from teahouse.engine.routes import Isolation, way_of
from teahouse.engine.session import connect
from teahouse.net import socks
from teahouse.net.dial import dial
from teahouse.net.endpoints import endpoints
from teahouse.net.way import ByProxy, ByTor, Direct, Endpoint, Way
from tests.rig.socks import SocksProxy

_CALLS: list[tuple[str, Any]] = []
_WATCHING = threading.Event()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHING.is_set() and event in ("socket.connect", "socket.getaddrinfo", "import"):
        if event == "import" and arguments[0] not in ("aiodns", "pycares"):
            return
        _CALLS.append((event, arguments[1] if event == "socket.connect" else arguments[0]))


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """What is connected to and resolved meanwhile, and whether a resolver that hooks do not see is fetched."""
    hidden: dict[str, Any] = {name: sys.modules.pop(name) for name in ("aiodns", "pycares") if name in sys.modules}
    _CALLS.clear()
    _WATCHING.set()
    try:
        yield _CALLS
    finally:
        _WATCHING.clear()
        sys.modules.update(hidden)


class Scripted:
    """A Unix socket whose visitors hear these bytes one after the other, then the end; `got` is what they said."""

    def __init__(self, path: Path) -> None:
        self.path, self.script, self.got = path, list[bytes](), b""
        path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen(8)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                visitor = self._door.accept()[0]
            except OSError:
                return
            with visitor:
                visitor.settimeout(2)
                try:
                    for part in self.script:
                        self.got += visitor.recv(4096)
                        visitor.sendall(part)
                except OSError:
                    continue

    def stop(self) -> None:
        """Close the door."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


@pytest.fixture
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    """Where tor would be."""
    one = Scripted(tmp_path_factory.mktemp("s") / "socks")
    yield one
    one.stop()


hosts = st.sampled_from(["", "xmpp.test", "127.0.0.1", "x" * 56 + ".onion", "::1", "例え.test", "a b", "x" * 300])
servers = st.builds(Server, hosts, st.sampled_from([0, 5222, 443, 70_000]), st.booleans())
proxies = st.none() | st.builds(Proxy, hosts, st.integers(-1, 70_000), st.sampled_from(["", "u"]), st.just("p"))
domains = st.sampled_from(["xmpp.test", "localhost", "y" * 56 + ".onion"])
scripts = st.lists(
    st.sampled_from([b"\x05\x02", b"\x05\x00", b"\x01\x00", b"\x01\x01", b"HTTP/1.1 400\r\n\r\n", b""])
    | st.binary(max_size=12)
    | st.integers(0, 255).map(lambda code: bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0])),
    max_size=4,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(domain=domains, server=servers, onion=servers, proxy=proxies, script=scripts, alive=st.booleans())
def test_a3_a_tor_account_calls_nothing_but_the_socket_of_tor(
    scripted: Scripted,
    domain: str,
    server: Server,
    onion: Server,
    proxy: Proxy | None,
    script: list[bytes],
    alive: bool,
) -> None:
    """Whatever it is set to, whatever stands there in place of tor, and when nothing does."""
    path = scripted.path if alive else scripted.path.with_name("nobody")
    scripted.script = script
    account = Account(1, f"willow@{domain}", "willow", Route.TOR, server, proxy=proxy, onion=onion)
    way = way_of(account.route, account.proxy, Isolation(), path)

    async def run() -> None:
        with watched() as calls:
            with pytest.raises(Trouble):
                await connect(account, "secret", way, lambda _: None, patience=0.2)
            assert {place for _, place in calls} <= {str(path)}, calls

    asyncio.run(run())


@given(route=st.sampled_from([*Route, "tor", None]), proxy=proxies, socket_path=st.none() | st.just(Path("/run/x")))
def test_a3_a_route_gives_its_own_way_or_none(route: Any, proxy: Proxy | None, socket_path: Path | None) -> None:
    own = {Route.TOR: ByTor, Route.PROXY: ByProxy, Route.DIRECT: Direct}
    try:
        way = way_of(route, proxy, Isolation(), socket_path)
    except Trouble:
        assert route is not Route.DIRECT
    else:
        assert type(way) is own[route]


@pytest.mark.parametrize("way", [Direct(), ByProxy(Proxy("127.0.0.1", 1))])
def test_a3_an_account_refuses_the_way_of_another_route(way: Way) -> None:
    account = Account(1, "willow@xmpp.test", "willow", Route.TOR)

    async def run() -> None:
        with watched() as calls, pytest.raises(Trouble):
            await connect(account, "secret", way, lambda _: None)
        assert not calls

    asyncio.run(run())


@pytest.mark.parametrize("way", [Direct(), ByProxy(Proxy("127.0.0.1", 1))])
@pytest.mark.parametrize("host", ["x" * 56 + ".onion", "X" * 56 + ".ONION."])
def test_a2_an_onion_address_reaches_no_resolver(way: Way, host: str) -> None:
    """RFC 7686, in every account: as what is dialed, as a typed server, and as the domain of an address."""

    async def listed(domain: str, server: Server) -> list[Endpoint]:
        return [place async for place in endpoints(domain, server, way)]

    async def run() -> None:
        with watched() as calls:
            works = (dial(Endpoint(host, 5222, False), way), listed(host, Server()), listed("x.test", Server(host)))
            for work in works:
                with pytest.raises(Trouble) as caught:
                    await work
                assert caught.value.problem.fault is Fault.ONION_NEEDS_TOR
        assert not calls

    asyncio.run(run())


def test_credentials_are_never_left_out() -> None:
    """Without them every account would share circuits."""
    for user, password in (("", "1"), ("x", "")):
        with pytest.raises(ValueError, match="share circuits"):
            ByTor(Path("/run/x"), user, password)


FAULTS = {
    1: Fault.TOR_NO_CIRCUIT,
    4: Fault.UNREACHABLE,
    6: Fault.TIMED_OUT,
    0xF0: Fault.ONION_UNREACHABLE,
    0xF4: Fault.ONION_LOCKED,
    0xF6: Fault.ONION_INVALID,
    0x99: Fault.TOR_NO_CIRCUIT,
}


@pytest.mark.parametrize("code", FAULTS)
def test_refusals_of_tor_are_told_apart(scripted: Scripted, code: int) -> None:
    """And nothing of a stream has been sent: greeting, credentials and request are all that was said."""
    scripted.script = [b"\x05\x02", b"\x01\x00", bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0]), b""]
    with pytest.raises(Trouble) as caught:
        asyncio.run(dial(Endpoint("xmpp.test", 5222, False), ByTor(scripted.path, "someone", "3")))
    assert caught.value.problem.fault is FAULTS[code]
    request = b"\x05\x01\x00\x03\x09xmpp.test" + (5222).to_bytes(2, "big")
    assert scripted.got == b"\x05\x01\x02" + b"\x01\x07someone\x013" + request


def test_a14_a_tor_that_takes_no_credentials_is_refused(scripted: Scripted) -> None:
    scripted.script = [b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6)]
    with pytest.raises(Trouble):
        asyncio.run(dial(Endpoint("xmpp.test", 5222, False), ByTor(scripted.path, "someone", "3")))
    assert scripted.got == b"\x05\x01\x02"


@given(st.text(max_size=300), st.integers(-5, 70_000), st.text(max_size=300), st.text(max_size=9))
def test_what_socks_cannot_say_is_not_said(host: str, port: int, user: str, password: str) -> None:
    """Lengths fit their byte, and a user name never means something else to tor."""
    try:
        request, credentials = socks._request(1, host, port), socks._credentials(user, password)
    except ValueError:
        return
    assert request[:4] == b"\x05\x01\x00\x03" and len(request) == 7 + request[4]
    if credentials:
        assert not credentials[2:].startswith(b"<torS0X>")
        assert len(credentials) == 3 + credentials[1] + credentials[2 + credentials[1]]


@pytest.mark.parametrize("user", ["", "tea"])
def test_the_users_own_proxy_gets_names_only(user: str) -> None:
    """With and without a password; names are resolved there (A1)."""
    proxy = SocksProxy()

    async def run() -> None:
        place = Endpoint("127.0.0.1", proxy.port, False)
        with watched() as calls:
            way = ByProxy(Proxy("127.0.0.1", proxy.port, user, "leaf" if user else ""))
            (await dial(place, way)).close()
        assert {p[:2] for event, p in calls if event == "socket.connect"} == {("127.0.0.1", proxy.port)}

    try:
        asyncio.run(run())
        assert proxy.asked[0] == (1, "127.0.0.1", proxy.port)
        assert proxy.users == ([("tea", "leaf")] if user else [])
    finally:
        proxy.stop()
