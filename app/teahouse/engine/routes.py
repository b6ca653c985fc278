"""The way of each account: which route it takes, under which SOCKS credentials, and when it may.

An account that goes by Tor gets a way by Tor or a Trouble. There is nothing else it could get.
"""

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from teahouse.domain.account import Proxy, Route
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import Circuit, TorPhase
from teahouse.net.circuits import address_of, in_use, with_countries
from teahouse.net.tor import Tor
from teahouse.net.way import ByProxy, ByTor, Direct, Endpoint, Way

T = TypeVar("T")
PATIENCE = 300.0
"""Seconds that a command waits for tor to be ready."""


@dataclass
class Isolation:
    """SOCKS credentials of one account: a random name, never the address, and the generation of its circuits."""

    user: str = field(default_factory=lambda: secrets.token_hex(16))
    generation: int = 1

    def by(self, socks: Path) -> ByTor:
        """The way through tor with these credentials."""
        return ByTor(socks, self.user, str(self.generation))


def way_of(route: Route, proxy: Proxy | None, isolation: Isolation, socks: Path | None) -> Way:
    """The one way of a route; `socks` is tor's socket once it is ready. Raises Trouble (BAD_PROXY, TOR_DOWN)."""
    if route is Route.TOR:
        if socks is None:
            raise Trouble(Problem(Fault.TOR_DOWN))
        return isolation.by(socks)
    if route is Route.PROXY:
        return ByProxy(sound_proxy(proxy))
    if route is Route.DIRECT:
        return Direct()
    raise Trouble(Problem(Fault.UNEXPECTED))


def sound_proxy(proxy: Proxy | None) -> Proxy:
    """A proxy that can be dialed; raises Trouble(BAD_PROXY)."""
    if proxy is None or not proxy.host.strip() or not 0 < proxy.port < 65536 or (proxy.user and not proxy.password):
        raise Trouble(Problem(Fault.BAD_PROXY, proxy.host if proxy else ""))
    return proxy


class Routes:
    """Hands out ways, and takes them back when tor is gone. `resolvers` stand in for those of resources/."""

    def __init__(self, tor: Tor, resolvers: Sequence[Endpoint] | None = None, policy: Policy = Policy.OPEN) -> None:
        self.tor, self.resolvers, self._policy = tor, resolvers, policy
        self._isolations: dict[int, Isolation] = {}

    def isolation(self, account: int) -> Isolation:
        """The credentials of an account, for as long as the program runs."""
        return self._isolations.setdefault(account, Isolation())

    def adopt(self, account: int, isolation: Isolation) -> None:
        """An account keeps the credentials under which it was registered or tried."""
        self._isolations[account] = isolation

    @property
    def tor_is_ready(self) -> bool:
        """Whether a way by Tor can be had at once."""
        return self.tor.status.phase is TorPhase.READY

    @property
    def usual(self) -> Route:
        """The route of an account for which none is named."""
        return Route.TOR if self._policy is Policy.TOR else Route.DIRECT

    def allow(self, route: Route) -> None:
        """Raises Trouble(ROUTE_CLOSED) for a route that the policy of the profile does not allow."""
        if self._policy is Policy.TOR and route is not Route.TOR:
            raise Trouble(Problem(Fault.ROUTE_CLOSED))

    async def way(
        self, route: Route, proxy: Proxy | None, isolation: Isolation, seconds: float | None = PATIENCE
    ) -> Way:
        """The way, as soon as it can be gone; raises Trouble."""
        self.allow(route)
        socks = await self.tor.ready(seconds) if route is Route.TOR else None
        return way_of(route, proxy, isolation, socks)

    async def keep_to(self, way: Way, work: Coroutine[Any, Any, T]) -> T:
        """The result of work along this way. When it leads through a tor that ends, the work ends too, with Trouble."""
        if isinstance(way, ByTor):
            return await self.tor.unless_gone(asyncio.ensure_future(work))
        return await work

    async def circuit(self, account: int) -> Circuit | None:
        """The circuit that the account's connection takes, None when tor cannot tell; raises Trouble(TOR_DOWN)."""
        way = self.isolation(account).by(Path())
        line = in_use(await self.tor.ask("circuit-status"), await self.tor.ask("stream-status"), way)
        if line is None:
            return None
        addresses = {}
        for hop in line.hops:
            try:
                addresses[hop.fingerprint] = address_of(await self.tor.ask(f"ns/id/{hop.fingerprint}"))
            except Trouble:
                continue
        return await asyncio.to_thread(with_countries, line, addresses)
