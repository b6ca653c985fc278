"""PySide6 6.12.0 on Python 3.11 loses a reference to None in every call that returns it, and aborts in the end."""

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


def test_set_text_keeps_none_alive(qtbot: QtBot) -> None:
    """10,000 calls, and the count stays where it was."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(10_000):
        label.setText("x")
    assert abs(sys.getrefcount(None) - before) < 100
