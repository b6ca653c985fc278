"""Why tor does not get on: each cause made for real around a real tor, and each told as a problem of its own."""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.events import TorChanged
from teahouse.domain.problem import Fault
from teahouse.domain.tor import TorPhase
from teahouse.net import tor_status
from tests.rig.engine import RunningEngine
from tests.rig.private_tor import PrivateTor
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node, binary


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing, as a firewall makes it seem."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        yield door.getsockname()[1]


@pytest.fixture
def told(
    engine: Callable[..., RunningEngine],
    private_tor: PrivateTor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Fault]]:
    """Call it with torrc lines for the first problem of a tor; `before` runs it, as `faketime` does."""
    # The usual time that nothing may happen in is for real networks.
    monkeypatch.setattr(tor_status, "STALL", 4.0)
    monkeypatch.setattr(tor_status, "STALL_BY_BRIDGE", 4.0)
    started: list[TorHost] = []

    def find(lines: list[str], bridges: str = "", before: str = "") -> Fault:
        program = tmp_path / "tor"
        program.write_text(f'#!/bin/sh\nexec {before} {binary("tor")} "$@"\n')
        program.chmod(0o755)
        started.append(TorHost(tmp_path / "host", lines, {"TEAHOUSE_TOR": str(program)}))
        house = engine(tor=started[-1])
        if bridges:
            house.do(c.UseBridges(bridges))
        house.do(c.StartTor())
        said = house.wait(TorChanged, lambda e: e.status.problem is not None, 60).status
        assert said.problem is not None and said.phase is not TorPhase.READY
        return said.problem.fault

    yield find
    for one in started:
        one.stop()


def elsewhere(lines: list[str], port: int) -> list[str]:
    """The same network, but every relay that a fresh tor knows of is behind this port."""
    return [re.sub(r"orport=\d+", f"orport={port}", re.sub(r"(?<=127\.0\.0\.1):\d+", f":{port}", x)) for x in lines]


@pytest.mark.slow
@pytest.mark.parametrize("days", ["+1d", "-3d"])
def test_a20_a_wrong_clock(told: Callable[..., Fault], private_tor: PrivateTor, days: str) -> None:
    assert told(private_tor.client_lines, before=f"faketime -f {days}") is Fault.TOR_CLOCK


def test_no_internet(told: Callable[..., Fault], private_tor: PrivateTor) -> None:
    assert told(private_tor.client_lines, before="unshare --map-root-user --net") is Fault.TOR_NO_INTERNET


def test_relays_refused(told: Callable[..., Fault], private_tor: PrivateTor) -> None:
    assert told(private_tor.walled_lines) is Fault.TOR_BLOCKED


@pytest.mark.slow
def test_relays_that_say_nothing(told: Callable[..., Fault], private_tor: PrivateTor, silent: int) -> None:
    assert told(elsewhere(private_tor.client_lines, silent)) is Fault.TOR_STALLED


def test_a_bridge_that_says_nothing(told: Callable[..., Fault], private_tor: PrivateTor, silent: int) -> None:
    lines = f"127.0.0.1:{silent} {'A' * 40}"
    assert told(private_tor.walled_lines, bridges=lines) is Fault.BRIDGE_SILENT


@pytest.mark.slow
def test_a_bridge_with_another_key(told: Callable[..., Fault], private_tor: PrivateTor, bridge: Node) -> None:
    """Tor never warns of that: only the time tells."""
    wrong = re.sub(r"cert=\S+", f"cert={'A' * 70}", bridge.bridge_line)
    assert told(private_tor.walled_lines, bridges=wrong) is Fault.BRIDGE_SILENT
