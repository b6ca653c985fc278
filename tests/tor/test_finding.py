"""Bridges found by the program itself, in a network that refuses every relay. Leak A18."""

from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import BridgesSought, LinkChanged, TorChanged
from teahouse.domain.problem import Fault
from teahouse.domain.tor import BridgeSearch, Rung, SearchStep, TorPhase
from teahouse.engine import finding
from teahouse.net import tor_status
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.meek import Moat, told
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]
KEY = "A" * 40
WEBTUNNEL = f"webtunnel [2001:db8::1]:443 {KEY} url=https://example.test/x"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge that stands still is given up after seconds instead of a minute."""
    monkeypatch.setattr(finding, "GRACE", 1.0)
    monkeypatch.setattr(tor_status, "STALL_BY_BRIDGE", 6.0)


def gone(bridge: Node, port: int = 1) -> str:
    """The line of a bridge where nobody listens."""
    words = bridge.bridge_line.split()
    return " ".join([words[0], f"127.0.0.1:{port}", *words[2:]])


def steps(house: RunningEngine) -> list[BridgeSearch]:
    """The search as it was announced."""
    return [event.search for event in house.seen(BridgesSought)]


def short(house: RunningEngine) -> list[tuple[SearchStep, Rung | None, Fault | None]]:
    """The same in a few words."""
    return [(one.step, one.rung, one.problem.fault if one.problem else None) for one in steps(house)]


def only(host: TorHost, bridge: Node) -> bool:
    """Whether the bridge is all that a tor is connected to."""
    lines = [line for line in host.ask("orconn-status").splitlines() if "CONNECTED" in line]
    return bool(lines) and all(bridge.bridge_line.split()[2] in line for line in lines)


def test_t3_a18_who_knows_no_bridge_gets_one_and_keeps_it(
    engine: MakeEngine, server: Prosody, account: AccountMaker, walled_in: MakeHost, bridge: Node, moat: Moat
) -> None:
    """Found, used, an account made by it; the next start goes by it and asks nobody; so does the next search."""
    moat.service.offers(bridge.bridge_line)
    host, login = walled_in(), account()
    house = engine(tor=host)
    assert house.do(c.FindBridges(), 60) == 1
    assert short(house) == [
        (SearchStep.ASKING, Rung.SETTINGS, None),
        (SearchStep.TRYING, Rung.SETTINGS, None),
        (SearchStep.FOUND, None, None),
    ]
    assert house.seen(TorChanged)[-1].status.phase is TorPhase.READY
    assert all(event.status.bridges for event in house.seen(TorChanged, lambda e: e.status.progress > 0))
    until(lambda: not host.children("obfs4proxy")[1:], what="the transport of the question to end")
    where = Server(HOST, server.tls_port, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR), 60)
    house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE)
    assert only(host, bridge)
    house.stop()
    moat.service.slow.set()
    host = walled_in()
    again = engine(tor=host)
    again.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE, 60)
    assert only(host, bridge)
    assert again.do(c.FindBridges()) == 1
    assert [one.rung for one in steps(again)] == [Rung.GOOD, Rung.GOOD, None]
    assert moat.service.paths == ["settings"]


@pytest.mark.slow
def test_the_ladder_goes_on_until_one_leads_out(
    engine: MakeEngine, walled_in: MakeHost, bridge: Node, moat: Moat
) -> None:
    """A pasted bridge that is gone, no advice for the country, a kind without its program, another that is gone."""
    lines = (WEBTUNNEL, gone(bridge, 2), bridge.bridge_line)
    offers = [{"bridges": {"type": "x", "bridge_strings": [line, f"{line}\nUseBridges 0"]}} for line in lines]
    refusal = {"errors": [{"code": 406, "detail": "no country"}]}
    moat.service.answer = lambda path: told({"settings": offers} if "defaults" in path else refusal)
    house = engine(tor=walled_in())
    house.do(c.UseBridges(gone(bridge)))
    assert house.do(c.FindBridges(), 90) == 1
    assert short(house) == [
        (SearchStep.ASKING, Rung.GIVEN, None),
        (SearchStep.TRYING, Rung.GIVEN, None),
        (SearchStep.FAILED, Rung.GIVEN, Fault.BRIDGE_SILENT),
        (SearchStep.ASKING, Rung.SETTINGS, None),
        (SearchStep.FAILED, Rung.SETTINGS, Fault.NO_BRIDGES_GIVEN),
        (SearchStep.ASKING, Rung.DEFAULTS, None),
        (SearchStep.TRYING, Rung.DEFAULTS, None),
        (SearchStep.FAILED, Rung.DEFAULTS, Fault.TRANSPORT_MISSING),
        (SearchStep.TRYING, Rung.DEFAULTS, None),
        (SearchStep.FAILED, Rung.DEFAULTS, Fault.BRIDGE_SILENT),
        (SearchStep.TRYING, Rung.DEFAULTS, None),
        (SearchStep.FOUND, None, None),
    ]
    assert [one.kind for one in steps(house) if one.step is SearchStep.FAILED][2] == "webtunnel"


def test_the_last_rung_is_the_list_that_came_along(
    engine: MakeEngine, walled_in: MakeHost, bridge: Node, moat: Moat
) -> None:
    """Where the service cannot be reached at all, which is found out once."""
    moat.write(known=[WEBTUNNEL, bridge.bridge_line])
    moat.meek.stop()
    house = engine(tor=walled_in())
    assert house.do(c.FindBridges(), 60) == 1
    failed = [one for one in short(house) if one[0] is SearchStep.FAILED]
    assert failed == [
        (SearchStep.FAILED, Rung.SETTINGS, Fault.MOAT_UNREACHABLE),
        (SearchStep.FAILED, Rung.DEFAULTS, Fault.MOAT_UNREACHABLE),
        (SearchStep.FAILED, Rung.KNOWN, Fault.TRANSPORT_MISSING),
    ]


def test_a18_where_none_is_found_tor_is_never_dialed_without(
    engine: MakeEngine, tor_host: MakeHost, moat: Moat
) -> None:
    """Although relays would let it in, and although it is asked to start; not at the next start either."""
    house = engine(tor=tor_host())
    assert house.refused(c.FindBridges()).fault is Fault.BRIDGES_NOT_FOUND
    assert short(house)[-1] == (SearchStep.ENDED, None, Fault.BRIDGES_NOT_FOUND)
    for one in (house, engine(tor=tor_host())):
        one.do(c.StartTor())
        status = one.wait(TorChanged, lambda e: e.status.problem is not None).status
        assert status.phase is TorPhase.OFF and status.problem and status.problem.fault is Fault.NO_BRIDGE
        one.stop()
    assert moat.service.paths == ["settings", "defaults", "builtin"]


def test_a3_a_silent_bridge_is_not_believed_where_relays_led_to_tor_before(
    engine: MakeEngine, tor_host: MakeHost, bridge: Node, moat: Moat
) -> None:
    """What tor says of itself after the change is at first what was true before it."""
    moat.service.offers(gone(bridge))
    house = engine(tor=tor_host())
    house.do(c.StartTor())
    house.wait(TorChanged, lambda e: e.status.phase is TorPhase.READY, 60)
    before = len(house.seen(TorChanged))
    assert house.refused(c.FindBridges(), 60).fault is Fault.BRIDGES_NOT_FOUND
    assert not [e for e in house.seen(TorChanged)[before:] if e.status.phase is TorPhase.READY]
    assert [fault for step, rung, fault in short(house) if step is SearchStep.FAILED and rung is Rung.SETTINGS] == [
        Fault.BRIDGE_SILENT
    ]


@pytest.mark.parametrize("word", [c.UseBridges(""), c.StartTor(without_bridge=True)])
def test_only_the_user_goes_back_to_relays(engine: MakeEngine, tor_host: MakeHost, moat: Moat, word: c.Command) -> None:
    house = engine(tor=tor_host())
    assert house.refused(c.FindBridges()).fault is Fault.BRIDGES_NOT_FOUND
    house.do(word)
    house.do(c.StartTor())
    house.wait(TorChanged, lambda e: e.status.phase is TorPhase.READY, 60)


@pytest.mark.parametrize("stopping", [c.StopFinding(), c.UseBridges("192.0.2.1:443")])
def test_a_search_can_be_stopped(engine: MakeEngine, tor_host: MakeHost, moat: Moat, stopping: c.Command) -> None:
    """While the service is asked; nothing of it is left."""
    moat.service.slow.set()
    host = tor_host()
    house = engine(tor=host)
    house.thread.submit(c.FindBridges(), 10_000)
    until(lambda: moat.service.asked, what="the question")
    house.do(stopping)
    assert short(house) == [(SearchStep.ASKING, Rung.SETTINGS, None), (SearchStep.ENDED, None, None)]
    until(lambda: not host.children("obfs4proxy"), what="the transport to end")
    assert house.seen(TorChanged)[-1].status.phase is TorPhase.OFF


def test_without_any_transport_the_program_to_install_is_said(
    engine: MakeEngine, walled_in: MakeHost, bridge: Node, moat: Moat, tmp_path_factory: pytest.TempPathFactory
) -> None:
    moat.write(known=[bridge.bridge_line])
    house = engine(tor=walled_in({"PATH": str(tmp_path_factory.mktemp("none"))}))
    assert house.refused(c.FindBridges()).fault is Fault.BRIDGES_NOT_FOUND
    assert [(rung, fault) for step, rung, fault in short(house) if step is SearchStep.FAILED] == [
        (Rung.SETTINGS, Fault.MOAT_NO_TRANSPORT),
        (Rung.DEFAULTS, Fault.MOAT_NO_TRANSPORT),
        (Rung.KNOWN, Fault.TRANSPORT_MISSING),
    ]
    assert moat.meek.hosts == []
