"""Open registrations: connections that wait for their user to fill the form."""

import asyncio
import itertools
from dataclasses import dataclass

from teahouse.domain.account import Proxy, Route, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import RegistrationForm
from teahouse.engine.captcha import with_pictures
from teahouse.engine.registering import RegisteringClient
from teahouse.engine.routes import Isolation, Routes
from teahouse.engine.session import known_key, open_stream, trusting
from teahouse.net.endpoints import endpoints
from teahouse.net.way import Way

_PATIENCE = 900.0
"""Seconds that an open registration may wait for its user."""


@dataclass
class Registering:
    """One registration between form and answer."""

    client: RegisteringClient
    domain: str
    server: Server
    route: Route
    proxy: Proxy | None
    isolation: Isolation
    """The credentials that the account goes on with."""


class Registrations:
    """The open registrations, by ticket."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._tickets = itertools.count(1)
        self._open: dict[int, Registering] = {}
        self._leaving: set[asyncio.Future[None]] = set()

    async def begin(
        self, domain: str, server: Server, route: Route = Route.DIRECT, proxy: Proxy | None = None
    ) -> RegistrationForm:
        """Ask a server for its form, by the route that the account will take; raises Trouble."""
        isolation, ticket = Isolation(), next(self._tickets)
        way = await self._routes.way(route, proxy, isolation)
        client, known = await self._routes.keep_to(way, self._reach(domain, server, way))
        try:
            form = await self._routes.keep_to(way, client.form(ticket))
            form = await self._routes.keep_to(way, with_pictures(form, known, way))
        except BaseException:
            client.close()
            raise
        self._open[ticket] = Registering(client, domain, known, route, proxy, isolation)
        asyncio.get_running_loop().call_later(_PATIENCE, self.end, ticket)
        return form

    async def _reach(self, domain: str, server: Server, way: Way) -> tuple[RegisteringClient, Server]:
        """A stream at the first endpoint that answers; raises Trouble with the last reason."""
        last = Trouble(Problem(Fault.UNREACHABLE, domain))
        async for endpoint in endpoints(domain, server, way, servers=self._routes.resolvers):
            known = await trusting(server, endpoint, way, domain)
            client = RegisteringClient(domain, known, known_key(way))
            try:
                await open_stream(client, endpoint, way)
                return client, known
            except Trouble as trouble:
                last = trouble
            except asyncio.CancelledError:
                client.fail(last.problem)
                raise
        raise last

    def get(self, ticket: int) -> Registering:
        """An open registration; raises Trouble(TIMED_OUT) when it has been closed meanwhile."""
        registering = self._open.get(ticket)
        if registering is None or registering.client.lost.done():
            raise Trouble(Problem(Fault.TIMED_OUT))
        return registering

    def end(self, ticket: int) -> None:
        """Hang up."""
        registering = self._open.pop(ticket, None)
        if registering is not None:
            registering.client.close()
            # A server that does not answer a good-bye is not waited for without end.
            leaving = asyncio.ensure_future(registering.client.closed())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Hang up all, and wait until they are gone."""
        for ticket in list(self._open):
            self.end(ticket)
        await asyncio.gather(*self._leaving)
