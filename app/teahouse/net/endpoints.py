"""Where a server is, in the order to try, each step asked for only when those before it have failed.

What the user typed, else, by Tor, onion addresses that are known; else SRV records (RFC 6120 section 3.2, XEP-0368);
else, by a hiding way, host-meta (XEP-0487); else the usual ports.

What is not asked of this computer's resolver is asked through the way itself.
"""

import asyncio
import tomllib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from teahouse.domain.account import ANYWHERE, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net.certificate import tls_context
from teahouse.net.hostmeta import host_meta
from teahouse.net.names import Service, ordered, resolvers, srv_here, srv_through
from teahouse.net.way import ByTor, Direct, Endpoint, Way, is_onion

STARTTLS_PORT, DIRECT_TLS_PORT, HTTPS_PORT = 5222, 5223, 443
_ONIONS = Path(__file__).resolve().parents[3] / "resources" / "onions.toml"


@cache
def onion_table() -> dict[str, tuple[Endpoint, ...]]:
    """Domain to onion addresses: resources/onions.toml."""
    found: dict[str, tuple[Endpoint, ...]] = {}
    for row in tomllib.loads(_ONIONS.read_text()).get("server", []):
        place = Endpoint(row["onion"], row["port"], row["direct_tls"])
        found[row["domain"]] = (*found.get(row["domain"], ()), place)
    return found


async def endpoints(
    domain: str, server: Server, way: Way, onion: Server = ANYWHERE, servers: Sequence[Endpoint] | None = None
) -> AsyncIterator[Endpoint]:
    """Where to dial; `onion` was learned earlier, `servers` are the resolvers. Raises Trouble(ONION_NEEDS_TOR)."""
    if is_onion(server.host or domain) and not isinstance(way, ByTor):
        raise Trouble(Problem(Fault.ONION_NEEDS_TOR, server.host or domain))
    if server.host or server.port:
        port = server.port or (DIRECT_TLS_PORT if server.direct_tls else STARTTLS_PORT)
        yield Endpoint(server.host or domain, port, server.direct_tls)
        return
    if is_onion(domain):
        yield Endpoint(domain, STARTTLS_PORT, False)
        yield Endpoint(domain, DIRECT_TLS_PORT, True)
        return
    if isinstance(way, ByTor):
        for place in _known_onions(domain, onion):
            yield place
    found = [] if _is_local(domain) else await _from_dns(domain, way, resolvers() if servers is None else servers)
    if not found and not _is_local(domain) and not isinstance(way, Direct):
        found = await host_meta(domain, way, tls_context(replace(server, pin="")))
    for place in found or _usual(domain, way):
        yield place


def _known_onions(domain: str, learned: Server) -> list[Endpoint]:
    known = list(onion_table().get(domain, ()))
    if learned.host:
        known.append(Endpoint(learned.host, learned.port, learned.direct_tls))
    return known


def _usual(domain: str, way: Way) -> list[Endpoint]:
    starttls, direct_tls = Endpoint(domain, STARTTLS_PORT, False), Endpoint(domain, DIRECT_TLS_PORT, True)
    if isinstance(way, Direct):
        return [starttls, direct_tls]
    # Round trips are dear and exits are hostile: first the port on which nothing is ever in the clear.
    return [direct_tls, starttls, Endpoint(domain, HTTPS_PORT, True)]


def _is_local(domain: str) -> bool:
    return domain.endswith((".localhost", ".invalid")) or domain in ("localhost", "127.0.0.1")


async def _from_dns(domain: str, way: Way, servers: Sequence[Endpoint]) -> list[Endpoint]:
    async def ask(name: str) -> list[Service]:
        return await (srv_here(name) if isinstance(way, Direct) else srv_through(name, way, servers))

    both = await asyncio.gather(ask(f"_xmpps-client._tcp.{domain}"), ask(f"_xmpp-client._tcp.{domain}"))
    found = [
        (service.priority, not direct_tls, Endpoint(service.host, service.port, direct_tls))
        for services, direct_tls in zip(both, (True, False), strict=True)
        for service in ordered(services)
        if isinstance(way, ByTor) or not is_onion(service.host)
    ]
    # Direct TLS first among equals: nothing of the stream is ever in the clear. The sort keeps the order by weight.
    return [place for _, _, place in sorted(found, key=lambda one: one[:2])]
