"""The one module that opens connections: by each way, and only by it.

A way by Tor or by a proxy fails when that fails. Nothing here falls back to another way, and only `_direct` and
`_by_proxy` know a network at all: by Tor and by a transport there is nothing but a Unix socket.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net import socks
from teahouse.net.way import ByMeek, ByProxy, ByTor, Direct, Endpoint, Way, is_onion

PATIENCE = 20.0
"""Seconds for one address to answer."""
SOCKS_PATIENCE = 120.0
"""Seconds for a proxy to open a stream; an onion service may take most of it."""
_ONION_FAULTS = {
    0xF0: Fault.ONION_UNREACHABLE,
    0xF1: Fault.ONION_UNREACHABLE,
    0xF2: Fault.ONION_UNREACHABLE,
    0xF3: Fault.ONION_UNREACHABLE,
    0xF4: Fault.ONION_LOCKED,
    0xF5: Fault.ONION_LOCKED,
    0xF6: Fault.ONION_INVALID,
    0xF7: Fault.ONION_UNREACHABLE,
}
_CREDENTIAL = 255
"""Bytes that fit into a user name of SOCKS5, and into a password."""
_FAULTS = {0x03: Fault.UNREACHABLE, 0x04: Fault.UNREACHABLE, 0x05: Fault.UNREACHABLE, 0x06: Fault.TIMED_OUT}


async def dial(endpoint: Endpoint, way: Way) -> socket.socket:
    """A connected socket to this endpoint by this way, non-blocking; raises Trouble."""
    return await _DIALERS[type(way)](endpoint, way)


async def is_tor(socket_path: Path) -> bool:
    """Whether tor answers at this Unix socket."""
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await _connected(socket.AF_UNIX, str(socket_path))
            try:
                return await socks.is_tor(connection, "probe", "probe")
            finally:
                connection.close()
    except (OSError, TimeoutError):
        return False


async def _direct(endpoint: Endpoint, _way: Direct) -> socket.socket:
    if is_onion(endpoint.host):
        raise Trouble(Problem(Fault.ONION_NEEDS_TOR, endpoint.host))
    return await _by_address(endpoint.host, endpoint.port)


async def _by_proxy(endpoint: Endpoint, way: ByProxy) -> socket.socket:
    if is_onion(endpoint.host):
        raise Trouble(Problem(Fault.ONION_NEEDS_TOR, endpoint.host))
    proxy = way.proxy
    try:
        connection = await _by_address(proxy.host, proxy.port)
    except Trouble as trouble:
        raise Trouble(Problem(Fault.PROXY_UNREACHABLE, proxy.host, trouble.problem.detail)) from None
    return await _through(connection, endpoint, proxy.user, proxy.password, Fault.PROXY_FAILED)


async def _by_tor(endpoint: Endpoint, way: ByTor) -> socket.socket:
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await _connected(socket.AF_UNIX, str(way.socks))
    except (OSError, TimeoutError) as error:
        raise Trouble(Problem(Fault.TOR_DOWN, detail=str(error) or type(error).__name__)) from None
    return await _through(connection, endpoint, way.user, way.password, Fault.TOR_NO_CIRCUIT)


async def _by_meek(endpoint: Endpoint, way: ByMeek) -> socket.socket:
    # What does not fit into the user goes into the password, which may not be empty (pt-spec.txt, section 3.5).
    user, password = way.arguments[:_CREDENTIAL], way.arguments[_CREDENTIAL:] or "\0"
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await _connected(socket.AF_UNIX, str(way.socks))
    except (OSError, TimeoutError) as error:
        raise Trouble(Problem(Fault.MOAT_UNREACHABLE, detail=str(error) or type(error).__name__)) from None
    return await _through(connection, endpoint, user, password, Fault.MOAT_UNREACHABLE)


async def _through(
    connection: socket.socket, endpoint: Endpoint, user: str, password: str, otherwise: Fault
) -> socket.socket:
    """The stream that a proxy opens; `otherwise` names a failure that is neither the place's nor the user's."""
    try:
        async with asyncio.timeout(SOCKS_PATIENCE):
            await socks.connect(connection, endpoint.host, endpoint.port, user, password)
        return connection
    except BaseException as error:
        connection.close()
        problem = _socks_problem(error, endpoint.host, otherwise)
        if problem is None:
            raise
        raise Trouble(problem) from None


def _socks_problem(error: BaseException, host: str, otherwise: Fault) -> Problem | None:
    if isinstance(error, socks.SocksRefused):
        return Problem((_FAULTS | _ONION_FAULTS).get(error.code, otherwise), host, str(error))
    if isinstance(error, socks.CredentialsRefused):
        return Problem(Fault.PROXY_PASSWORD, host)
    if isinstance(error, TimeoutError):
        return Problem(Fault.TIMED_OUT, host)
    if isinstance(error, UnicodeError):
        return Problem(Fault.UNKNOWN_HOST, host)
    if isinstance(error, socks.SocksError | OSError | ValueError):
        return Problem(otherwise, host, str(error))
    return None


async def _by_address(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise Trouble(Problem(Fault.UNKNOWN_HOST, host)) from None
    reason = ""
    for family, _, _, _, address in found:
        try:
            async with asyncio.timeout(PATIENCE):
                connection = await _connected(family, address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except (OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
    raise Trouble(Problem(Fault.UNREACHABLE, host, reason))


async def _connected(family: int, address: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


_DIALERS: dict[type, Callable[[Endpoint, Any], Awaitable[socket.socket]]] = {
    Direct: _direct,
    ByProxy: _by_proxy,
    ByTor: _by_tor,
    ByMeek: _by_meek,
}
