"""The window is on the screen before anything slow is imported."""

from pathlib import Path

import pytest

from tests.e2e.test_faults import profile
from tests.rig.program import Program

SLOW = {"slixmpp", "gnupg", "stem", "aiohttp", "aiodns", "pycares", "cryptography", "keyring", "argon2", "asyncio"}


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_loaded_at_the_first_paint(tmp_path: Path, kept: bool) -> None:
    """With a profile that shows its chats, and with none, which shows the welcome."""
    if kept:
        profile(tmp_path)
    environment = {"TEAHOUSE_TELL_PAINT": "1", "QT_QPA_PLATFORM": "offscreen"}
    with Program(tmp_path, "--offline", environment=environment) as program:
        program.expect("painted ")
        program.expect("sys")
        loaded = set(program.output.partition("painted ")[2].splitlines()[0].split())
        program.terminate()
    assert {"PySide6", "teahouse"} <= loaded
    assert not loaded & SLOW
