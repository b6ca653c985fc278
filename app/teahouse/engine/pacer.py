"""Paces: work in short stretches so that the window never starves, and log-ins and joins so that they tell nothing."""

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


class LoginPace:
    """One for all accounts. Those that hide sign in at no exact moment, and never two in the same one.

    Otherwise whoever sees two servers, or one server with two identities, sees whose tor came up when.
    """

    JITTER, GAP = (0.0, 2.0), (3.0, 15.0)
    """Seconds before a log-in that nobody waits for, and seconds after that of another identity."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        nap: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: SystemRandom | None = None,
    ) -> None:
        self._now, self._nap, self._chance = now, nap, chance or SystemRandom()
        self._last, self._free = 0, 0.0

    async def turn(self, account: int, route: Route, *, awaited: bool) -> None:
        """Wait for one's turn; at once on a direct connection, and when the user asked for it and is `awaited`."""
        if route is Route.DIRECT:
            return
        now = self._now()
        moment = now if awaited else now + self._chance.uniform(*self.JITTER)
        if account != self._last and not awaited:
            moment = max(moment, self._free)
        self._last, self._free = account, moment + self._chance.uniform(*self.GAP)
        if moment > now:
            await self._nap(moment - now)
