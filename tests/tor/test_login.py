"""T2: from nothing to a signed-in account through a private Tor network, by exit and by onion; no name leaks."""

import base64
import hashlib
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import CertificateDoubted, LinkChanged, TorChanged
from teahouse.domain.tor import TorPhase
from teahouse.net import endpoints
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


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Call it with an onion address, and that is the one that the shared server is listed under."""

    def write(onion: str) -> None:
        file = tmp_path / "onions.toml"
        file.write_text(f'[[server]]\ndomain = "{HOST}"\nonion = "{onion}"\nport = 5222\ndirect_tls = false\n')
        monkeypatch.setattr(endpoints, "_ONIONS", file)
        endpoints.onion_table.cache_clear()

    yield write
    monkeypatch.undo()
    endpoints.onion_table.cache_clear()


def test_a_listed_onion_comes_first(
    engine: MakeEngine,
    server: Prosody,
    account: AccountMaker,
    tor_host: MakeHost,
    private_tor: PrivateTor,
    onion: Node,
    listed: Callable[[str], None],
) -> None:
    """No name is asked for, and no exit sees anything."""
    listed(onion.onion)
    house, login = engine(tor=tor_host()), account()
    private_tor.names.asked.clear()
    mine = house.do(c.AddAccount(login.jid, login.password, "", Server(ca_file=str(server.ca)), route=Route.TOR), 60)
    assert house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE).onion
    assert [name for name, _ in private_tor.names.asked if HOST in name] == []


def test_at_a_listed_onion_somebody_else_gets_nothing_and_the_search_goes_on(
    engine: MakeEngine,
    server: Prosody,
    own_server: Prosody,
    account: AccountMaker,
    tor_host: MakeHost,
    private_tor: PrivateTor,
    listed: Callable[[str], None],
) -> None:
    """Another server of the same name, which no authority vouches for."""
    listed(private_tor.add_onion("stale", {5222: own_server.starttls_port}).onion)
    resolvers = [Endpoint(RESOLVER, private_tor.names.port, False)]
    house, login = engine(tor=tor_host(), resolvers=resolvers), account()
    trusted = Server(ca_file=str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", trusted, route=Route.TOR), 60)
    online = house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE, 60)
    assert not online.onion and not house.seen(CertificateDoubted)
    assert "Client connected" in own_server.log() and "uthenticated as" not in own_server.log()


def test_every_listed_onion_is_one() -> None:
    """The version and the checksum of each address (rend-spec-v3, section 6), and a source that is named."""
    listed = tomllib.loads(endpoints._ONIONS.read_text())
    assert listed["server"]
    for row in listed["server"]:
        raw = base64.b32decode(row["onion"].removesuffix(".onion").upper())
        key, checksum, version = raw[:32], raw[32:34], raw[34:]
        assert version == b"\x03" and checksum == hashlib.sha3_256(b".onion checksum" + key + version).digest()[:2]
        assert listed["sources"][row["source"]]["checked"]
