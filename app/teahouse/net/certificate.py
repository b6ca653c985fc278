"""Certificates: the TLS settings of a session, the public key in one, and the fingerprint of one that is in doubt."""

import asyncio
import errno
import hashlib
import ssl
from pathlib import Path

from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.error import PyAsn1Error
from pyasn1_modules.rfc5280 import Certificate

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net.dial import dial
from teahouse.net.way import Endpoint, Way

_USED_UP = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What says that the computer has no more of something, and may have it again."""


def tls_context(server: Server) -> ssl.SSLContext:
    """Full verification by the system's or the account's own authorities; a pinned certificate is compared instead.

    Raises Trouble: CERTIFICATE_REFUSED when the authority's file cannot be read, UNREACHABLE when no file can be at the
    moment.
    """
    try:
        context = ssl.create_default_context(cafile=server.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        fault = Fault.UNREACHABLE if error.errno in _USED_UP else Fault.CERTIFICATE_REFUSED
        raise Trouble(Problem(fault, Path(server.ca_file).name, str(error))) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.options |= ssl.OP_NO_TICKET
    if server.pin:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_problem(host: str, error: Exception) -> Problem:
    """Why a connection could not be made secure."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Problem(Fault.CERTIFICATE_REFUSED, host, str(error.verify_message or error.reason)[:200])
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or not isinstance(error, ssl.SSLError)
    reason = getattr(error, "reason", None) or type(error).__name__
    return Problem(Fault.CONNECTION_LOST if ended else Fault.NO_ENCRYPTION, host, str(reason)[:200])


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of a DER certificate, 64 hex digits."""
    return hashlib.sha256(certificate).hexdigest()


def public_key(certificate: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo of a DER certificate (RFC 7469 section 2.4), 64 hex digits.

    Raises Trouble(CERTIFICATE_REFUSED) when none can be read.
    """
    try:
        read, _ = decode(certificate, asn1Spec=Certificate())
        return hashlib.sha256(encode(read["tbsCertificate"]["subjectPublicKeyInfo"])).hexdigest()
    except PyAsn1Error as error:
        raise Trouble(Problem(Fault.CERTIFICATE_REFUSED, detail="no public key")) from error


async def look(endpoint: Endpoint, way: Way, domain: str) -> str:
    """The fingerprint that a server shows, asked on a connection that carries nothing else; empty when it fails."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(60):
            connection = await dial(endpoint, way)
            if endpoint.direct_tls:
                _, writer = await asyncio.open_connection(sock=connection, ssl=context, server_hostname=domain)
            else:
                reader, writer = await asyncio.open_connection(sock=connection)
                await _ask_for_tls(reader, writer, domain)
                await writer.start_tls(context, server_hostname=domain)
            shown: bytes = writer.get_extra_info("ssl_object").getpeercert(True)
            writer.transport.abort()
            return fingerprint(shown)
    except (Trouble, OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return ""


async def _ask_for_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, domain: str) -> None:
    writer.write(
        f"<stream:stream to='{domain}' version='1.0' xmlns='jabber:client'"
        " xmlns:stream='http://etherx.jabber.org/streams'>".encode()
    )
    await reader.readuntil(b"features>")
    writer.write(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    await reader.readuntil(b"<proceed")
    await reader.readuntil(b">")
