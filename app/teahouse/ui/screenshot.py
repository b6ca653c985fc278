"""Takes a picture of the main window once it is at rest, then ends the program."""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from teahouse.domain.chat import ChatKind
from teahouse.ui.bridge import Bridge
from teahouse.ui.shell import Shell

QUIET_S, GIVE_UP_S = 0.5, 30.0


class Screenshot(QObject):
    """Exit code 0 with a picture, 1 with a sentence after half a minute."""

    def __init__(self, shell: Shell, bridge: Bridge, path: str | Path) -> None:
        super().__init__(shell)
        self._shell, self._bridge, self._path = shell, bridge, Path(path)
        self._begun = time.monotonic()
        self._look = QTimer(self)
        self._look.setInterval(50)
        self._look.timeout.connect(self._try)
        self._look.start()

    def _try(self) -> None:
        if self._ready():
            self._look.stop()
            window = self._shell.window
            saved = window is not None and window.grab().save(str(self._path))
            self._end("" if saved else f"teahouse: cannot write the picture {self._path}")
        elif time.monotonic() - self._begun > GIVE_UP_S:
            self._look.stop()
            self._end("teahouse: no picture: the main window did not come to rest within 30 seconds")

    def _end(self, trouble: str) -> None:
        if trouble:
            sys.stderr.write(trouble + "\n")
        QApplication.exit(1 if trouble else 0)

    def _ready(self) -> bool:
        window = self._shell.window
        if window is None or not window.isVisible() or not window.known.loaded:
            return False
        if (window.width(), window.height()) != (1280, 800):
            window.resize(1280, 800)
            return False
        rooms = any(c.kind is ChatKind.ROOM for c in window.known.chats.values())
        if not window.known.chats or (rooms and window.conversation.chat is None):
            return False
        return not window.conversation.model.loading and self._bridge.idle() and self._bridge.quiet_for() >= QUIET_S
