"""Commands about routes and Tor: take another way, start tor, use bridges, look at a circuit or take a new one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Route
from teahouse.domain.events import AccountStored, CircuitShown, Event, TorChanged
from teahouse.domain.policy import Policy
from teahouse.domain.settings import TOR_SOURCE
from teahouse.domain.tor import Circuit, TorSource
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.routes import Routes, sound_proxy
from teahouse.net.bridges import parse
from teahouse.net.tor import Tor
from teahouse.net.way import Endpoint
from teahouse.store import accounts, preferences
from teahouse.store.database import Database

Resolvers = Sequence[Endpoint]
_BRIDGES = "tor.bridges"


def routes_of(
    tell_broker: Callable[[str], None] | None,
    announce: Callable[[Event], None],
    resolvers: Resolvers | None,
    policy: Policy = Policy.OPEN,
) -> Routes:
    """The routes of an engine, whose tor speaks to this broker."""
    return Routes(Tor(tell_broker, lambda status: announce(TorChanged(status))), resolvers, policy)


async def restore(db: Database, routes: Routes) -> None:
    """Take up what was chosen before, ahead of the first account that goes online; raises Trouble."""
    kept = preferences.every(db)
    routes.tor.preferred = TorSource(kept.get(TOR_SOURCE, TorSource.OWN.value))
    if lines := kept.get(_BRIDGES, ""):
        await routes.tor.use_bridges(parse(lines))


async def _set_route(desk: Desk, wish: c.SetRoute) -> Account:
    online, proxy = desk.of(wish.account), wish.proxy
    desk.tools.routes.allow(wish.route)
    if wish.route is Route.PROXY:
        sound_proxy(proxy)
    account = replace(online.session.account, route=wish.route, proxy=proxy or online.session.account.proxy)
    accounts.set_route(desk.tools.db, account.id, account.route, account.proxy)
    desk.tools.routes.isolation(account.id).generation += 1
    desk.tools.announce(AccountStored(account))
    await online.session.change(account)
    return account


async def _start_tor(desk: Desk, wish: c.StartTor) -> None:
    preferences.put(desk.tools.db, TOR_SOURCE, wish.source.value)
    desk.tools.routes.tor.want(wish.source)
    desk.tools.announce(TorChanged(desk.tools.routes.tor.status))


async def _use_bridges(desk: Desk, wish: c.UseBridges) -> int:
    bridges = parse(wish.lines) if wish.lines.strip() else ()
    await desk.tools.routes.tor.use_bridges(bridges)
    preferences.put(desk.tools.db, _BRIDGES, "\n".join(bridge.line for bridge in bridges))
    return len(bridges)


async def _new_circuit(desk: Desk, wish: c.NewCircuit) -> None:
    session = desk.of(wish.account).session
    desk.tools.routes.isolation(wish.account).generation += 1
    await session.change(session.account)


async def _show_circuit(desk: Desk, wish: c.ShowCircuit) -> Circuit | None:
    account = desk.of(wish.account).session.account
    circuit = await desk.tools.routes.circuit(account.id) if account.route is Route.TOR else None
    desk.tools.announce(CircuitShown(account.id, circuit))
    return circuit


COMMANDS: Handlers = {
    c.SetRoute: _set_route,
    c.StartTor: _start_tor,
    c.UseBridges: _use_bridges,
    c.NewCircuit: _new_circuit,
    c.ShowCircuit: _show_circuit,
}
