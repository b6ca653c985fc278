"""Search in the window: hints by keyboard, results with marks, pages, and what is said where nothing is found."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from teahouse.domain.chat import Occupant
from teahouse.domain.events import OccupantsChanged
from teahouse.domain.queries import SearchMessages
from teahouse.ui.window import MainWindow

from .fake import ROOM, World, message
from .stage import window_of


def asked(world: World) -> list[SearchMessages]:
    return [query for query in world.queries if isinstance(query, SearchMessages)]


def typed(window: MainWindow, text: str) -> None:
    window.chats.focus_search()
    window.chats.search.clear()
    QTest.keyClicks(window.chats.search, text)


def test_results_show_chat_day_and_marked_words_and_lead_to_the_message(qtbot: QtBot) -> None:
    world = World(30)
    world.messages.append(message(31, "plum", "今天晚上的茶会改到九点"))
    window = window_of(qtbot, world)
    found = window.chats.found_list
    window.chats.focus_search()
    window.chats.search.setText("茶会")
    qtbot.waitUntil(lambda: len(found.hits()) == 1)
    hit = found.hits()[0]
    assert [hit.excerpt[a:b] for a, b in hit.marks] == ["茶会"]
    assert found.list.item(0).text().startswith("plum: 今天晚上的茶会改到九点, Tea, ")
    QTest.keyClick(window.chats.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [m.id for m in window.conversation.view.chosen()] == [31])
    assert window.chats.search.text() == "" and not found.isVisible()


def test_more_come_at_the_end_of_the_list(qtbot: QtBot) -> None:
    world = World(120)
    window = window_of(qtbot, world)
    found = window.chats.found_list
    typed(window, "message")
    qtbot.waitUntil(lambda: len(found.hits()) == 50)
    found.list.scrollToBottom()
    qtbot.waitUntil(lambda: len(found.hits()) == 100)
    found.list.scrollToBottom()
    qtbot.waitUntil(lambda: len(found.hits()) == 120)
    assert [hit.message.id for hit in found.hits()] == list(range(120, 0, -1))


def test_where_nothing_is_found_and_what_makes_no_sense_is_said(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    found = window.chats.found_list
    typed(window, "zzzz")
    qtbot.waitUntil(lambda: found.state.text().startswith("Nothing found"))
    before = len(asked(world))
    typed(window, "tea before:2026-02-30")
    assert found.state.text() == "“2026-02-30” is not a day. Write it like 2026-01-31." and found.isVisible()
    typed(window, "has:wings")
    assert "has:link" in found.state.text() and not window.chats.list.isVisible()
    typed(window, "m")
    assert not found.isVisible() and len(asked(world)) == before


def test_an_answer_to_an_older_search_is_not_shown(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    found = window.chats.found_list
    typed(window, "message 1")
    qtbot.waitUntil(lambda: len(found.hits()) == 1)
    old = found._answered
    typed(window, "message 2")
    qtbot.waitUntil(lambda: found.hits()[0].message.id == 2)
    old("message 1", False, None)
    assert found.hits()[0].message.id == 2


def test_operators_are_hinted_and_completed_by_keyboard(qtbot: QtBot) -> None:
    world = World(3, (ROOM, replace(ROOM, id=2, jid="evening@rooms.example", title="Evening tea", last_time=1)))
    window = window_of(qtbot, world)
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"), Occupant("plum kettle"))))
    qtbot.waitUntil(lambda: 1 in window.known.occupants)
    box, hints = window.chats.search, window.chats.hints
    typed(window, "")
    assert hints.isVisible() and hints.count() == 5 and hints.item(0).text().startswith("from:")
    QTest.keyClicks(box, "fr")
    assert hints.count() == 1
    QTest.keyClick(box, Qt.Key.Key_Tab)
    assert box.text() == "from:" and [hints.item(n).text() for n in range(2)] == ["heron", "plum kettle"]
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == 'from:"plum kettle" ' and not hints.isVisible() and box.hasFocus()
    QTest.keyClicks(box, "in:eve")
    QTest.keyClick(box, Qt.Key.Key_Tab)
    assert box.text() == 'from:"plum kettle" in:"Evening tea" '
    QTest.keyClicks(box, "after:")
    assert hints.count() == 4
    window.conversation.composer.box.setFocus()
    assert not hints.isVisible()
