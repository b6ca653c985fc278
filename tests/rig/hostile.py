"""A server on loopback that does exactly what its script says, and keeps every byte it got, stage by stage.

A script is a coroutine over a `Wire`. `to_tls`, `to_mechanisms`, `to_signed_in` and `to_bound` are its honest parts.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

HOST, USER, PASSWORD = "hostile.test", "willow", "correct horse ü"
JID = f"{USER}@{HOST}"
RESOURCE = "here"
TLS_NS, SASL_NS = "urn:ietf:params:xml:ns:xmpp-tls", "urn:ietf:params:xml:ns:xmpp-sasl"
BIND_NS = "urn:ietf:params:xml:ns:xmpp-bind"
HEADER = (
    f"<?xml version='1.0'?><stream:stream from='{HOST}' id='one' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
).encode()
STARTTLS = f"<stream:features><starttls xmlns='{TLS_NS}'><required/></starttls></stream:features>".encode()
PROCEED = f"<proceed xmlns='{TLS_NS}'/>".encode()
BIND = f"<stream:features><bind xmlns='{BIND_NS}'/></stream:features>".encode()


class Stage(Enum):
    """How far the server has let the client come."""

    CLEAR = "clear"
    TLS = "tls"
    SIGNED_IN = "signed in"
    BOUND = "bound"


class Gone(Exception):
    """The client has left, which ends a script in good order."""


class _Nowhere(asyncio.Transport):
    """Before there is a connection."""

    def abort(self) -> None:
        """Nothing to cut."""


_NOWHERE = _Nowhere()


class Wire(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, certificate: ssl.SSLContext | None, stage: Stage) -> None:
        self.received: dict[Stage, bytearray] = {stage: bytearray() for stage in Stage}
        self.stage = stage
        self.certificate = certificate
        self.gone = False
        self._unread = bytearray()
        self._news = asyncio.Event()
        self.transport: asyncio.Transport = _NOWHERE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is here."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep it, under the stage that it came in."""
        self.received[self.stage] += data
        self._unread += data
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left."""
        self.gone = True
        self._news.set()

    def hang_up(self) -> None:
        """Cut the connection; a handshake that never ended counts as gone."""
        self.transport.abort()
        self.gone = True
        self._news.set()

    async def expect(self, pattern: bytes) -> bytes:
        """Wait until the client has sent this; what it sent up to the end of it."""
        while (found := re.search(pattern, self._unread, re.DOTALL)) is None:
            if self.gone:
                raise Gone
            self._news.clear()
            await self._news.wait()
        taken = bytes(self._unread[: found.end()])
        del self._unread[: found.end()]
        return taken

    async def stanza(self) -> bytes:
        """The next stanza that the client sends."""
        await self.expect(rb"^\s*(?=<)")
        name = (await self.expect(rb"^<(\w+)"))[1:]
        return b"<" + name + await self.expect(rb"^[^>]*/>|</" + name + rb">")

    def send(self, *data: bytes) -> None:
        """Send this in one piece."""
        self.transport.write(b"".join(data))

    async def start_tls(self) -> None:
        """Shake hands; call it right behind the bytes that announce it."""
        assert self.certificate is not None
        loop = asyncio.get_running_loop()
        # Before the handshake: whatever comes from now on comes through it.
        self.stage = Stage.TLS
        self._unread.clear()
        try:
            secured = await loop.start_tls(self.transport, self, self.certificate, server_side=True)
        except (OSError, ssl.SSLError):
            self.gone = True
            raise Gone from None
        assert secured is not None
        self.transport = secured

    async def header(self, answer: bytes = HEADER) -> None:
        """Take the client's stream header and answer it."""
        await self.expect(rb"<stream:stream [^>]*>")
        self.send(answer)

    async def until_gone(self) -> None:
        """Wait until the client has left."""
        while not self.gone:
            self._news.clear()
            await self._news.wait()


Script = Callable[[Wire], Awaitable[None]]


class Hostile:
    """Runs the script for every client, in a thread of its own; use it as a context manager."""

    def __init__(self, script: Script, certificate: ssl.SSLContext | None, *, direct_tls: bool = False) -> None:
        self._script, self._certificate, self._direct_tls = script, certificate, direct_tls
        self.wires: list[Wire] = []
        self.errors: list[BaseException] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="hostile server", daemon=True)

    def __enter__(self) -> "Hostile":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        assert not self.errors, self.errors

    @property
    def wire(self) -> Wire:
        """The end of the newest connection."""
        return self.wires[-1]

    def _live(self) -> None:
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        direct = self._certificate if self._direct_tls else None
        server = await self.loop.create_server(self._accept, "127.0.0.1", 0, ssl=direct)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for wire in self.wires:
            wire.hang_up()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> Wire:
        wire = Wire(self._certificate, Stage.TLS if self._direct_tls else Stage.CLEAR)
        self.wires.append(wire)
        task = self.loop.create_task(self._run(wire))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return wire

    async def _run(self, wire: Wire) -> None:
        try:
            await self._script(wire)
        except Gone:
            return
        except Exception as error:
            self.errors.append(error)

    def inject(self, *data: bytes) -> None:
        """Send this to the newest client, from any thread."""
        self.loop.call_soon_threadsafe(self.wire.send, *data)


