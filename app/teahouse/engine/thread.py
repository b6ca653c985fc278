"""The engine's own thread: one asyncio loop, started after the window is painted."""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from teahouse.domain.commands import Command
from teahouse.domain.events import Event, WentWrong
from teahouse.domain.problem import Trouble

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
    ) -> None:
        self._folder, self._announce, self._opened, self._offline = folder, announce, opened, offline
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[tuple[Command, int]] = []
        self._queue: asyncio.Queue[tuple[Command, int] | None] | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def submit(self, command: Command, ticket: int) -> None:
        """Give a command; callable from the window's thread, never waits."""
        if self._loop is None or self._queue is None:
            self._early.append((command, ticket))
        else:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (command, ticket))

    def stop(self) -> None:
        """Go offline and end; waits at most five seconds."""
        if self._thread.is_alive():
            self._ready.wait(5)
            if self._loop is not None and self._queue is not None:
                self._loop.call_soon_threadsafe(self._queue.put_nowait, None)
            self._thread.join(5)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        from teahouse.engine.engine import Engine

        queue: asyncio.Queue[tuple[Command, int] | None] = asyncio.Queue()
        engine = Engine(self._folder, self._announce, self._opened, offline=self._offline)
        try:
            await engine.open()
        except Trouble as trouble:
            self._announce(WentWrong(trouble.problem))
        self._queue, self._loop = queue, asyncio.get_running_loop()
        self._ready.set()
        while self._early:
            queue.put_nowait(self._early.pop(0))
        running: set[asyncio.Task[None]] = set()
        while (wanted := await queue.get()) is not None:
            task = asyncio.ensure_future(engine.do(*wanted))
            running.add(task)
            task.add_done_callback(running.discard)
        await engine.close()
