"""A link says where it goes before anything is opened."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from teahouse.browser import ANY, TOR
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.link import LinkSheet, host_of
from teahouse.ui.window import MainWindow

from .fake import World, message
from .stage import window_of

ADDRESS = "https://bank.example@evil.example:8443/%E8%8C%B6?q=1"


def with_link(qtbot: QtBot, opened: list[str], address: str = ADDRESS) -> MainWindow:
    world = World(0)
    world.messages.append(message(1, body=f"{address} is it"))
    return window_of(qtbot, world, openers={ANY: opened.append, TOR: lambda address: opened.append(f"tor {address}")})


def sheet_of(qtbot: QtBot, window: MainWindow) -> LinkSheet:
    qtbot.waitUntil(lambda: window.findChild(LinkSheet) is not None)
    sheet = window.findChild(LinkSheet)
    assert isinstance(sheet, LinkSheet)
    return sheet


@pytest.mark.parametrize("kind", [ANY, TOR])
def test_a_click_asks_before_it_opens(qtbot: QtBot, kind: str) -> None:
    opened: list[str] = []
    window = with_link(qtbot, opened)
    view = window.conversation.view
    row = view.visualRect(window.conversation.model.index(0))
    block = view.delegate.laid(window.conversation.model.rows()[0]).blocks[0]
    at = row.topLeft() + QPoint(round(block.area.x()) + 20, round(block.area.center().y()))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    sheet = sheet_of(qtbot, window)
    assert sheet.host.text() == "evil.example" and sheet.whole.toPlainText() == ADDRESS
    assert opened == [] and sheet.away.isDefault()
    button = sheet.act if kind == ANY else sheet.hidden
    assert button.isVisible()
    button.click()
    assert opened == [ADDRESS if kind == ANY else f"tor {ADDRESS}"]


def test_the_menu_of_a_message_leads_there_too(qtbot: QtBot) -> None:
    opened: list[str] = []
    window = with_link(qtbot, opened)
    view = window.conversation.view
    view.setFocus()
    view.choose(0)
    menu = view.menu()
    assert menu is not None
    next(action for action in menu.actions() if "evil.example" in action.text()).trigger()
    sheet = sheet_of(qtbot, window)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert opened == []


def test_without_a_browser_it_can_be_copied(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    window.conversation.link.emit(ADDRESS)
    sheet = sheet_of(qtbot, window)
    assert not sheet.act.isVisible() and not sheet.hidden.isVisible()
    sheet.copy()
    assert QGuiApplication.clipboard().text() == ADDRESS


def test_a_link_to_a_room_shows_the_room(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(1))
    window.conversation.link.emit("xmpp:tea@rooms.example?join")
    qtbot.waitUntil(lambda: window.findChild(BrowseRoomsSheet) is not None)
    sheet = window.findChild(BrowseRoomsSheet)
    assert isinstance(sheet, BrowseRoomsSheet) and isinstance(sheet.address, QLineEdit)
    assert sheet.address.text() == "tea@rooms.example"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://example.org/a", "example.org"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://a@b:c@d.example:9/", "d.example"),
        ("http://[::1]:80/", "::1"),
        ("http://[broken", ""),
        ("https://" + "é" * 80, ""),
    ],
)
def test_the_host_is_the_one_a_browser_goes_to(address: str, host: str) -> None:
    assert host_of(address) == host
