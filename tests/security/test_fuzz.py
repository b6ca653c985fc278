"""A short fuzz of the guard; the long one is `python -m tests.security.fuzz --seconds 60`."""

import asyncio
import random
from pathlib import Path

import pytest

from teahouse.engine.rooms import Rooms
from tests.security import fuzz


def test_nothing_escapes(tmp_path: Path) -> None:
    number, escapes = asyncio.run(fuzz.run(60, random.randrange(1 << 40), tmp_path, rounds=150))
    assert (number, escapes) == (150, [])


@pytest.mark.allows_log("a stanza was dropped: ZeroDivisionError")
def test_the_fuzz_finds_what_is_caught_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rooms, "message", lambda *_: 1 // 0)
    _, escapes = asyncio.run(fuzz.run(60, 7, tmp_path, rounds=6))
    assert any("ZeroDivisionError" in escape for escape in escapes)