# -- the honest parts --------------------------------------------------------


@dataclass
class Scram:
    """The server's half of SCRAM (RFC 5802), with room for lies."""

    name: str = "SCRAM-SHA-256"
    password: str = PASSWORD
    rounds: int = 4096
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _bare: bytes = b""
    _first: bytes = b""

    def _hash(self) -> str:
        return {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[self.name]

    def challenge(self, first: bytes) -> bytes:
        """The answer to the client's first message."""
        self._bare = first.split(b",", 2)[2]
        nonce = self._bare.split(b"r=")[1] + b64encode(secrets.token_bytes(12))
        self._first = b"r=%b,s=%b,i=%d" % (nonce, b64encode(self.salt), self.rounds)
        return self._first

    def verdict(self, final: bytes) -> bytes:
        """The server's proof, after the client's was found right."""
        without, _, proof = final.rpartition(b",p=")
        said = b",".join((self._bare, self._first, without))
        salted = hashlib.pbkdf2_hmac(self._hash(), self.password.encode(), self.salt, self.rounds)
        key = hmac.digest(salted, b"Client Key", self._hash())
        signature = hmac.digest(hashlib.new(self._hash(), key).digest(), said, self._hash())
        expected = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        assert b64decode(proof) == expected, "the client's proof is wrong"
        return b"v=" + b64encode(hmac.digest(hmac.digest(salted, b"Server Key", self._hash()), said, self._hash()))


def sasl(name: str, payload: bytes) -> bytes:
    """A SASL element with this payload in base64."""
    return f"<{name} xmlns='{SASL_NS}'>{b64encode(payload).decode()}</{name}>".encode()


def mechanisms(*names: str) -> bytes:
    """Features that offer these mechanisms."""
    offered = "".join(f"<mechanism>{name}</mechanism>" for name in names)
    return f"<stream:features><mechanisms xmlns='{SASL_NS}'>{offered}</mechanisms></stream:features>".encode()


async def payload(wire: Wire, name: str) -> bytes:
    """What the client says in its next SASL element of this name."""
    said = await wire.expect(f"<{name} [^>]*>[^<]*</{name}>".encode())
    return b64decode(said.rpartition(b"</")[0].rpartition(b">")[2])


async def to_tls(wire: Wire) -> None:
    """Up to verified TLS."""
    if wire.stage is Stage.CLEAR:
        await wire.header()
        wire.send(STARTTLS)
        await wire.expect(rb"<starttls [^>]*>")
        wire.send(PROCEED)
        await wire.start_tls()


async def to_mechanisms(wire: Wire, *names: str) -> None:
    """Up to the choice of a mechanism."""
    await to_tls(wire)
    await wire.header()
    wire.send(mechanisms(*(names or ("SCRAM-SHA-256",))))


async def to_signed_in(wire: Wire, scram: Scram | None = None) -> None:
    """Up to the stream behind the log-in; its header is not yet answered."""
    scram = scram or Scram()
    await to_mechanisms(wire, scram.name)
    wire.send(sasl("challenge", scram.challenge(await payload(wire, "auth"))))
    wire.send(sasl("success", scram.verdict(await payload(wire, "response"))))
    wire.stage = Stage.SIGNED_IN


async def to_bind(wire: Wire) -> str:
    """Up to the client's wish for a resource; its id."""
    await to_signed_in(wire)
    await wire.header()
    wire.send(BIND)
    asked = await wire.expect(rb"<iq [^>]*>.*</iq>")
    found = re.search(rb"<iq [^>]*\bid=[\"']([^\"']+)", asked)
    assert found, asked
    return found[1].decode()


def bound(number: str, jid: str = f"{JID}/{RESOURCE}") -> bytes:
    """The honest answer to a bind."""
    return f"<iq type='result' id='{number}'><bind xmlns='{BIND_NS}'><jid>{jid}</jid></bind></iq>".encode()


async def to_bound(wire: Wire) -> None:
    """Up to a session."""
    number = await to_bind(wire)
    wire.stage = Stage.BOUND
    wire.send(bound(number))
