"""What folds when the window is narrow, and how one gets to it."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from teahouse.ui.window import MainWindow

from .fake import ROOM, World
from .stage import window_of


def shown(window: MainWindow) -> str:
    """The panes in sight, by their first letters."""
    panes = {"l": window.chats, "c": window.conversation, "d": window.details}
    return "".join(letter for letter, pane in panes.items() if pane.isVisible())


def test_panes_fold_and_unfold(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(5))
    assert shown(window) == "lcd"
    window.resize(1099, 800)
    assert shown(window) == "lc"
    window.resize(719, 800)
    assert shown(window) == "c" and window.conversation.header.to_list.isVisible()
    window.resize(1100, 800)
    assert shown(window) == "lcd" and not window.conversation.header.to_list.isVisible()


def test_one_pane_at_a_time(qtbot: QtBot) -> None:
    board = replace(ROOM, id=2, jid="b@rooms.example", title="Board", last_time=500)
    window = window_of(qtbot, World(5, (ROOM, board)), 600)
    assert shown(window) == "c"
    window.conversation.header.to_list.click()
    assert shown(window) == "l"
    qtbot.waitUntil(lambda: window.chats.width() > 500)
    QTest.keyClick(window.chats.list, Qt.Key.Key_Down)
    QTest.keyClick(window.chats.list, Qt.Key.Key_Return)
    assert shown(window) == "c" and window.conversation.chat is not None and window.conversation.chat.id == 2
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert shown(window) == "d"
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert shown(window) == "c"
    QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shown(window) == "l" and QApplication.focusWidget() is window.chats.list
    QTest.keyClick(window, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert shown(window) == "c"
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert shown(window) == "l" and QApplication.focusWidget() is window.chats.search


def test_details_can_be_asked_for_in_between(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(5), 900)
    assert shown(window) == "lc"
    window.conversation.header.toggle.click()
    assert shown(window) == "lcd"
    window.conversation.header.toggle.click()
    assert shown(window) == "lc"
    window.resize(1280, 800)
    assert shown(window) == "lcd", "what was hidden for want of room comes back"
