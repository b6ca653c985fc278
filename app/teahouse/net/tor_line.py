"""A control connection for asyncio: what blocks is done in one thread of its own, what tor says arrives in the loop."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.net.tor_control import Heard, OpenControl, TorControl, TorPlace, TorUnreachable

T = TypeVar("T")
_ANSWER = 20.0
"""Seconds for tor to answer."""


class ControlLine:
    """At most one connection at a time; `heard` gets the events of that one only."""

    def __init__(self, opener: OpenControl, heard: Heard) -> None:
        self._opener, self._heard = opener, heard
        self._control: TorControl | None = None
        self._number = 0
        self._pool = ThreadPoolExecutor(1, "tor control")

    @property
    def is_open(self) -> bool:
        """Whether there is one; it may have ended without our having noticed."""
        return self._control is not None

    async def open(self, place: TorPlace) -> None:
        """Connect to a tor that has a control port; raises Trouble(TOR_DOWN)."""
        self.hang_up()
        loop, number = asyncio.get_running_loop(), self._number

        def heard(action: str, arguments: Mapping[str, str]) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._take, number, action, arguments)

        opening = self._pool.submit(self._opener, place, heard)
        try:
            self._control = await self._answer(asyncio.wrap_future(opening))
        except BaseException:
            opening.add_done_callback(_close)
            raise

    def _take(self, number: int, action: str, arguments: Mapping[str, str]) -> None:
        if number == self._number:
            self._heard(action, arguments)

    async def ask(self, key: str) -> str:
        """GETINFO; raises Trouble(TOR_DOWN)."""
        control = self._open_one()
        return await self._call(lambda: control.get_info(key))

    async def set(self, options: Mapping[str, str | list[str]]) -> None:
        """One SETCONF; raises Trouble(TOR_DOWN)."""
        control = self._open_one()
        await self._call(lambda: control.set_options(options))

    def _open_one(self) -> TorControl:
        if self._control is None:
            raise Trouble(Problem(Fault.TOR_DOWN))
        return self._control

    def hang_up(self) -> None:
        """Close it; nothing of it is heard any more."""
        self._number += 1
        control, self._control = self._control, None
        if control is not None:
            self._pool.submit(control.close)

    def end(self) -> None:
        """Hang up for good; a call that still blocks is not waited for."""
        self.hang_up()
        self._pool.shutdown(wait=False)

    async def _call(self, work: Callable[[], T]) -> T:
        return await self._answer(asyncio.get_running_loop().run_in_executor(self._pool, work))

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        try:
            async with asyncio.timeout(_ANSWER):
                return await future
        except (TorUnreachable, TimeoutError) as error:
            raise Trouble(Problem(Fault.TOR_DOWN, detail=str(error) or type(error).__name__)) from None


def _close(opening: "Future[TorControl]") -> None:
    """One that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
