"""Python's garbage, collected by the thread of the window alone.

Python collects in whichever thread asks for memory at the time. What belongs to Qt and lies in a cycle would then be
freed by the engine's thread, under the hands of the window's, and the program would crash.
"""

import gc

from PySide6.QtCore import QObject, Qt, QTimer

EVERY = 2_000
"""Milliseconds between two looks."""


class Collector(QTimer):
    """While there is one, garbage is collected at its looks and nowhere else, by Python's own thresholds."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self.timeout.connect(self.look)
        self.start(EVERY)

    def look(self) -> None:
        """Collect as many generations as are due; none of them when little has come since."""
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if due[0]:
            gc.collect(2 if due[1] and due[2] else 1 if due[1] else 0)
