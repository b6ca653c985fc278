"""Where a chat opens, and where the unread messages begin."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.chat import Chat
from teahouse.domain.commands import MarkRead
from teahouse.ui.window import MainWindow

from .fake import ROOM, World, message
from .stage import window_of


def opened_with(qtbot: QtBot, messages: int, unread: int) -> MainWindow:
    return window_of(qtbot, World(messages, (replace(ROOM, unread=unread, read_up_to=messages - unread),)))


def look_away(qtbot: QtBot, window: MainWindow) -> QWidget:
    """Another window of the desktop becomes the active one."""
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not window.isActiveWindow())
    return other


def top_of_divider(window: MainWindow) -> int:
    view = window.conversation.view
    return view.visualRect(window.conversation.model.index(window.conversation.model.divider())).top()


def test_few_unread_end_at_the_bottom(qtbot: QtBot) -> None:
    window = opened_with(qtbot, 100, 3)
    view, model = window.conversation.view, window.conversation.model
    assert view.at_bottom() and model.rows()[model.divider()].message.id == 98
    assert 0 <= top_of_divider(window) < view.height()


def test_many_unread_begin_at_the_divider(qtbot: QtBot) -> None:
    window = opened_with(qtbot, 200, 60)
    assert not window.conversation.view.at_bottom() and top_of_divider(window) == 0


def test_more_unread_than_a_page_begin_at_the_divider(qtbot: QtBot) -> None:
    window = opened_with(qtbot, 1000, 500)
    model = window.conversation.model
    qtbot.waitUntil(lambda: model.divider() >= 0)
    assert model.rows()[model.divider()].message.id == 501 and top_of_divider(window) == 0
    assert not window.conversation.view.to_latest.isHidden()


def test_a_room_that_fills_while_it_is_open_stays_at_the_bottom(qtbot: QtBot) -> None:
    world = World(0)
    window = window_of(qtbot, world)
    for number in range(1, 150):
        world.say(message(number))
        if number % 30 == 0:
            qtbot.wait(40)
    qtbot.waitUntil(lambda: window.conversation.model.rows()[-1].message.id == 149)
    assert window.conversation.view.at_bottom() and window.conversation.model.divider() == -1


def test_a_room_never_read_opens_at_its_end(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(150, (replace(ROOM, unread=150, read_up_to=0),)))
    assert window.conversation.view.at_bottom() and window.conversation.model.divider() == -1


def test_what_comes_while_nobody_looks_is_divided_off(qtbot: QtBot) -> None:
    world = World(20)
    window = window_of(qtbot, world)
    model = window.conversation.model
    look_away(qtbot, window)
    world.say(message(21))
    world.say(message(22))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 22)
    assert model.rows()[model.divider()].message.id == 21
    before = len(world.sent(MarkRead))
    window.activateWindow()
    qtbot.waitUntil(lambda: len(world.sent(MarkRead)) > before)
    world.say(message(23))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 23)
    assert model.rows()[model.divider()].message.id == 21, "it stays while one reads on"
    look_away(qtbot, window)
    world.say(message(24))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 24)
    assert model.rows()[model.divider()].message.id == 24, "the next absence takes it along"
    world.say(message(25, "willow", mine=True))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 25)
    assert model.divider() == -1, "who answers has read"


def test_a_flood_while_nobody_looks_waits_at_the_divider(qtbot: QtBot) -> None:
    world = World(20)
    window = window_of(qtbot, world)
    model = window.conversation.model
    look_away(qtbot, window)
    for number in range(21, 121):
        world.say(message(number))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 120)
    assert model.rows()[model.divider()].message.id == 21 and top_of_divider(window) == 0


def test_what_came_while_another_chat_was_open_is_divided_off(qtbot: QtBot) -> None:
    board = replace(ROOM, id=2, jid="b@rooms.example", title="Board", last_time=500, unread=2, read_up_to=50)
    world = World(1, (ROOM, board))
    world.messages += [message(n, chat=2) for n in range(31, 53)]
    window = window_of(qtbot, world)
    chat: Chat = window.known.chats[2]
    window.open_chat(chat)
    model = window.conversation.model
    qtbot.waitUntil(lambda: model.divider() >= 0)
    assert model.rows()[model.divider()].message.id == 51
    window.open_chat(window.known.chats[1])
    window.open_chat(replace(chat, unread=0, read_up_to=52))
    qtbot.waitUntil(lambda: bool(model.rows()) and not model.loading)
    assert model.divider() == -1
