"""Commands about routes and Tor: take another way, start tor, use or find bridges, see a circuit, take a new one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Route
from teahouse.domain.events import AccountStored, CircuitShown, Event, TorChanged
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.settings import TOR_SOURCE
from teahouse.domain.tor import Bridge, Circuit, TorSource
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.routes import Routes, sound_proxy
from teahouse.net.bridges import parse
from teahouse.net.tor import Tor
from teahouse.net.way import Endpoint
from teahouse.store import accounts, preferences
from teahouse.store.database import Database

Resolvers = Sequence[Endpoint]
_BRIDGES = "tor.bridges"
_GIVEN, _GOOD, _SEEKING = "tor.bridges.given", "tor.bridges.good", "tor.bridges.sought"
"""Bridges that the user gave, bridges that led to Tor, and whether some are wanted before Tor is dialed."""


def routes_of(
    tell_broker: Callable[[str], None] | None,
    announce: Callable[[Event], None],
    resolvers: Resolvers | None,
    policy: Policy = Policy.OPEN,
) -> Routes:
    """The routes of an engine, whose tor speaks to this broker."""
    tor = Tor(tell_broker, lambda status: announce(TorChanged(status)))
    return Routes(tor, tell_broker, resolvers, policy)


async def restore(db: Database, routes: Routes) -> None:
    """Take up what was chosen before, ahead of the first account that goes online; raises Trouble."""
    kept = preferences.every(db)
    routes.tor.preferred = TorSource(kept.get(TOR_SOURCE, TorSource.OWN.value))
    routes.tor.proven = lambda bridges: preferences.put(db, _GOOD, _lines(bridges))
    if lines := kept.get(_BRIDGES, ""):
        await routes.tor.use_bridges(parse(lines))
    elif kept.get(_SEEKING):
        raise Trouble(Problem(Fault.NO_BRIDGE))


def _lines(bridges: Sequence[Bridge]) -> str:
    return "\n".join(bridge.line for bridge in bridges)


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
    kept = preferences.every(desk.tools.db)
    if wish.without_bridge and kept.get(_SEEKING) and not kept.get(_BRIDGES):
        await _use_bridges(desk, c.UseBridges(""))
    preferences.put(desk.tools.db, TOR_SOURCE, wish.source.value)
    desk.tools.routes.tor.want(wish.source)
    desk.tools.announce(TorChanged(desk.tools.routes.tor.status))


async def _use_bridges(desk: Desk, wish: c.UseBridges) -> int:
    bridges = parse(wish.lines) if wish.lines.strip() else ()
    await desk.finder.stop()
    await desk.tools.routes.tor.use_bridges(bridges)
    _keep(desk, bridges)
    if bridges:
        preferences.put(desk.tools.db, _GIVEN, _lines(bridges))
    return len(bridges)


def _keep(desk: Desk, bridges: Sequence[Bridge]) -> None:
    """For the next start; and whoever waits for tor may have it now."""
    preferences.put(desk.tools.db, _BRIDGES, _lines(bridges))
    preferences.put(desk.tools.db, _SEEKING, "")
    accounts_here = [one.session.account for one in desk.online.values()]
    if any(one.enabled and one.route is Route.TOR for one in accounts_here) and not desk.offline:
        desk.tools.routes.tor.want()


async def _find_bridges(desk: Desk, wish: c.FindBridges) -> int:
    kept = preferences.every(desk.tools.db)
    if not kept.get(_BRIDGES):
        preferences.put(desk.tools.db, _SEEKING, "1")
    given, good = (parse(lines) if (lines := kept.get(key, "")) else () for key in (_GIVEN, _GOOD))
    found = await desk.finder.find(given, good)
    if found:
        _keep(desk, found)
    return len(found)


async def _stop_finding(desk: Desk, wish: c.StopFinding) -> None:
    await desk.finder.stop()


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
    c.FindBridges: _find_bridges,
    c.StopFinding: _stop_finding,
    c.NewCircuit: _new_circuit,
    c.ShowCircuit: _show_circuit,
}
