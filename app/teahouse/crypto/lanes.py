"""Worker threads for what blocks: calls of one chat go one after another, those of different chats side by side."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class Lanes:
    """For one asyncio loop. `width` is how many calls run at once, over all chats."""

    def __init__(self, width: int = 2) -> None:
        self._room = asyncio.Semaphore(width)
        self._last: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    async def run(self, chat: str, call: Callable[[], Result]) -> Result:
        """What `call` returns or raises, after all that was asked for this chat before. Cancelled, it keeps its place

        until its thread is done, so that nothing later can overtake it.
        """
        task = asyncio.ensure_future(self._in_order(chat, call))
        # Nobody may be left to hear of what went wrong.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _in_order(self, chat: str, call: Callable[[], Result]) -> Result:
        lock = self._last.setdefault(chat, asyncio.Lock())
        self._waiting[chat] = self._waiting.get(chat, 0) + 1
        try:
            async with lock, self._room:
                return await asyncio.to_thread(call)
        finally:
            self._waiting[chat] -= 1
            if not self._waiting[chat]:
                del self._waiting[chat], self._last[chat]
