"""Waiting for something to become true, instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T | None], seconds: float = 10.0, what: str = "") -> T:
    """The first true answer of the condition; fails the test when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain for {what or condition}")
        time.sleep(0.01)
