"""Retention in the window: chosen per chat, confirmed in words before anything is deleted, and no clock believed."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from teahouse.domain.commands import ClearHistory, DeleteMessage, SetPreference, SetRetention, TrustClock
from teahouse.domain.events import ClockDoubted, MessageRemoved
from teahouse.domain.settings import KEEP
from teahouse.ui.chats.menu import chat_menu
from teahouse.ui.dialogs.preferences import PreferencesSheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.preferences import Preferences
from teahouse.ui.widgets import Label
from teahouse.ui.window import MainWindow

from .fake import ROOM, World
from .stage import window_of


def sheet_of(window: MainWindow) -> Sheet:
    return [sheet for sheet in window.findChildren(Sheet) if sheet.isVisible()][-1]


def words(sheet: Sheet) -> str:
    return " ".join(label.text() for label in sheet.findChildren(Label))


def entry(menu: QMenu, name: str) -> None:
    everything = [*menu.actions(), *(a for each in menu.findChildren(QMenu) for a in each.actions())]
    next(action for action in everything if action.text() == name).trigger()


def test_a_shorter_time_is_confirmed_and_a_longer_one_is_not(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    entry(chat_menu(window, world.bridge, ROOM), "7 days")
    assert not world.sent(SetRetention) and "Keep Tea for 7 days?" in words(sheet_of(window))
    sheet_of(window).act.click()
    assert world.sent(SetRetention) == [SetRetention(1, 7)]
    weekly = replace(ROOM, keep_days=7)
    entry(chat_menu(window, world.bridge, weekly), "30 days")
    entry(chat_menu(window, world.bridge, weekly), "Keep for ever")
    assert world.sent(SetRetention)[1:] == [SetRetention(1, 30), SetRetention(1, 0)]


def test_the_details_show_and_change_what_is_kept(qtbot: QtBot) -> None:
    world = World(3, (replace(ROOM, keep_days=12),))
    window = window_of(qtbot, world)
    card = window.details.keeping
    assert card.box.currentText() == "12 days"
    card.box.setCurrentIndex(card.box.findData(1))
    card.box.activated.emit(card.box.currentIndex())
    sheet_of(window).away.click()
    qtbot.waitUntil(lambda: card.box.currentText() == "12 days")
    assert not world.sent(SetRetention)


@pytest.mark.parametrize("all_of_it", [False, True])
def test_clearing_is_confirmed_and_says_what_stays_elsewhere(qtbot: QtBot, all_of_it: bool) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    if all_of_it:
        window.asking.preferences(window._preferences)
        sheet = sheet_of(window)
        assert isinstance(sheet, PreferencesSheet)
        sheet.delete.click()
        sheet = [one for one in sheet.findChildren(Sheet)][-1]
    else:
        entry(chat_menu(window, world.bridge, ROOM), "Clear history…")
        sheet = sheet_of(window)
    assert "Servers and other people keep theirs" in words(sheet) and not world.sent(ClearHistory)
    sheet.act.click()
    assert world.sent(ClearHistory) == [ClearHistory(0 if all_of_it else 1)]


def test_messages_are_deleted_here_after_a_question(qtbot: QtBot) -> None:
    world = World(5)
    window = window_of(qtbot, world)
    view = window.conversation.view
    view.choose(1)
    menu = view.menu()
    assert menu is not None
    entry(menu, "Delete here…")
    sheet_of(window).act.click()
    assert world.sent(DeleteMessage) == [DeleteMessage(2)]
    world.bridge.announce(MessageRemoved(1, 2))
    qtbot.waitUntil(lambda: [row.message.id for row in window.conversation.model.rows()] == [1, 3, 4, 5])


def test_a_clock_is_asked_about_once(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    for _n in range(2):
        world.bridge.announce(ClockDoubted(2_105_000_000_000, 1_790_000_000_000))
    qtbot.waitUntil(lambda: any(s.isVisible() for s in window.findChildren(Sheet)))
    QApplication.processEvents()
    assert len(window.findChildren(Sheet)) == 1
    said = words(sheet_of(window))
    assert "2036" in said and "2026" in said
    sheet_of(window).act.click()
    assert world.sent(TrustClock) == [TrustClock(2_105_000_000_000)]


def test_the_time_of_new_chats_is_a_preference(qtbot: QtBot) -> None:
    world = World(1)
    preferences = Preferences(world.bridge, "light")
    sheet = PreferencesSheet(None, preferences)
    qtbot.addWidget(sheet)
    sheet.boxes[KEEP.key].setCurrentIndex(2)
    sheet.boxes[KEEP.key].activated.emit(2)
    assert world.sent(SetPreference) == [SetPreference(KEEP.key, "7")]


def test_nothing_is_kept_only_after_a_word_about_it(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    for kept in (ROOM, replace(ROOM, keep_days=7)):
        entry(chat_menu(window, world.bridge, kept), "Until you quit")
        said = words(sheet_of(window))
        assert "Keep Tea only until you quit?" in said and "read or not" in said and "sent first" in said
        sheet_of(window).away.click()
    assert not world.sent(SetRetention)
    entry(chat_menu(window, world.bridge, ROOM), "Until you quit")
    sheet_of(window).act.click()
    nothing = replace(ROOM, keep_days=-1)
    entry(chat_menu(window, world.bridge, nothing), "7 days")
    assert world.sent(SetRetention) == [SetRetention(1, -1), SetRetention(1, 7)]
