"""The engine's own thread: one asyncio loop, started after the window is painted."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from teahouse.domain.commands import Command
from teahouse.domain.events import Event, WentWrong
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Trouble

if TYPE_CHECKING:
    from teahouse.engine.desk import Feature
    from teahouse.net.way import Endpoint

log = logging.getLogger(__name__)


class EngineThread:
    """Commands given before it has started are kept and carried out then."""

    def __init__(
        self,
        folder: Path,
        announce: Callable[[Event], None],
        opened: Callable[[Path, bytes], None],
        *,
        offline: bool = False,
        tell_broker: Callable[[str], None] | None = None,
        resolvers: "Sequence[Endpoint] | None" = None,
        policy: Policy = Policy.OPEN,
        clock: Callable[[], float] = time.time,
        feature: "Callable[[], Feature] | None" = None,
    ) -> None:
        """`feature` is called in the engine's thread, where it may import what takes its time."""
        self._folder, self._announce, self._opened, self._offline = folder, announce, opened, offline
        self._tell_broker, self._resolvers, self._policy, self._clock = tell_broker, resolvers, policy, clock
        self._feature = feature
        self._hear: Callable[[str], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._commands: deque[tuple[Command, int] | None] = deque()
        self._arrived: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def submit(self, command: Command, ticket: int) -> None:
        """Give a command; callable from the window's thread, never waits."""
        self._commands.append((command, ticket))
        self._wake()

    def hear(self, line: str) -> None:
        """Give the engine a line of the broker about tor, which it has asked for; callable from any thread."""
        with contextlib.suppress(RuntimeError):
            if self._loop is not None and self._hear is not None:
                self._loop.call_soon_threadsafe(self._hear, line)

    def _wake(self) -> None:
        if self._loop is not None and self._arrived is not None:
            self._loop.call_soon_threadsafe(self._arrived.set)

    def stop(self) -> None:
        """Go offline and end; waits at most five seconds."""
        if self._thread.is_alive():
            self._ready.wait(5)
            self._commands.append(None)
            self._wake()
            self._thread.join(5)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        from teahouse.engine.engine import Engine

        engine = Engine(
            self._folder,
            self._announce,
            self._opened,
            offline=self._offline,
            tell_broker=self._tell_broker,
            resolvers=self._resolvers,
            policy=self._policy,
            clock=self._clock,
            feature=self._feature() if self._feature else None,
        )
        self._loop, self._hear = asyncio.get_running_loop(), engine.hear
        try:
            await engine.open()
        except Trouble as trouble:
            self._announce(WentWrong(trouble.problem))
        self._arrived = asyncio.Event()
        self._ready.set()
        running: set[asyncio.Task[None]] = set()
        while (wanted := await self._next()) is not None:
            task = asyncio.ensure_future(engine.do(*wanted))
            running.add(task)
            task.add_done_callback(running.discard)
        await engine.close()

    async def _next(self) -> tuple[Command, int] | None:
        assert self._arrived is not None
        while not self._commands:
            # Cleared before the look, so that a command given in between wakes us again.
            self._arrived.clear()
            if not self._commands:
                await self._arrived.wait()
        return self._commands.popleft()
