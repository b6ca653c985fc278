"""SOCKS5 (RFC 1928, RFC 1929) on a connected socket: names only, and no byte of the stream before the reply.

Exactly one method is offered: user and password when there are any, else none. A proxy that takes no notice of them
would put every account on one circuit; it is refused.
"""

import asyncio
import socket

REPLIES = {
    0x01: "general failure",
    0x02: "not allowed",
    0x03: "network unreachable",
    0x04: "host unreachable",
    0x05: "connection refused",
    0x06: "timed out",
    0x07: "command not supported",
    0x08: "address type not supported",
    0xF0: "onion service descriptor not found",
    0xF1: "onion service descriptor invalid",
    0xF2: "introduction failed",
    0xF3: "rendezvous failed",
    0xF4: "client authorization missing",
    0xF5: "client authorization wrong",
    0xF6: "onion address invalid",
    0xF7: "introduction timed out",
}
"""Replies of RFC 1928, and those of tor's ExtendedErrors (socks-extensions.txt)."""
_CONNECT, _RESOLVE = 0x01, 0xF0
_NAME, _IPV4, _IPV6 = 0x03, 0x01, 0x04
_RESERVED = b"<torS0X>"
"""User names that begin so mean something else to tor 0.4.9."""


class SocksError(Exception):
    """The other end is no such proxy, or went away; the text says how."""


class CredentialsRefused(SocksError):
    """The proxy did not accept user and password."""


class SocksRefused(SocksError):
    """The proxy could not, or would not, open the stream."""

    def __init__(self, code: int) -> None:
        super().__init__(REPLIES.get(code, f"code {code:#04x}"))
        self.code = code


async def connect(connection: socket.socket, host: str, port: int, user: str = "", password: str = "") -> None:
    """Have the proxy connect to this name; then the socket is the stream. Raises SocksError, OSError, ValueError."""
    request = _request(_CONNECT, host, port)
    await _greet(connection, _credentials(user, password))
    await _send(connection, request)
    await _reply(connection)


async def is_tor(connection: socket.socket, user: str, password: str) -> bool:
    """Whether the proxy is tor: it resolves 0.0.0.0 by tor's own command, which it answers without the network."""
    try:
        await _greet(connection, _credentials(user, password))
        await _send(connection, _request(_RESOLVE, "0.0.0.0", 0))
        return await _reply(connection) == bytes(4)
    except (SocksError, OSError):
        return False


def _credentials(user: str, password: str) -> bytes:
    if not user:
        return b""
    name, word = user.encode(), password.encode()
    if not 0 < len(name) < 256 or not 0 < len(word) < 256 or name.startswith(_RESERVED):
        raise ValueError("these credentials cannot be sent by SOCKS5")
    return b"\x01" + bytes([len(name)]) + name + bytes([len(word)]) + word


def _request(command: int, host: str, port: int) -> bytes:
    name = (host if host.isascii() else host.encode("idna").decode()).rstrip(".").encode()
    if not 0 < len(name) < 256 or any(byte <= 0x20 or byte == 0x7F for byte in name) or not 0 <= port < 65536:
        raise ValueError("this name cannot be sent by SOCKS5")
    return bytes([5, command, 0, _NAME, len(name)]) + name + port.to_bytes(2, "big")


async def _greet(connection: socket.socket, credentials: bytes) -> None:
    method = b"\x02" if credentials else b"\x00"
    await _send(connection, b"\x05\x01" + method)
    if await _exactly(connection, 2) != b"\x05" + method:
        raise SocksError("no SOCKS5 proxy, or one that does not take our way to sign in")
    if credentials:
        await _send(connection, credentials)
        if (await _exactly(connection, 2))[1]:
            raise CredentialsRefused("user and password were refused")


async def _reply(connection: socket.socket) -> bytes:
    version, code, _, kind = await _exactly(connection, 4)
    if version != 5:
        raise SocksError("no SOCKS5 proxy")
    if code:
        raise SocksRefused(code)
    if kind not in (_NAME, _IPV4, _IPV6):
        raise SocksError("a reply that makes no sense")
    length = (await _exactly(connection, 1))[0] if kind == _NAME else {_IPV4: 4, _IPV6: 16}[kind]
    return (await _exactly(connection, length + 2))[:-2]


async def _send(connection: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(connection, data)


async def _exactly(connection: socket.socket, count: int) -> bytes:
    # Never more than wanted: what follows the reply belongs to the stream.
    loop, got = asyncio.get_running_loop(), b""
    while len(got) < count:
        some = await loop.sock_recv(connection, count - len(got))
        if not some:
            raise SocksError("the proxy closed the connection")
        got += some
    return got
