"""C6, C7: several identities in one window: whose a chat is stands in sight, and nobody writes as the wrong person."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, RoomFacts
from teahouse.domain.commands import AskRoom
from teahouse.domain.events import AccountStored
from teahouse.ui import theme
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.window import MainWindow

from .fake import ROOM, World
from .stage import window_of

WILLOW, PLUM = Account(1, "willow@tea.example", "willow"), Account(2, "plum@café.example", "plum")
MINE, THEIRS = ROOM, Chat(2, 2, "garden@rooms.example", ChatKind.ROOM, "Garden", "plum", ROOM.presence)


def two(messages: int = 1) -> World:
    """A world of two identities with a room each."""
    world = World(messages, (MINE, THEIRS))
    world.accounts = (WILLOW, PLUM)
    return world


def framed(window: MainWindow) -> QColor:
    """The colour at the edge of the box that one writes into."""
    frame = window.conversation.composer._frame
    return frame.grab().toImage().pixelColor(QPoint(frame.width() // 2, 1))


@pytest.mark.parametrize("look", ["light", "dark"])
def test_c7_the_box_is_the_identitys(qtbot: QtBot, look: str) -> None:
    window = window_of(qtbot, two())
    theme.use(look)
    for chat, account in ((MINE, WILLOW), (THEIRS, PLUM)):
        window.open_chat(chat)
        assert account.jid in window.conversation.composer._frame.face.accessibleName()
        assert framed(window) == QColor(theme.name_color(account.jid))
    assert theme.name_color(WILLOW.jid) != theme.name_color(PLUM.jid)


def test_c7_rows_of_the_list_wear_the_colour(qtbot: QtBot) -> None:
    window = window_of(qtbot, two())
    shown = window.chats.list
    for chat, account in ((MINE, WILLOW), (THEIRS, PLUM)):
        area = shown.visualRect(window.chats.model.index(window.chats.model.row_of(chat.id)))
        picture = shown.viewport().grab(area).toImage()
        assert picture.pixelColor(10, area.height() // 2) == QColor(theme.name_color(account.jid))


def test_c7_a_single_identity_needs_no_frame_until_there_is_another(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    frame = window.conversation.composer._frame
    assert not frame.face.isVisible() and framed(window) != QColor(theme.name_color(WILLOW.jid))
    world.bridge.announce(AccountStored(PLUM))
    qtbot.waitUntil(lambda: frame.face.isVisible())
    assert framed(window) == QColor(theme.name_color(WILLOW.jid))


@pytest.mark.parametrize("there", [True, False])
def test_c6_one_room_with_two_identities_is_warned_of(qtbot: QtBot, there: bool) -> None:
    world = two()
    if there:
        world.chats = (MINE, replace(THEIRS, jid=MINE.jid))
    window = window_of(qtbot, world)
    world.answers[AskRoom] = lambda command: RoomFacts("Tea")
    sheet = BrowseRoomsSheet(window, world.bridge, window.known, WILLOW, lambda chat: None, MINE.jid)
    sheet.open()
    qtbot.waitUntil(sheet.act.isEnabled)

    def lines() -> list[str]:
        return [part.text() for part in sheet.findChildren(QLabel) if part.isVisible()]

    # What was just put into a sheet is shown by a later turn of the event loop.
    qtbot.waitUntil(lambda: any(text.startswith("Not encrypted") for text in lines()))
    told = [text for text in lines() if "is in this room too" in text]
    assert [PLUM.jid in text for text in told] == ([True] if there else [])
