"""The tray: strangers and invitations wait at the foot of the chats, are read as plain text, and are answered there."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from teahouse.domain import commands as c
from teahouse.domain.chat import Chat, ChatKind, RoomFacts
from teahouse.domain.contact import Contact
from teahouse.domain.events import ChatStored, ContactsChanged, RequestsChanged
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.request import Asking, Request
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.dialogs.requests import RequestsSheet
from teahouse.ui.window import MainWindow

from .fake import World
from .stage import window_of

MOTH = Request(7, 1, Asking.TALK, "moth@unknown.example", "moth@unknown.example", "", "<b>hello</b>", 5_000, 1)
CLUB = Request(
    8, 1, Asking.ROOM, "club@rooms.example", "club@rooms.example", "club@rooms.example/eve", "come", 4_000, password="p"
)
BY_HAND = Request(9, 1, Asking.DIRECT, "club@rooms.example", "eve@evil.test", "eve@evil.test", "come", 3_000)


def held(world: World, *requests: Request, lost: int = 0) -> None:
    """The engine says what is in the tray."""
    world.bridge.announce(RequestsChanged(1, requests, lost))


def opened(qtbot: QtBot, window: MainWindow) -> RequestsSheet:
    """The tray, opened by its entry."""
    entry = window.chats.requests
    qtbot.waitUntil(entry.isVisible)
    QTest.mouseClick(entry, Qt.MouseButton.LeftButton)
    return sheet_of(qtbot, window)


def sheet_of(qtbot: QtBot, window: MainWindow) -> RequestsSheet:
    """The open tray."""
    qtbot.waitUntil(lambda: bool([s for s in window.findChildren(RequestsSheet) if s.isVisible()]))
    return next(s for s in window.findChildren(RequestsSheet) if s.isVisible())


def test_it_waits_at_the_foot_and_raises_nothing(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    assert not window.chats.requests.isVisible()
    rows = window.chats.model.rowCount()
    held(world, MOTH)
    qtbot.waitUntil(window.chats.requests.isVisible)
    entry = window.chats.requests
    assert (entry.title.text(), entry.about.text()) == (MOTH.jid, "wants to talk to you")
    assert entry.accessibleName() == "1 request: moth@unknown.example wants to talk to you"
    assert window.chats.model.rowCount() == rows and not window.findChildren(QDialog)
    held(world, MOTH, CLUB)
    qtbot.waitUntil(lambda: entry.title.text() == "2 requests")
    assert entry.about.text() == "moth@unknown.example wants to talk to you"
    held(world)
    qtbot.waitUntil(lambda: not entry.isVisible())


def test_a_stranger_is_read_as_plain_text_and_accepted(qtbot: QtBot) -> None:
    world = World(1)
    chat = Chat(5, 1, MOTH.jid, ChatKind.PERSON, MOTH.jid)

    def accept(command: c.AcceptRequest) -> Chat:
        world.bridge.announce(ChatStored(chat))
        return chat

    world.answers[c.AcceptRequest] = accept
    window = window_of(qtbot, world)
    held(world, MOTH)
    sheet = opened(qtbot, window)
    assert sheet.address.toPlainText() == MOTH.jid and sheet.text.toPlainText() == "<b>hello</b>"
    assert not sheet.decline.isVisible() and sheet.act.text() == "Accept"
    QTest.mouseClick(sheet.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.conversation.chat == chat)
    assert world.sent(c.AcceptRequest) == [c.AcceptRequest(7)]


def test_an_invitation_leads_to_the_card_of_the_room(qtbot: QtBot) -> None:
    world = World(1)
    world.answers[c.AskRoom] = lambda command: RoomFacts(anonymous=False, password=True)
    window = window_of(qtbot, world)
    held(world, CLUB)
    sheet = opened(qtbot, window)
    assert "club@rooms.example/eve" in sheet._told.text() and sheet.text.toPlainText() == "come"
    QTest.mouseClick(sheet.act, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(window.findChildren(BrowseRoomsSheet)))
    card = window.findChildren(BrowseRoomsSheet)[0]
    qtbot.waitUntil(card.act.isEnabled)
    assert (card.address.text(), card.password.text()) == ("club@rooms.example", "p")
    assert world.sent(c.JoinRoom) == [] and world.sent(c.DropRequest) == []


@pytest.mark.parametrize("request_, declines", [(MOTH, False), (CLUB, True), (BY_HAND, False)])
def test_deleting_is_silent_and_declining_asks(qtbot: QtBot, request_: Request, declines: bool) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    held(world, request_)
    sheet = opened(qtbot, window)
    assert sheet.decline.isVisible() is declines
    QTest.mouseClick(sheet.refuse, Qt.MouseButton.LeftButton)
    QTest.mouseClick(sheet.ignore, Qt.MouseButton.LeftButton)
    sent = [c.DropRequest(request_.id), c.DropRequest(request_.id, ignore=True)]
    assert world.sent(c.DropRequest) == sent
    if declines:
        QTest.mouseClick(sheet.decline, Qt.MouseButton.LeftButton)
        question = next(s for s in sheet.findChildren(Sheet) if s.isVisible())
        assert world.sent(c.DropRequest) == sent
        QTest.mouseClick(question.act, Qt.MouseButton.LeftButton)
        assert world.sent(c.DropRequest) == [*sent, c.DropRequest(request_.id, decline=True)]


def test_by_keys_alone(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    held(world, MOTH, CLUB, lost=9_800)
    qtbot.waitUntil(window.chats.requests.isVisible)
    QTest.keySequence(window, QKeySequence("Ctrl+R"))
    sheet = sheet_of(qtbot, window)
    qtbot.waitUntil(sheet.list.hasFocus)
    assert "9,800 older requests were not kept." in sheet._lost.text()
    QTest.keyClick(sheet.list, Qt.Key.Key_Down)
    assert sheet.current() == CLUB
    QTest.keyClick(sheet.list, Qt.Key.Key_Delete)
    assert world.sent(c.DropRequest) == [c.DropRequest(8)]
    held(world, MOTH)
    qtbot.waitUntil(lambda: sheet.list.count() == 1)
    assert sheet.current() == MOTH and not sheet._lost.isVisible()
    held(world)
    qtbot.waitUntil(lambda: sheet.list.count() == 0)
    assert not sheet.act.isEnabled() and sheet._told.text() == "Nobody waits for an answer."
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)


def test_what_is_new_does_not_move_the_choice(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    held(world, MOTH, CLUB)
    sheet = opened(qtbot, window)
    sheet.list.setCurrentRow(1)
    held(world, BY_HAND, MOTH, CLUB)
    qtbot.waitUntil(lambda: sheet.list.count() == 3)
    assert sheet.current() == CLUB
    world.problems[c.AcceptRequest] = Problem(Fault.REQUEST_GONE)
    sheet.list.setCurrentRow(0)
    sheet.accept_current()
    qtbot.waitUntil(lambda: "not there any more" in sheet.problem.text())


def test_who_asks_to_see_us_waits_there_too(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    asking = tuple(Contact(1, f"eve{n}@evil.test", asking=True) for n in range(2))
    world.bridge.announce(ContactsChanged(1, (*asking, Contact(1, "rose@far.example", "Rose", "both"))))
    qtbot.waitUntil(window.chats.requests.isVisible)
    assert window.chats.requests.title.text() == "2 requests" and not window.findChildren(QDialog)
    held(world, MOTH)
    qtbot.waitUntil(lambda: window.chats.requests.title.text() == "3 requests")
    sheet = opened(qtbot, window)
    assert sheet.list.count() == 3 and sheet.current() == MOTH and sheet.ignore.isVisible()
    for row, button in ((1, sheet.refuse), (2, sheet.act)):
        sheet.list.setCurrentRow(row)
        assert "asks to see" in sheet.list.item(row).text() and not sheet.ignore.isVisible()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    answers = [c.AnswerContact(1, "eve0@evil.test", False), c.AnswerContact(1, "eve1@evil.test", True)]
    assert world.sent(c.AnswerContact) == answers and world.sent(c.DropRequest) == []


def test_an_address_that_looks_like_a_contact_is_marked(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(ContactsChanged(1, (Contact(1, "rose@far.example", "Rose", "both"),)))
    held(
        world, Request(3, 1, Asking.TALK, "r\u043ese@far.example", "r\u043ese@far.example", "", "it is me", 9_000), MOTH
    )
    sheet = opened(qtbot, window)
    assert sheet._alike.isVisible() and "rose@far.example" in sheet._alike.text()
    sheet.list.setCurrentRow(1)
    assert not sheet._alike.isVisible()


def test_what_came_encrypted_says_so_and_is_not_empty(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    held(world, replace(MOTH, text=""))
    sheet = opened(qtbot, window)
    assert sheet.text.isVisible() and "Encrypted" in sheet.text.toPlainText()
