"""T2: from nothing to a signed-in account through a private Tor network, by exit and by onion."""

from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.events import LinkChanged, TorChanged
from teahouse.domain.tor import TorPhase
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.private_tor import PrivateTor
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_host import TorHost
from tests.rig.tor_node import Node

MakeEngine = Callable[..., RunningEngine]
MakeHost = Callable[..., TorHost]


def test_t2_signed_in_by_an_exit(engine: MakeEngine, server: Prosody, account: AccountMaker, tor_host: MakeHost) -> None:
    house, login = engine(tor=tor_host()), account()
    where = Server(HOST, server.tls_port, True, str(server.ca))
    mine = house.do(c.AddAccount(login.jid, login.password, "", where, route=Route.TOR))
    online = house.wait(LinkChanged, lambda e: e.account == mine.id and e.link is Link.ONLINE)
    assert (online.route, online.onion) == (Route.TOR, False)
