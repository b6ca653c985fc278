"""T11: two accounts never share a circuit, and a new circuit is one account's only. Leaks A14, A15."""

from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.events import CircuitShown, LinkChanged
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]


def test_t11_a14_every_account_has_its_own_circuit(
    engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost
) -> None:
    host = tor_host()
    house = engine(tor=host)
    where = Server(HOST, server.tls_port, True, str(server.ca))

    def online(one: Account) -> int:
        return len(house.seen(LinkChanged, lambda e: e.account == one.id and e.link is Link.ONLINE))

    def added() -> Account:
        login = account()
        made: Account = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR))
        until(lambda: online(made) == 1)
        return made

    first, second = added(), added()
    before = until(lambda: streams if len(streams := host.carrying()) == 2 else None)
    assert len(set(before.values())) == 2
    shown = house.do(c.ShowCircuit(first.id))
    assert len(shown.hops) == 3 and not shown.onion
    assert house.wait(CircuitShown, lambda e: e.account == first.id).circuit == shown

    house.do(c.NewCircuit(first.id))
    until(lambda: online(first) == 2)
    after = until(lambda: streams if len(streams := host.carrying()) == 2 else None)
    kept = before.keys() & after.keys()
    assert len(kept) == 1 and before[min(kept)] == after[min(kept)], "the other account's stream was moved"
    assert len(set(after.values()) | set(before.values())) == 3, "the new stream is on an old circuit"
    assert online(second) == 1
    names = [word for word in host.ask("circuit-status").split() if word.startswith("SOCKS_USERNAME=")]
    assert names and not any("user" in name.partition("=")[2] for name in names), "tor is told who it is"
