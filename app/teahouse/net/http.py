"""HTTP/1.1 (RFC 9112) as far as one question needs it, over TLS along a way, and its answer, read strictly.

Every request of this program looks the same: fixed headers, no cookies, no user agent. An answer is taken whole or not
at all: status 200, a length or chunks, no redirect, no compression, no more bytes than asked for.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net.certificate import tls_problem
from teahouse.net.dial import dial
from teahouse.net.way import Endpoint, Way

PATIENCE = 45.0
"""Seconds for a whole answer."""
_HEAD, _FIELDS, _CHUNK_LINE = 16_384, 64, 20
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_LENGTH, _CHUNK = re.compile(rb"\d{1,9}"), re.compile(rb"[0-9A-Fa-f]{1,7}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the fields of its head, their names in small letters, and its body."""

    fields: Mapping[str, bytes]
    body: bytes


class BadAnswer(Exception):
    """What came is no answer that we take; the text says why."""


async def post(
    endpoint: Endpoint, path: str, body: bytes, kind: str, way: Way, context: ssl.SSLContext, most: int
) -> bytes:
    """The body of the answer, at most so many bytes; TLS is verified for the endpoint's host. Raises Trouble."""
    return (await _ask(endpoint, request(endpoint.host, path, body, kind), way, context, most)).body


async def get(endpoint: Endpoint, path: str, kind: str, way: Way, context: ssl.SSLContext, most: int) -> Answer:
    """The answer with a body of at most so many bytes; TLS is verified for the endpoint's host. Raises Trouble."""
    named = endpoint.host if endpoint.port == 443 else f"{endpoint.host}:{endpoint.port}"
    return await _ask(endpoint, question(named, path, kind), way, context, most)


async def _ask(endpoint: Endpoint, asked: bytes, way: Way, context: ssl.SSLContext, most: int) -> Answer:
    host = endpoint.host
    try:
        async with asyncio.timeout(PATIENCE):
            connection = await dial(endpoint, way)
            try:
                reader, writer = await asyncio.open_connection(
                    sock=connection, ssl=context, server_hostname=host, limit=_HEAD
                )
            except BaseException:
                connection.close()
                raise
            try:
                writer.write(asked)
                return await answer(reader, most)
            finally:
                writer.transport.abort()
    except TimeoutError:
        raise Trouble(Problem(Fault.TIMED_OUT, host)) from None
    except BadAnswer as error:
        raise Trouble(Problem(Fault.SERVER_MISBEHAVED, host, str(error))) from None
    except (OSError, EOFError) as error:
        raise Trouble(tls_problem(host, error)) from None


def request(host: str, path: str, body: bytes, kind: str) -> bytes:
    """A POST, all of whose headers are here."""
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Content-Type: {kind}",
        f"Accept: {kind}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join([*head, "", ""]).encode("ascii") + body


def question(host: str, path: str, kind: str) -> bytes:
    """A GET, all of whose headers are here."""
    head = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Accept: {kind}", "Connection: close")
    return "\r\n".join([*head, "", ""]).encode("ascii")


async def answer(reader: asyncio.StreamReader, most: int) -> Answer:
    """An answer with a body of at most so many bytes; raises BadAnswer, or EOFError when it is cut short."""
    try:
        status, fields = head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.LimitOverrunError:
        raise BadAnswer("too long a head") from None
    if status != 200:
        raise BadAnswer(f"status {status}")
    if fields.get("content-encoding", b"identity") != b"identity":
        raise BadAnswer("compressed")
    coding, length = fields.get("transfer-encoding"), fields.get("content-length")
    if coding is not None and length is None and coding.lower() == b"chunked":
        return Answer(fields, await _chunks(reader, most))
    # Without either, its end could not be told from a connection that was cut.
    if coding is not None or length is None or not _LENGTH.fullmatch(length):
        raise BadAnswer("no plain length")
    if int(length) > most:
        raise BadAnswer("too long")
    return Answer(fields, await reader.readexactly(int(length)))


def head(data: bytes) -> tuple[int, dict[str, bytes]]:
    """Status and fields of the head of an answer, up to and with its empty line; raises BadAnswer."""
    first, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if not status or len(lines) > _FIELDS:
        raise BadAnswer("no HTTP/1.1")
    fields: dict[str, bytes] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        name = found[1].decode().lower() if found else ""
        if not found or (name in fields and name in ("content-length", "transfer-encoding", "content-encoding")):
            raise BadAnswer("a head that makes no sense")
        fields[name] = found[2].strip()
    return int(status[1]), fields


async def _chunks(reader: asyncio.StreamReader, most: int) -> bytes:
    """A chunked body (RFC 9112 section 7.1), without extensions and trailers."""
    body = b""
    while True:
        line = await _line(reader)
        if not _CHUNK.fullmatch(line):
            raise BadAnswer("a chunk that makes no sense")
        size = int(line, 16)
        if len(body) + size > most:
            raise BadAnswer("too long")
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise BadAnswer("a chunk that does not end")
        if size == 0:
            return body


async def _line(reader: asyncio.StreamReader) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        line += await reader.readexactly(1)
        if len(line) > _CHUNK_LINE:
            raise BadAnswer("a chunk that makes no sense")
    return line[:-2]
