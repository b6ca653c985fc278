"""The one function that opens a connection."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from teahouse.domain.account import Route
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net.endpoints import Endpoint

PATIENCE = 20.0
"""Seconds for one address to answer."""


async def dial(endpoint: Endpoint, route: Route) -> socket.socket:
    """A connected socket to this endpoint by this route; raises Trouble (UNKNOWN_HOST, UNREACHABLE)."""
    return await _DIALERS[route](endpoint)


async def _direct(endpoint: Endpoint) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise Trouble(Problem(Fault.UNKNOWN_HOST, endpoint.host)) from None
    reason = ""
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(PATIENCE):
                await loop.sock_connect(connection, address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except (OSError, TimeoutError) as error:
            connection.close()
            reason = str(error) or type(error).__name__
        except asyncio.CancelledError:
            connection.close()
            raise
    raise Trouble(Problem(Fault.UNREACHABLE, endpoint.host, reason))


_DIALERS: dict[Route, Callable[[Endpoint], Awaitable[socket.socket]]] = {Route.DIRECT: _direct}
