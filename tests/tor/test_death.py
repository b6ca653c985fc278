"""T4: tor killed, a SOCKS that is no tor, a proxy in its place. Nothing but Unix sockets is ever made. Leak A3."""

import re
from collections.abc import Callable, Iterator

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import LinkChanged, TorChanged
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.domain.tor import TorPhase
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.prosody import HOST, Prosody
from tests.rig.socks import SocksProxy
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node
from tests.rig.traced import Call
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]


@pytest.fixture
def not_tor() -> Iterator[SocksProxy]:
    """A proxy that would carry anything anywhere."""
    proxy = SocksProxy()
    yield proxy
    proxy.stop()


def families(calls: list[Call]) -> set[str]:
    """Of all sockets that were made."""
    return {call.said.partition(",")[0] for call in calls if call.name == "socket"}


def places(calls: list[Call]) -> set[str]:
    """The last part of every Unix path that was called, and whatever else was called in full."""
    paths = (re.search(r'sun_path="[^"]*?([^/"]*)"', call.said) for call in calls if call.name == "connect")
    return {path[1] if path else "?" for path in paths}


def test_t4_a3_tor_is_killed_in_mid_conversation(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: Callable[..., Peer], tor_host: MakeHost
) -> None:
    host, room, other, login = tor_host(), server.fresh_room(), peer(), account()
    house = engine(tor=host, traced=True)
    where = Server(HOST, server.tls_port, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "willow", where, route=Route.TOR), 60)
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    house.do(c.SendMessage(chat.id, "before"))
    other.wait_for("before")
    host.kill_tor()
    lost = house.wait(LinkChanged, lambda e: e.link is Link.TOR_WAIT and e.problem is not None, seconds=5)
    assert lost.problem and lost.problem.fault is Fault.TOR_DOWN
    assert any(e.status.phase is not TorPhase.READY for e in house.seen(TorChanged)[-3:])
    house.do(c.SendMessage(chat.id, "meanwhile"))
    until(lambda: [m.state for m in house.history(chat.id) if m.mine] == [Delivery.CONFIRMED] * 2, 60)
    other.say(room, "fence")
    other.wait_for("fence")
    assert other.bodies().count("meanwhile") == 1
    house.stop()
    assert families(house.calls()) == {"AF_UNIX"}
    assert places(house.calls()) == {"socks", "control"}


def test_the_trace_sees_a_network(engine: MakeEngine, server: Prosody, account: AccountMaker) -> None:
    """What the other tests look for is there when an account goes by the direct way."""
    house, login = engine(traced=True), account()
    house.do(c.AddAccount(login.jid, login.password, "", server.server()))
    house.stop()
    assert "AF_INET" in families(house.calls())
    assert "?" in places(house.calls())


def test_a18_who_asked_for_bridges_does_not_go_by_a_tor_that_has_none_of_them(
    engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost, system_tor: Node, bridge: Node
) -> None:
    """It is not dialed at all until the user says that there are no bridges here."""
    others = {"TOR_SKIP_LAUNCH": "1", "TOR_SOCKS_IPC_PATH": str(system_tor.folder / "socks")}
    others |= {"TOR_CONTROL_IPC_PATH": str(system_tor.control_socket)}
    others |= {"TOR_CONTROL_COOKIE_AUTH_FILE": str(system_tor.folder / "control_auth_cookie")}
    house, login = engine(tor=tor_host(environment=others), traced=True), account()
    house.do(c.UseBridges(bridge.bridge_line))
    house.do(c.StartTor())
    told = house.wait(TorChanged, lambda e: e.status.problem is not None).status
    assert told.problem is not None and told.problem.fault is Fault.BRIDGES_ELSEWHERE
    house.do(c.UseBridges(""))
    where = Server(HOST, server.tls_port, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR), 60)
    house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE, 60)
    assert not house.seen(TorChanged)[-1].status.own
    house.stop()
    assert families(house.calls()) == {"AF_UNIX"}


def test_t4_a3_a_proxy_that_is_not_tor_carries_nothing(
    engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost, not_tor: SocksProxy
) -> None:
    system = {"TOR_SKIP_LAUNCH": "1", "TOR_SOCKS_PORT": str(not_tor.port), "TOR_CONTROL_PORT": "none"}
    house, login = engine(tor=tor_host(environment=system), traced=True), account()
    where = Server(HOST, server.tls_port, True, str(server.ca))
    house.thread.submit(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR), 10_000)
    told = house.wait(TorChanged, lambda e: e.status.problem is not None)
    assert told.status.problem and told.status.problem.fault is Fault.NOT_TOR
    until(lambda: len(not_tor.asked) > 2)
    house.stop()
    assert {command for command, _, _ in not_tor.asked} == {0xF0}
    assert families(house.calls()) == {"AF_UNIX"}
