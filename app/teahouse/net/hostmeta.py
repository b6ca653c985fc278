"""host-meta.json (XEP-0487): where a server without SRV records says it is, asked over HTTPS along the account's way.

The addresses (`ips`) in it are not used: by Tor and by a proxy only names are dialed. The name that a certificate must
show stays the domain of the address, so an answer that lies leads nowhere.
"""

import asyncio
import json
import re
import ssl
from typing import Any

from teahouse.domain.problem import Trouble
from teahouse.net.http import Answer, get
from teahouse.net.names import Service, ordered
from teahouse.net.way import ByTor, Endpoint, Way, is_onion

PATH, HTTPS_PORT, STARTTLS_PORT = "/.well-known/host-meta.json", 443, 5222
PATIENCE = 15.0
"""Seconds for the whole answer; a domain without a web server must not hold up the log-in."""
_LARGEST, _LINKS = 65_536, 40
_DIRECT_TLS = "urn:xmpp:alt-connections:tls"
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)+", re.IGNORECASE)
_ONION = re.compile(r"https?://(?:[a-z2-7-]+\.)*([a-z2-7]{56}\.onion)(?:[:/].*)?", re.IGNORECASE)


async def host_meta(domain: str, way: Way, context: ssl.SSLContext) -> list[Endpoint]:
    """Where the domain says that it is; nothing when it does not say, or what makes no sense."""
    if is_onion(domain):
        return []
    try:
        host = domain.encode("idna").decode("ascii")
        async with asyncio.timeout(PATIENCE):
            answer = await get(Endpoint(host, HTTPS_PORT, True), PATH, "application/json", way, context, _LARGEST)
    except (Trouble, TimeoutError, UnicodeError):
        return []
    onion = _ONION.fullmatch(answer.fields.get("onion-location", b"").decode("latin-1"))
    hidden = [Endpoint(onion[1].lower(), STARTTLS_PORT, False)] if onion and isinstance(way, ByTor) else []
    return [*hidden, *places(answer, domain)]


def places(answer: Answer, domain: str) -> list[Endpoint]:
    """The links with direct TLS (XEP-0368), in the order to try."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return []
    links = found.get("links") if isinstance(found, dict) else None
    if not isinstance(links, list):
        return []
    services = [service for link in links[:_LINKS] if (service := _service(link, domain))]
    return list(dict.fromkeys(Endpoint(service.host, service.port, True) for service in ordered(services)))


def _service(link: Any, domain: str) -> Service | None:
    if not isinstance(link, dict) or link.get("rel") != _DIRECT_TLS:
        return None
    host, port = link.get("sni", domain), link.get("port")
    numbers = [link.get(key, 0) for key in ("priority", "weight")]
    if type(port) is not int or not 0 < port < 65536 or any(type(n) is not int or not 0 <= n < 65536 for n in numbers):
        return None
    if not isinstance(host, str) or not _NAME.fullmatch(host) or is_onion(host) or host.rpartition(".")[2].isdigit():
        return None
    return Service(numbers[0], numbers[1], host.lower(), port)
