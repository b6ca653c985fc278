"""T3: every relay refused, one obfs4 bridge reachable: the account goes by the bridge. Leak A18."""

from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import LinkChanged, TorChanged
from teahouse.domain.problem import Fault
from teahouse.domain.tor import TorPhase
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]


def test_t3_a18_where_relays_are_refused_the_bridge_leads_out(
    engine: MakeEngine, server: Prosody, account: AccountMaker, walled_in: MakeHost, bridge: Node
) -> None:
    """Pasted before the start, so that no relay is ever dialed; kept for the next start."""
    host = walled_in()
    house, login = engine(tor=host), account()
    assert house.do(c.UseBridges(f"Bridge {bridge.bridge_line}\n")) == 1
    where = Server(HOST, server.tls_port, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR), 60)
    house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE)
    assert house.seen(TorChanged)[-1].status.bridges == 1
    own = bridge.bridge_line.split()[2]
    assert house.do(c.ShowCircuit(mine.id)).hops[0].fingerprint == own
    orconns = [line for line in host.ask("orconn-status").splitlines() if "CONNECTED" in line]
    assert orconns and all(own in line for line in orconns)
    house.stop()
    again = engine(tor=walled_in())
    again.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE, 60)
    assert again.seen(TorChanged)[-1].status.bridges == 1


def test_t3_without_a_bridge_nothing_gets_out(engine: MakeEngine, walled_in: MakeHost, bridge: Node) -> None:
    """The network of the test above does refuse relays: tor gets nowhere without the bridge."""
    host = walled_in()
    house = engine(tor=host)
    house.do(c.StartTor())
    house.wait(TorChanged, lambda e: e.status.progress >= 5 and e.status.tag.startswith("conn"))
    assert not [line for line in host.ask("orconn-status").splitlines() if "CONNECTED" in line]
    assert house.do(c.UseBridges(bridge.bridge_line)) == 1
    house.wait(TorChanged, lambda e: e.status.phase is TorPhase.READY, 60)


def test_a3_bridges_that_answer_no_more_are_not_ready(engine: MakeEngine, tor_host: MakeHost, bridge: Node) -> None:
    """A tor that was ready by its relays is not ready any more when it is told to use a bridge that is not there."""
    house = engine(tor=tor_host())
    house.do(c.StartTor())
    house.wait(TorChanged, lambda e: e.status.phase is TorPhase.READY, 60)
    words = bridge.bridge_line.split()
    house.do(c.UseBridges(" ".join([words[0], "127.0.0.1:1", *words[2:]])))
    house.wait(TorChanged, lambda e: e.status.bridges == 1 and e.status.phase is TorPhase.CONNECTING)
    house.do(c.UseBridges(bridge.bridge_line))
    house.wait(TorChanged, lambda e: e.status.phase is TorPhase.READY and e.status.bridges == 1, 60)


def test_a_transport_that_is_not_here_is_said(engine: MakeEngine, tor_host: MakeHost) -> None:
    line = "webtunnel 192.0.2.3:1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA url=https://example.test/x"
    problem = engine(tor=tor_host()).refused(c.UseBridges(line))
    assert (problem.fault, problem.about) == (Fault.TRANSPORT_MISSING, "webtunnel")
