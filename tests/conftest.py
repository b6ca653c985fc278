"""Fixtures for all tests, and the rule that an unexpected warning is a failure."""

import gc
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.rig.ejabberd import Ejabberd
from tests.rig.engine import RunningEngine
from tests.rig.meek import Moat
from tests.rig.names import RESOLVER, Records
from tests.rig.peer import Peer
from tests.rig.private_tor import PrivateTor
from tests.rig.program import Program
from tests.rig.prosody import CAPTCHA, CLOSED, HOST, Login, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node
from tests.rig.xvfb import Xvfb

os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1] / "app")
"""For the processes that tests start."""


class _Warnings(logging.Handler):
    """Collects what nobody expected."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # A peer is a client of the rig, not the program: what it says of its own hanging up is no news.
        ours = not (record.threadName or "").startswith("peer ")
        if ours and record.name.partition(".")[0] in ("teahouse", "slixmpp", "asyncio"):
            self.found.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test after which the log holds a warning that it did not announce by `allows_log`."""
    collector = _Warnings()
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield
    finally:
        root.removeHandler(collector)
    allowed = [re.compile(mark.args[0]) for mark in request.node.iter_markers("allows_log")]
    left = [line for line in collector.found if not any(pattern.search(line) for pattern in allowed)]
    if left:
        pytest.fail("unexpected in the log:\n" + "\n".join(left), pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def no_collection_elsewhere() -> Iterator[None]:
    """What windows leave in cycles is never freed by an engine's thread: that crashes, as it would in the program."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def collection(no_collection_elsewhere: None) -> Iterator[None]:
    """Collects garbage between two tests, by the thread that has the windows."""
    yield
    gc.disable()
    if gc.get_count()[0] > gc.get_threshold()[0]:
        gc.collect(2 if gc.get_count()[2] > 50 else 1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """One Prosody for all tests; each test uses accounts and rooms of its own."""
    prosody = Prosody(tmp_path_factory.mktemp("prosody") / "server").start()
    yield prosody
    prosody.stop()


@pytest.fixture(scope="session")
def ejabberd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ejabberd]:
    """One ejabberd for all tests."""
    started = Ejabberd(tmp_path_factory.mktemp("ejabberd") / "server").start()
    yield started
    started.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Prosody]:
    """A Prosody that this test may kill, freeze and restart."""
    prosody = Prosody(tmp_path / "server").start()
    yield prosody
    prosody.stop()


@pytest.fixture(scope="session")
def private_tor(server: Prosody, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateTor]:
    """One private Tor network for all tests; its exits find the shared server by its names and by SRV."""
    network = PrivateTor(tmp_path_factory.mktemp("tor") / "net", exit_records(server)).start()
    yield network
    network.stop()


@pytest.fixture(scope="session")
def onion(private_tor: PrivateTor, server: Prosody) -> Node:
    """An onion service in front of the shared server, at the usual ports."""
    return private_tor.add_onion("onion", {5222: server.starttls_port, 5223: server.tls_port})


@pytest.fixture(scope="session")
def bridge(private_tor: PrivateTor) -> Node:
    """An obfs4 bridge into the private network."""
    return private_tor.add_bridge()


@pytest.fixture(scope="session")
def system_tor(private_tor: PrivateTor) -> Iterator[Node]:
    """A tor that others run, as Tails and a Debian service have it: SOCKS and control at Unix sockets of its folder."""
    # A short path: that of a Unix socket ends at 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ts-", dir="/tmp") as folder:
        ports = [f"SocksPort unix:{folder}/tor/socks IsolateSOCKSAuth", "ClientOnly 1"]
        node = Node(Path(folder) / "tor", [*private_tor.client_lines, *ports]).start().wait_bootstrapped()
        yield node
        node.stop()


@pytest.fixture
def tor_host(private_tor: PrivateTor, tmp_path: Path) -> Iterator[Callable[..., TorHost]]:
    """Call it for tors as the broker runs them, clients of the private network; further lines of torrc may be given.

    Without conflux one account is on one circuit exactly.
    """
    started: list[TorHost] = []

    def start(*lines: str, environment: dict[str, str] | None = None) -> TorHost:
        torrc = [*private_tor.client_lines, "ConfluxEnabled 0", *lines]
        started.append(TorHost(tmp_path / f"host{len(started)}", torrc, environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def moat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Moat]:
    """The service for bridges behind a meek server, which whatever is started from here on is led to."""
    folder = tmp_path / "moat"
    folder.mkdir()
    there = Moat(folder)
    monkeypatch.setenv("TEAHOUSE_MOAT", str(there.file))
    yield there
    there.stop()


def exit_records(server: Prosody) -> Records:
    """What the exits of the private network find in DNS."""
    here = {"A": ["127.0.0.1"]}
    return {
        **{name: here for name in (HOST, CLOSED, CAPTCHA, RESOLVER)},
        f"_xmpp-client._tcp.{HOST}": {"SRV": [f"0 5 {server.starttls_port} {HOST}."]},
        f"_xmpps-client._tcp.{HOST}": {"SRV": [f"0 5 {server.tls_port} {HOST}."]},
    }


class AccountMaker(Protocol):
    """Makes accounts that no other test has."""

    def __call__(self, name: str = "user", host: str = HOST) -> Login:
        """A fresh account."""


@pytest.fixture
def account(server: Prosody) -> AccountMaker:
    """Call it for fresh accounts on the shared server."""
    return server.fresh


@pytest.fixture
def peer(server: Prosody) -> Iterator[Callable[..., Peer]]:
    """Call it for second clients: `peer()`, `peer("mallory")`, `peer(login)`; they are stopped at the end."""
    made: list[Peer] = []

    def make(who: str | Login = "peer", plugins: tuple[str, ...] = ()) -> Peer:
        login = server.fresh(who) if isinstance(who, str) else who
        made.append(Peer(server, login, plugins=plugins))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="session")
def display() -> Iterator[Xvfb]:
    """One X display for all tests that need a real one."""
    xvfb = Xvfb()
    yield xvfb
    xvfb.stop()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Call it with arguments to start Teahouse; every start in a test shares one home."""
    started: list[Program] = []

    def start(*arguments: str, environment: dict[str, str] | None = None) -> Program:
        started.append(Program(tmp_path / "home", *arguments, environment=environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill9()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs the private Tor network goes to one process, which begins with it: it is the longest part."""
    in_tor = [item for item in items if "private_tor" in getattr(item, "fixturenames", ())]
    for item in in_tor:
        item.add_marker(pytest.mark.xdist_group("tor"))
    chosen = set(in_tor)
    items[:] = in_tor + [item for item in items if item not in chosen]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests/run did besides, so that pytest's own line stays the last one."""
    if failed := os.environ.get("TEAHOUSE_CHECKS_FAILED", "").split():
        terminalreporter.write_line(f"checks that failed: {', '.join(failed)}", red=True)
    if began := os.environ.get("TEAHOUSE_TESTS_BEGAN"):
        terminalreporter.write_line(f"set-up, checks and tests: {time.time() - float(began):.1f} s in all")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Callable[..., RunningEngine]]:
    """Call it for running engines: `engine()`, `engine("other")`; one folder per name."""
    started: list[RunningEngine] = []

    def start(name: str = "profile", **how: Any) -> RunningEngine:
        started.append(RunningEngine(tmp_path / name, **how))
        return started[-1]

    yield start
    for one in started:
        one.stop()
