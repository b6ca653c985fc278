"""What stands in a room until it is answered: it shows addresses, it is logged, or it ended."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from teahouse.domain import commands as c
from teahouse.domain.chat import Chat, ChatKind, End, Ending, Presence, RoomFacts
from teahouse.domain.events import ChatStored, RoomDescribed
from teahouse.domain.problem import Fault, Problem
from teahouse.ui.chat.notice import Notice
from teahouse.ui.chats.model import marked
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.roomwords import facts_lines
from teahouse.ui.window import MainWindow

from .fake import ROOM, World
from .stage import window_of

GLASS = RoomFacts("Tea", anonymous=False)


def shown(qtbot: QtBot, world: World, chat: Chat = ROOM, facts: RoomFacts | None = None) -> tuple[MainWindow, Notice]:
    """A window whose open chat is as given."""
    window = window_of(qtbot, world)
    world.bridge.announce(ChatStored(chat))
    if facts is not None:
        world.bridge.announce(RoomDescribed(chat.id, facts))
    qtbot.waitUntil(lambda: window.conversation.chat == chat and window.known.facts.get(chat.id) == facts)
    return window, window.conversation.notice


def click(button: object) -> None:
    """Press it with the mouse."""
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)  # type: ignore[call-overload]


def out(end: End, **more: str) -> Chat:
    """A room that we are out of."""
    return replace(ROOM, presence=Presence.AWAY_FROM, ending=Ending(end, **more))


def test_c1_a_room_that_shows_addresses_asks_until_answered(qtbot: QtBot) -> None:
    world = World(1)
    window, notice = shown(qtbot, world, facts=GLASS)
    assert notice.isVisible() and "can see your address" in notice.title.text()
    assert notice.accessibleName().startswith("Everyone in this room can see your address.")
    world.problems[c.AcceptExposure] = Problem(Fault.DISK_FULL)
    click(notice.act)
    qtbot.waitUntil(notice.problem.isVisible)
    world.problems.clear()
    click(notice.act)
    click(notice.other)
    assert world.sent(c.AcceptExposure) == [c.AcceptExposure(1)] * 2 and world.sent(c.LeaveRoom) == [c.LeaveRoom(1)]
    world.bridge.announce(ChatStored(replace(ROOM, exposed=True)))
    qtbot.waitUntil(lambda: not notice.isVisible())
    world.bridge.announce(ChatStored(ROOM))
    qtbot.waitUntil(notice.isVisible)
    world.bridge.announce(RoomDescribed(1, replace(GLASS, anonymous=True)))
    qtbot.waitUntil(lambda: not notice.isVisible())
    assert window.conversation.composer.box.isVisible()


@pytest.mark.parametrize("facts", [None, RoomFacts(), RoomFacts(anonymous=True)])
def test_c1_control_no_question_where_nothing_is_shown(qtbot: QtBot, facts: RoomFacts | None) -> None:
    _window, notice = shown(qtbot, World(1), facts=facts)
    assert not notice.isVisible()


def test_c1_a_person_and_another_room_are_not_asked_about(qtbot: QtBot) -> None:
    friend = Chat(6, 1, "heron@far.example", ChatKind.PERSON, "heron@far.example", presence=Presence.HERE)
    world = World(1, (ROOM, friend))
    window, notice = shown(qtbot, world, facts=GLASS)
    assert notice.isVisible()
    window.open_chat(friend)
    qtbot.waitUntil(lambda: not notice.isVisible())


def test_c1_a_room_that_was_not_entered_is_entered_only_on_purpose(qtbot: QtBot) -> None:
    world = World(1)
    window, notice = shown(qtbot, world, replace(out(End.EXPOSED), joined=True))
    composer = window.conversation.composer
    assert notice.isVisible() and not composer._again.isVisible() and not composer.box.isVisible()
    click(notice.other)
    click(notice.act)
    assert world.sent(c.LeaveRoom) == [c.LeaveRoom(1)]
    assert world.sent(c.JoinRoom) == [c.JoinRoom(1, ROOM.jid, "willow", exposed=True)]


@pytest.mark.parametrize(("anonymous", "accepted"), [(False, True), (None, True), (True, False)])
def test_c1_what_the_card_said_is_accepted_by_joining(qtbot: QtBot, anonymous: bool | None, accepted: bool) -> None:
    world = World(1)
    world.answers[c.AskRoom] = lambda command: RoomFacts(anonymous=anonymous)
    window = window_of(qtbot, world)
    window.browse("glass@rooms.example")
    sheet = window.findChildren(BrowseRoomsSheet)[0]
    qtbot.waitUntil(sheet.act.isEnabled)
    world.problems[c.JoinRoom] = Problem(Fault.ROOM_EXPOSES, "glass@rooms.example")
    asked = len(world.sent(c.AskRoom))
    click(sheet.act)
    assert world.sent(c.JoinRoom) == [c.JoinRoom(1, "glass@rooms.example", "willow", exposed=accepted)]
    qtbot.waitUntil(lambda: len(world.sent(c.AskRoom)) == asked + 1)
    qtbot.waitUntil(sheet.act.isEnabled)


@pytest.mark.parametrize(
    ("chat", "told"),
    [
        (out(End.KICKED, reason="too <b>loud</b>", actor="plum"), "plum has put you out of this room."),
        (out(End.KICKED), "You were put out of this room."),
        (out(End.BANNED, actor="plum"), "plum has banned you."),
        (out(End.BANNED), "You were banned from this room."),
        (out(End.NO_MEMBER), "You are no longer a member of this room, and only members may be in it."),
        (out(End.MEMBERS_ONLY), "This room is only for members now."),
        (out(End.DESTROYED, reason="we moved"), "This room was closed for good."),
        (out(End.SHUT), "The server has shut this room down for now."),
    ],
)
def test_an_end_is_a_plain_sentence(qtbot: QtBot, chat: Chat, told: str) -> None:
    world = World(1)
    window, notice = shown(qtbot, world, chat)
    assert chat.ending is not None
    assert notice.isVisible() and notice.title.text() == told and not notice.act.isVisible()
    assert chat.ending.reason in notice.advice.text()
    assert notice.advice.textFormat() is Qt.TextFormat.PlainText
    assert marked(chat)[0] and window.chats.model.order()[0].ending == chat.ending
    click(notice.other)
    assert world.sent(c.LeaveRoom) == [c.LeaveRoom(1)]
    world.bridge.announce(ChatStored(replace(chat, ending=None)))
    qtbot.waitUntil(lambda: not notice.isVisible())


def test_a_closed_room_asks_about_the_one_that_it_names(qtbot: QtBot) -> None:
    world = World(1)
    window, notice = shown(qtbot, world, out(End.DESTROYED, venue="garden@rooms.example"))
    assert "garden@rooms.example" in notice.advice.text() and world.sent(c.AskRoom) == []
    click(notice.act)
    qtbot.waitUntil(lambda: bool(window.findChildren(BrowseRoomsSheet)))
    assert window.findChildren(BrowseRoomsSheet)[0].address.text() == "garden@rooms.example"
    assert world.sent(c.JoinRoom) == []


def test_c2_a_logged_room_says_so_in_the_head_and_in_the_details(qtbot: QtBot) -> None:
    world = World(1)
    window, _notice = shown(qtbot, world, facts=RoomFacts(anonymous=True, published=True))
    header = window.conversation.header
    qtbot.waitUntil(header.logged.isVisible)
    assert "logged" in header.logged.accessibleName()
    assert any(role == "amber" and "logged" in words for _icon, role, words in facts_lines(window.known.facts[1]))
    world.bridge.announce(RoomDescribed(1, RoomFacts(anonymous=True, published=False)))
    qtbot.waitUntil(lambda: not header.logged.isVisible())
