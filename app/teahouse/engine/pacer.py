"""Paces: work in short stretches so that the window never starves, and joins so that they tell nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from random import SystemRandom
from typing import TypeVar

from teahouse.domain.account import Route

T = TypeVar("T")

WORK, BREATH = 0.004, 0.002
"""Seconds of work at a stretch, and of rest after it."""


class Pacer:
    """One per loop of work."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def breathe(self) -> None:
        """Rest a little if the work has lasted long enough; cheap otherwise."""
        if time.monotonic() - self._since >= WORK:
            await asyncio.sleep(BREATH)
            self._since = time.monotonic()


class JoinPace:
    """One for all accounts. Those that hide enter their rooms in a random order, and no two rooms in the same moment.

    Otherwise whoever sees two rooms, or two identities, sees that they come and go together.
    """

    GAP = (1.5, 6.0)
    """Seconds between two joins, of whichever identities."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: SystemRandom | None = None,
    ) -> None:
        self._now, self._nap, self._chance = now, nap, chance or SystemRandom()
        self._last = now()

    def order(self, route: Route, rooms: Sequence[T]) -> list[T]:
        """The order in which to enter."""
        return list(rooms) if route is Route.DIRECT else self._chance.sample(rooms, len(rooms))

    async def turn(self, route: Route) -> None:
        """Wait for one's turn; at once on a direct connection."""
        if route is not Route.DIRECT:
            now = self._now()
            self._last = max(now, self._last) + self._chance.uniform(*self.GAP)
            await self._nap(self._last - now)
