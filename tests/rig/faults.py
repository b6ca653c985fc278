"""A bad network on loopback: a proxy of TCP between client and server that breaks connections by a plan.

Each connection has a plan of its own, the next one of the list; behind the last one the way is good. Plans that are
drawn come from a seed, which is printed and draws the same ones again.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.rig.wait import until

_RESET = struct.pack("ii", 1, 0)
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one connection. Counts are in bytes, `up` is from the client; None never happens."""

    cut_up: int | None = None
    """Reset both ends after so many bytes; the byte that reaches the count is not passed on."""
    cut_down: int | None = None
    swallow_up: int | None = None
    """Half-open: after so many bytes, whatever comes this way is taken and nothing is said of it."""
    swallow_down: int | None = None
    delay: float = 0.0
    """Seconds by which every piece is late."""
    rate: int = 0
    """Bytes a second, 0 for as fast as it goes."""
    life: float | None = None
    """Seconds after which it is reset."""
    crumbs: int = 0
    """So many bytes, either way, go one by one."""
    noise_down: int | None = None
    """After so many bytes there is noise instead of what was sent."""

    @property
    def kind(self) -> str:
        """What it does first, in a word."""
        told = {
            "abort up": self.cut_up,
            "abort down": self.cut_down,
            "half-open up": self.swallow_up,
            "half-open down": self.swallow_down,
            "flap": self.life,
            "crumbs": self.crumbs or None,
            "noise": self.noise_down,
        }
        return next((name for name, value in told.items() if value is not None), "good")


GOOD = Plan()


def aborts(chance: random.Random, count: int, least: int = 3_000, most: int = 20_000) -> list[Plan]:
    """Resets in either direction."""
    sizes = [(chance.random() < 0.5, chance.randint(least, most)) for _ in range(count)]
    return [Plan(cut_up=size) if up else Plan(cut_down=size) for up, size in sizes]


def half_opens(chance: random.Random, count: int, least: int = 3_000, most: int = 20_000) -> list[Plan]:
    """Connections that fall silent in one direction or both."""
    made = []
    for _ in range(count):
        size, way = chance.randint(least, most), chance.choice(("up", "down", "both"))
        made.append(Plan(swallow_up=size if way != "down" else None, swallow_down=size if way != "up" else None))
    return made


def flaps(chance: random.Random, count: int, least: float = 0.1, most: float = 0.8) -> list[Plan]:
    """Connections that live for a moment."""
    return [Plan(life=chance.uniform(least, most)) for _ in range(count)]


def slow(chance: random.Random, count: int) -> list[Plan]:
    """Late and narrow ones."""
    return [Plan(delay=chance.uniform(0.01, 0.1), rate=chance.randint(20_000, 60_000)) for _ in range(count)]


def crumbs(chance: random.Random, count: int) -> list[Plan]:
    """Bytes one by one, until the connection is reset."""
    return [Plan(crumbs=4_000, cut_down=chance.randint(6_000, 20_000)) for _ in range(count)]


def garbled(chance: random.Random, count: int) -> list[Plan]:
    """Noise from the server's side, behind the handshake: in it, a certificate that is no more what it was ends the
    attempts until the user has looked at it."""
    return [Plan(noise_down=chance.randint(6_000, 20_000)) for _ in range(count)]


class _Half:
    """One direction of one connection."""

    def __init__(self, link: "_Link", source: asyncio.StreamReader, sink: asyncio.StreamWriter, up: bool) -> None:
        self._link, self._source, self._sink = link, source, sink
        plan = link.plan
        self._cut, self._swallow = (plan.cut_up, plan.swallow_up) if up else (plan.cut_down, plan.swallow_down)
        self._crumbs = plan.crumbs
        self._noise = plan.noise_down if not up else None
        self._passed = 0

    async def run(self) -> None:
        plan = self._link.plan
        while data := await self._source.read(_PIECE):
            if self._swallow is not None and self._passed + len(data) >= self._swallow:
                data, self._swallow = data[: max(0, self._swallow - self._passed)], 0
            whole = len(data)
            if self._cut is not None and self._passed + whole >= self._cut:
                data = data[: max(0, self._cut - self._passed)]
            if plan.delay or plan.rate:
                await asyncio.sleep(plan.delay + (len(data) / plan.rate if plan.rate else 0))
            if self._noise is not None and self._passed + len(data) > self._noise:
                kept = max(0, self._noise - self._passed)
                data = data[:kept] + bytes(byte ^ 0x5A for byte in data[kept:])
            self._passed += whole
            await self._pass_on(data)
            if self._cut is not None and self._passed >= self._cut:
                return self._link.reset()
        if self._swallow is None:
            self._sink.write_eof()

    async def _pass_on(self, data: bytes) -> None:
        single, data = data[: self._crumbs], data[self._crumbs :]
        self._crumbs -= len(single)
        for at in range(len(single)):
            self._sink.write(single[at : at + 1])
            await asyncio.sleep(0)
        if data:
            self._sink.write(data)
        await self._sink.drain()


class _Link:
    """A client's connection and the one to the server behind it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._writers: list[asyncio.StreamWriter] = []
        self._work: asyncio.Future[Any] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self._writers = [writer]
        try:
            far, away = await asyncio.open_connection("127.0.0.1", port)
            self._writers.append(away)
            halves = (_Half(self, reader, away, True), _Half(self, far, writer, False))
            self._work = asyncio.gather(*(half.run() for half in halves))
            async with asyncio.timeout(self.plan.life):
                await self._work
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass
        finally:
            self.reset()

    def reset(self) -> None:
        """Cut both ends by RST."""
        for writer in self._writers:
            socket_: socket.socket | None = writer.get_extra_info("socket")
            if socket_ is not None and not writer.transport.is_closing():
                socket_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        if self._work is not None:
            self._work.cancel()


class Faults:
    """The proxy, in a thread of its own; use it as a context manager and dial `port`."""

    def __init__(self, port: int, plans: Sequence[Plan] = ()) -> None:
        self._far = port
        self._plans: Iterator[Plan] = iter(plans)
        self.port = 0
        self.taken: list[Plan] = []
        """The plans of the connections so far."""
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="fault proxy", daemon=True)

    def __enter__(self) -> "Faults":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def plan(self, *plans: Plan) -> None:
        """These are the plans of the next connections, instead of whatever was left."""
        self._loop.call_soon_threadsafe(self._set, iter(plans))

    def _set(self, plans: Iterator[Plan]) -> None:
        self._plans = plans

    def cut(self) -> None:
        """Reset every connection now."""

        async def cut() -> None:
            self._cut()

        asyncio.run_coroutine_threadsafe(cut(), self._loop).result(10)

    def _cut(self) -> None:
        for link in list(self._links):
            link.reset()

    def used(self, count: int, seconds: float = 60) -> None:
        """Wait until so many connections were made."""
        until(lambda: len(self.taken) >= count, seconds, f"{count} connections, not {len(self.taken)}")

    def _live(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        self._cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        link = _Link(next(self._plans, GOOD))
        self.taken.append(link.plan)
        self._links.add(link)
        self._tasks.add(task)
        try:
            await link.serve(reader, writer, self._far)
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
