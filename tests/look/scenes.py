"""What is to be seen in each picture: scripts for the real program, which then takes the picture of its own window."""

import os
import sys
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from teahouse.domain.chat import ChatKind
from teahouse.ui.dialogs.gate import StoppedPage
from teahouse.ui.onboarding.welcome import Welcome
from teahouse.ui.window import MainWindow
from tests.e2e.hands import Step, card, lines, main, main_window, press, seen, sheets, type_into


def _picture(window: QWidget) -> None:
    assert window.screen().grabWindow(0).save(os.environ["LOOK_FILE"])


def _settled(window: MainWindow) -> Step:
    bridge = window._bridge
    return lambda: bridge.idle() and bridge.quiet_for() > 0.5 and not window.conversation.model.loading


def _inside() -> Iterator[Step]:
    """The lobby, with its greeting."""
    yield main_window
    window = main_window()
    assert window is not None
    window.activateWindow()
    yield lambda: window.conversation.chat is not None and len(lines(window)) > 8
    yield lambda: window.details.model.rowCount() > 4
    yield _settled(window)


def lobby() -> Iterator[Step]:
    """The practice lobby."""
    yield from _inside()
    window = main_window()
    assert window is not None
    _picture(window)


def person() -> Iterator[Step]:
    """A chat with one person, who answers."""
    yield from _inside()
    window = main_window()
    assert window is not None
    one = next(chat for chat in window.known.chats.values() if chat.kind is ChatKind.PERSON)
    window.open_chat(one)
    for text in ("Hello! Is this only between the two of us?", "And the server, I see. It says so above the box."):
        before = len(lines(window))
        yield lambda: window.conversation.composer.box.isEnabled()
        QTest.keyClicks(window.conversation.composer.box, text)
        QTest.keyClick(window.conversation.composer.box, Qt.Key.Key_Return)
        yield lambda before=before: len(lines(window)) >= before + 2  # type: ignore[misc]
        yield _settled(window)
    _picture(window)


def browse() -> Iterator[Step]:
    """The sheet to join a room, one of them chosen."""
    yield from _inside()
    window = main_window()
    assert window is not None
    window.browse()
    yield sheets
    sheet = sheets()[0]
    yield lambda: sheet.rooms.count() > 0
    sheet.rooms.setCurrentRow(0)
    yield lambda: sheet.act.isEnabled()
    yield _settled(window)
    _picture(window)


def preferences() -> Iterator[Step]:
    """The preferences over the lobby."""
    yield from _inside()
    window = main_window()
    assert window is not None
    window.asking.preferences(window._preferences)
    yield _settled(window)
    _picture(window)


def narrow() -> Iterator[Step]:
    """A window half as wide."""
    yield from _inside()
    window = main_window()
    assert window is not None
    window.resize(760, 700)
    yield _settled(window)
    _picture(window)


def _welcome() -> Iterator[Step]:
    yield lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome) and w.isVisible()]


def welcome() -> Iterator[Step]:
    """The first window of all."""
    yield from _welcome()
    _picture(next(w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome)))


def protect() -> Iterator[Step]:
    """The question what protects the vault."""
    yield from _welcome()
    page = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome))
    press("New identity")
    yield lambda: card("No, connect")
    if os.environ["LOOK_SCENE"] == "way":
        return _picture(page)
    press("Without Tor")
    yield lambda: seen("passphrase")
    _picture(page)


def identity() -> Iterator[Step]:
    """The page that asks for a server."""
    yield from protect()
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)
    yield lambda: seen("domain")
    _picture(next(w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome)))


def stopped() -> Iterator[Step]:
    """The page that says why a profile stays closed."""
    yield lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage) and w.isVisible()]
    _picture(next(w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage)))


if __name__ == "__main__":
    sys.exit(main(lobby, person, browse, preferences, narrow, welcome, protect, identity, stopped))
