"""A main window over a small world, ready to be used."""

from pytestqt.qtbot import QtBot

from teahouse.ui.dialogs.link import Openers
from teahouse.ui.preferences import Preferences
from teahouse.ui.window import MainWindow, WindowActions

from .fake import World


def window_of(
    qtbot: QtBot, world: World, width: int = 1280, openers: Openers | None = None
) -> MainWindow:
    """The window of a world, shown and active, once its first chat is open."""
    actions = WindowActions(lambda: None, lambda: None, openers or {})
    window = MainWindow(world.bridge, actions, Preferences(world.bridge, "light"))
    qtbot.addWidget(window)
    window.resize(width, 800)
    window.show()
    window.activateWindow()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: window.conversation.chat is not None and not window.conversation.model.loading)
    qtbot.waitUntil(window.isActiveWindow)
    return window
