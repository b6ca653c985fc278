"""Keeps the engine from starving the window: short work, then a breath."""

import asyncio
import time

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
