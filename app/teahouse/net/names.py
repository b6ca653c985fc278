"""SRV records (RFC 2782): asked of this computer's resolver on the direct way, else by DNS over TCP through the way.

Answers by DNS over TCP (RFC 7766) are not authenticated, which does no harm: the name that a certificate must show is
the address's domain, wherever the records lead.
"""

import asyncio
import random
import secrets
import socket
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from teahouse.domain.problem import Trouble
from teahouse.net.dial import dial
from teahouse.net.way import ByTor, Endpoint, Way, is_onion

_RESOLVERS = Path(__file__).resolve().parents[3] / "resources" / "resolvers.toml"
_PATIENCE = 30.0
_RECORDS = 20
"""Records taken from one answer."""


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record."""

    priority: int
    weight: int
    host: str
    port: int


@cache
def resolvers() -> tuple[Endpoint, ...]:
    """The public resolvers of resources/resolvers.toml."""
    rows = tomllib.loads(_RESOLVERS.read_text())["resolver"]
    return tuple(Endpoint(row["host"], row["port"], False) for row in rows)


def ordered(services: Sequence[Service]) -> list[Service]:
    """By priority; among equals by chance, the heavier the sooner."""
    return sorted(services, key=lambda s: (s.priority, -random.random() * (s.weight + 1)))


async def srv_here(name: str) -> list[Service]:
    """Ask this computer's resolver; nothing when there is no answer. Never for an onion address (RFC 7686)."""
    if is_onion(name):
        return []
    import aiodns
    import pycares

    resolver = aiodns.DNSResolver(timeout=5, tries=2)
    try:
        answer = await resolver.query_dns(name, "SRV")
    except (aiodns.error.DNSError, UnicodeError):
        return []
    finally:
        await resolver.close()
    records = [r.data for r in answer.answer if isinstance(r.data, pycares.SRVRecordData)]
    found = [Service(r.priority, r.weight, r.target.rstrip("."), r.port) for r in records[:_RECORDS]]
    return [service for service in found if service.host]


async def srv_through(name: str, way: Way, servers: Sequence[Endpoint]) -> list[Service]:
    """Ask these resolvers in turn through the way until one answers; nothing when none does."""
    if is_onion(name):
        return []
    for server in servers:
        if is_onion(server.host) and not isinstance(way, ByTor):
            continue
        try:
            async with asyncio.timeout(_PATIENCE):
                return await _ask(name, way, server)
        except (Trouble, OSError, EOFError, TimeoutError, ValueError):
            continue
    return []


async def _ask(name: str, way: Way, server: Endpoint) -> list[Service]:
    number, question = query(name)
    connection = await dial(server, way)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(connection, len(question).to_bytes(2, "big") + question)
        length = int.from_bytes(await _exactly(connection, 2), "big")
        return services(await _exactly(connection, length), number, name)
    finally:
        connection.close()


async def _exactly(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        some = await asyncio.get_running_loop().sock_recv(connection, count - len(got))
        if not some:
            raise EOFError("the resolver hung up")
        got += some
    return got


def query(name: str) -> tuple[int, bytes]:
    """The number of a question for SRV records, and the question; raises ValueError."""
    try:
        message = dns.message.make_query(name, dns.rdatatype.SRV, id=secrets.randbits(16))
    except dns.exception.DNSException as error:
        raise ValueError("not a name") from error
    return message.id, message.to_wire()


def services(answer: bytes, number: int, name: str) -> list[Service]:
    """The records of an answer to this question; raises ValueError when it is none, or makes no sense."""
    try:
        message = dns.message.from_wire(answer, ignore_trailing=False)
        if message.id != number or not message.flags & dns.flags.QR or message.flags & dns.flags.TC:
            raise ValueError("no whole answer to our question")
        if message.rcode() is dns.rcode.NXDOMAIN:
            return []
        if message.rcode() is not dns.rcode.NOERROR:
            raise ValueError("the resolver could not tell")
        asked = dns.message.make_query(name, dns.rdatatype.SRV).question
        if message.question != asked:
            raise ValueError("an answer to another question")
        records = [r for rrset in message.answer if rrset.rdtype is dns.rdatatype.SRV for r in rrset][:_RECORDS]
        found = [Service(r.priority, r.weight, r.target.to_unicode(omit_final_dot=True), r.port) for r in records]
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError("no DNS message") from error
    return [service for service in found if service.host not in ("", ".") and service.port]
