"""Where a server is: what the user typed, else SRV records (RFC 6120 section 3.2, XEP-0368), else the usual ports."""

import asyncio
import random
from dataclasses import dataclass

from teahouse.domain.account import Server

STARTTLS_PORT, DIRECT_TLS_PORT = 5222, 5223


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to dial, and whether TLS begins at once there."""

    host: str
    port: int
    direct_tls: bool


async def endpoints(domain: str, server: Server) -> tuple[Endpoint, ...]:
    """Where to dial, in the order to try; never empty."""
    if server.host or server.port:
        port = server.port or (DIRECT_TLS_PORT if server.direct_tls else STARTTLS_PORT)
        return (Endpoint(server.host or domain, port, server.direct_tls),)
    found = [] if _is_local(domain) else await _from_dns(domain)
    usual = [Endpoint(domain, STARTTLS_PORT, False), Endpoint(domain, DIRECT_TLS_PORT, True)]
    return tuple(found or usual)


def _is_local(domain: str) -> bool:
    return domain.endswith((".onion", ".localhost", ".invalid")) or domain in ("localhost", "127.0.0.1")


async def _from_dns(domain: str) -> list[Endpoint]:
    import aiodns
    import pycares

    resolver = aiodns.DNSResolver(timeout=5, tries=2)

    async def ask(service: str, direct_tls: bool) -> list[tuple[int, float, Endpoint]]:
        try:
            answer = await resolver.query_dns(f"_{service}._tcp.{domain}", "SRV")
        except (aiodns.error.DNSError, UnicodeError):
            return []
        records = [r.data for r in answer.answer if isinstance(r.data, pycares.SRVRecordData)]
        return [
            (r.priority, -random.random() * (r.weight + 1), Endpoint(r.target.rstrip("."), r.port, direct_tls))
            for r in records[:20]
            if r.target.rstrip(".")
        ]

    both = await asyncio.gather(ask("xmpps-client", True), ask("xmpp-client", False))
    await resolver.close()
    # Direct TLS first among equals: nothing of the stream is ever in the clear.
    return [endpoint for _, _, endpoint in sorted(both[0] + both[1], key=lambda r: (r[0], not r[2].direct_tls, r[1]))]
