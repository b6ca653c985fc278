"""T2: from nothing to a signed-in account through a private Tor network, by exit and by onion; no name leaks."""

from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import LinkChanged, TorChanged
from teahouse.domain.tor import TorPhase
from teahouse.net.way import Endpoint
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.names import RESOLVER
from tests.rig.private_tor import PrivateTor
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]


def test_t2_a1_found_by_srv_through_an_exit(
    engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost, private_tor: PrivateTor
) -> None:
    """Nothing is known but the address: the records are asked for through the account's own circuit."""
    house, login = engine(tor=tor_host(), resolvers=[Endpoint(RESOLVER, private_tor.names.port, False)]), account()
    private_tor.names.asked.clear()
    trusted = Server(ca_file=str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", trusted, route=Route.TOR))
    online = house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE)
    assert (online.route, online.onion) == (Route.TOR, False)
    asked = set(private_tor.names.asked)
    assert (f"_xmpps-client._tcp.{HOST}", "SRV") in asked
    ready = house.seen(TorChanged)[-1].status
    assert (ready.phase, ready.progress, ready.own, ready.problem) == (TorPhase.READY, 100, True, None)


def test_t2_a2_signed_in_at_an_onion(
    engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost, private_tor: PrivateTor, onion: Node
) -> None:
    """The exits are asked for no name at all, and the name of the service goes nowhere."""
    house, login = engine(tor=tor_host()), account()
    private_tor.names.asked.clear()
    where = Server(onion.onion, 5223, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR))
    online = house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE)
    assert online.onion
    circuit = house.do(c.ShowCircuit(mine.id))
    assert circuit.onion and len(circuit.hops) >= 3
    assert [name for name, _ in private_tor.names.asked if HOST in name or name.endswith("onion")] == []


def test_t2_b23_registered_by_the_way_of_the_account(
    engine: MakeEngine, server: Prosody, tor_host: MakeHost, onion: Node
) -> None:
    """From the first byte: made at the onion, and signed in under the same credentials."""
    host = tor_host()
    house = engine(tor=host, traced=True)
    where = Server(onion.onion, 5222, False, str(server.ca))
    form = house.do(c.OpenRegistration(HOST, where, Route.TOR), 60)
    name = server.fresh_room("fresh").partition("@")[0]
    mine = house.do(c.SubmitRegistration(form.ticket, (("username", name), ("password", "pass word"))), 60)
    assert (mine.jid, mine.route) == (f"{name}@{HOST}", Route.TOR)
    assert house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE).onion
    house.stop()
    assert {call.said.partition(",")[0] for call in house.calls() if call.name == "socket"} == {"AF_UNIX"}
