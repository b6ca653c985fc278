"""A13: the question about a key that has changed, from the first connection through Tor to the yes, and its history."""

from collections.abc import Callable
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.events import KeyChanged, LinkChanged
from teahouse.domain.key import Acceptance
from teahouse.domain.problem import Fault
from teahouse.domain.queries import ListKeys
from tests.rig.engine import RunningEngine
from tests.rig.honest import Honest
from tests.rig.hostile import HOST, JID, PASSWORD, Hostile, Stage
from tests.rig.private_tor import PrivateTor
from tests.rig.tor_host import TorHost
from tests.rig.wait import until
from tests.security.certificates import Authority


def reconnect(house: RunningEngine, mine: Account, link: Link) -> LinkChanged:
    """Offline, and online again as far as this state."""
    house.do(c.Disconnect(mine.id))
    before = len(house.seen(LinkChanged))
    house.do(c.Connect(mine.id))
    until(lambda: [one for one in house.seen(LinkChanged)[before:] if one.link is link], 60, link.value)
    return house.seen(LinkChanged)[-1]


def test_a13_a_changed_key_is_asked_about_and_a_yes_goes_online(
    engine: Callable[..., RunningEngine], tor_host: Callable[..., TorHost], private_tor: PrivateTor, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "trusted")
    first = authority.sign((HOST,))
    renewed, other = authority.sign((HOST,), renewed=first), authority.sign((HOST,))
    with Hostile(Honest(), first.context) as hostile:
        onion = private_tor.add_onion("keys", {5222: hostile.port}).onion
        house = engine(tor=tor_host())
        where = Server(onion, 5222, False, str(authority.file))
        mine = house.do(c.AddAccount(JID, PASSWORD, "willow", where, route=Route.TOR), 60)
        house.wait(LinkChanged, lambda e: e.link is Link.ONLINE, 60)
        first.context.load_cert_chain(renewed.file)
        assert reconnect(house, mine, Link.ONLINE).problem is None
        assert not house.seen(KeyChanged)

        first.context.load_cert_chain(other.file)
        refused = reconnect(house, mine, Link.OFF)
        assert refused.problem is not None and refused.problem.fault is Fault.KEY_CHANGED
        asked = house.wait(KeyChanged)
        assert (asked.account, asked.host, len(asked.known)) == (mine.id, HOST, 1)
        assert asked.known[0].key == mine.key != asked.key
        assert asked.known[0].first_seen < asked.known[0].last_seen
        assert not hostile.wire.received[Stage.TLS]

        online = len(house.seen(LinkChanged, lambda e: e.link is Link.ONLINE))
        house.do(c.AcceptKey(mine.id, asked.key))
        until(lambda: len(house.seen(LinkChanged, lambda e: e.link is Link.ONLINE)) > online, 60, "online")
        known = house.ask(ListKeys(mine.id))
        assert [(one.key, one.accepted) for one in known] == [
            (mine.key, Acceptance.FIRST),
            (asked.key, Acceptance.CONFIRMED),
        ]
