"""Pictures of a registration form that it names by an address (XEP-0221, XEP-0158): fetched along the account's way.

Only from the server itself or from a name below its own, over verified HTTPS: a form sends nobody anywhere else.
"""

import asyncio
import logging
import re
from dataclasses import replace
from urllib.parse import urlsplit

from teahouse.domain.account import Server
from teahouse.domain.problem import Trouble
from teahouse.domain.registration import RegistrationForm
from teahouse.net.certificate import tls_context
from teahouse.net.http import get
from teahouse.net.way import Endpoint, Way

log = logging.getLogger(__name__)
LARGEST = 256 * 1024
"""Bytes of one picture."""
_PICTURES, _PATIENCE = 3, 30.0
_TARGET = re.compile(r"/[!-~]{0,1000}")


async def with_pictures(form: RegistrationForm, server: Server, way: Way) -> RegistrationForm:
    """The form with the pictures that it named; one that cannot be had is left out."""
    wanted = [field for field in form.fields if field.image_url and not field.image][:_PICTURES]
    found = await asyncio.gather(*(_picture(field.image_url, form.server, server, way) for field in wanted))
    pictures = dict(zip(wanted, found, strict=True))
    return replace(form, fields=tuple(replace(field, image=pictures.get(field, field.image)) for field in form.fields))


async def _picture(url: str, domain: str, server: Server, way: Way) -> bytes:
    place = place_of(url, domain)
    if place is None:
        log.info("a picture from elsewhere is not fetched")
        return b""
    endpoint, target = place
    try:
        async with asyncio.timeout(_PATIENCE):
            context = tls_context(replace(server, pin=""))
            return (await get(endpoint, target, "image/*", way, context, LARGEST)).body
    except (Trouble, TimeoutError):
        log.info("a picture of the form could not be fetched")
        return b""


def place_of(url: str, domain: str) -> tuple[Endpoint, str] | None:
    """Whom to ask for what; None for an address that is not the server's, not HTTPS, or makes no sense."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or 443
    except ValueError:
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    ours = host == domain or host.endswith(f".{domain}")
    sound = parts.scheme == "https" and "@" not in parts.netloc and host.isascii()
    return (Endpoint(host, port, True), target) if ours and sound and _TARGET.fullmatch(target) else None
