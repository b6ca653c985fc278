"""Open registrations: connections that wait for their user to fill the form."""

import asyncio
import itertools
from dataclasses import dataclass

from teahouse.domain.account import Route, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import RegistrationForm
from teahouse.engine.registering import RegisteringClient
from teahouse.engine.session import open_first

_PATIENCE = 900.0
"""Seconds that an open registration may wait for its user."""


@dataclass
class Registering:
    """One registration between form and answer."""

    client: RegisteringClient
    domain: str
    server: Server


class Registrations:
    """The open registrations, by ticket."""

    def __init__(self) -> None:
        self._tickets = itertools.count(1)
        self._open: dict[int, Registering] = {}

    async def begin(self, domain: str, server: Server, route: Route = Route.DIRECT) -> RegistrationForm:
        """Ask a server for its form; raises Trouble."""
        client = RegisteringClient(domain, server)
        ticket = next(self._tickets)
        try:
            await open_first(client, domain, server, route)
            form = await client.form(ticket)
        except BaseException:
            client.close()
            raise
        self._open[ticket] = Registering(client, domain, server)
        asyncio.get_running_loop().call_later(_PATIENCE, self.end, ticket)
        return form

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

    async def close(self) -> None:
        """Hang up all, and wait until they are gone."""
        clients = [registering.client for registering in self._open.values()]
        for ticket in list(self._open):
            self.end(ticket)
        for client in clients:
            await client.closed()
