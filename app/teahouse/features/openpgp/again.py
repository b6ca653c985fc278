"""Work that many things at once may call for: done at once, and then once more, not as often as it was called for."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any

PAUSE = 1.0
"""Seconds before the same is done once more: whoever calls for it without end does not keep us at it."""


class Again:
    """`spawn` runs what is called for beside everything else."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._spawn = spawn
        self._wanted: dict[Hashable, bool] = {}

    def want(self, what: Hashable, work: Callable[[], Awaitable[None]]) -> None:
        """Have this done; while it is under way, once more behind it."""
        under_way = what in self._wanted
        self._wanted[what] = True
        if not under_way:
            self._spawn(self._run(what, work))

    async def _run(self, what: Hashable, work: Callable[[], Awaitable[None]]) -> None:
        try:
            while self._wanted[what]:
                self._wanted[what] = False
                await work()
                if self._wanted[what]:
                    await asyncio.sleep(PAUSE)
        finally:
            del self._wanted[what]
