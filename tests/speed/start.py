"""From the broker's start to the first painted window, and the same for an empty Qt window."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.rig.xvfb import Xvfb

ROUNDS = 7
_EMPTY = """
import sys
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
class Window(QWidget):
    def paintEvent(self, event):
        print("painted", flush=True)
window = Window(); window.resize(1280, 800); window.show()
app.exec()
"""


def cold_start() -> dict[str, list[float]]:
    """Seconds to the first paint of a profile that is set up and offline, and the ratio to an empty window."""
    display = Xvfb()
    try:
        return _on(display)
    finally:
        display.stop()


def _on(display: Xvfb) -> dict[str, list[float]]:
    screen = os.environ | {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb"}
    with tempfile.TemporaryDirectory() as home:
        _prepare(Path(home))
        command = [sys.executable, "-P", "-m", "teahouse", "--offline"]
        environment = screen | {"TEAHOUSE_HOME": home, "TEAHOUSE_TELL_PAINT": "1"}
        pairs = [(_until_painted(command, environment), _until_painted([sys.executable, "-c", _EMPTY], screen))
                 for _ in range(ROUNDS)]  # fmt: skip
    return {
        "first paint s": [own for own, _ in pairs],
        "empty window s": [empty for _, empty in pairs],
        "ratio to an empty window": [own / empty for own, empty in pairs],
    }


def _prepare(home: Path) -> None:
    from teahouse.domain.account import Account
    from teahouse.domain.chat import ChatKind
    from teahouse.domain.vault import VaultMode
    from teahouse.store import accounts, chats
    from teahouse.store.database import Database
    from teahouse.store.vault import Vault

    folder = home / "profiles" / "default"
    folder.mkdir(parents=True)
    vault = Vault(folder)
    db = Database(vault.database, vault.create(VaultMode.OPEN))
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    for number in range(50):
        chats.ensure(db, account.id, f"room{number}@rooms.test", ChatKind.ROOM, f"Room {number}")
    db.close()


def _until_painted(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        while "painted" not in (line := process.stdout.readline()):
            assert line, "it ended before it painted"
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
