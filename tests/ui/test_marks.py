"""How far own messages have come, as it is shown and said; and the sheet of an identity, where that is chosen."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account
from teahouse.domain.archiving import Archiving, AskArchiving, SetArchiving
from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.commands import SetPreference
from teahouse.domain.events import MessageChanged
from teahouse.domain.message import Delivery, Reach
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.settings import MARKERS, OF_ACCOUNT, RECEIPTS, SEEN
from teahouse.domain.telling import SetTelling
from teahouse.ui.chat.words import delivery, delivery_mark
from teahouse.ui.dialogs.identity import IdentitySheet
from teahouse.ui.dialogs.preferences import PreferencesSheet
from teahouse.ui.preferences import Preferences

from .fake import ROOM, World, message
from .stage import window_of

HERS = Chat(2, 1, "plum@tea.example", ChatKind.PERSON, "plum", presence=Presence.HERE, last_time=1_000)


@pytest.mark.parametrize(
    ("state", "reach", "direct", "said", "icon"),
    [
        (Delivery.ACKED, Reach.UNKNOWN, True, "the server has it", "check"),
        (Delivery.CONFIRMED, Reach.UNKNOWN, True, "the server has it", "check"),
        (Delivery.CONFIRMED, Reach.UNKNOWN, False, "delivered", "checks"),
        (Delivery.CONFIRMED, Reach.DEVICE, True, "on their device", "checks"),
        (Delivery.CONFIRMED, Reach.DISPLAYED, True, "they have seen it", "eye"),
        (Delivery.UNSURE, Reach.UNKNOWN, True, "not sure it arrived", "alert"),
    ],
)
def test_no_more_is_claimed_than_is_known(state: Delivery, reach: Reach, direct: bool, said: str, icon: str) -> None:
    one = message(1, mine=True, state=state, reach=reach)
    assert delivery(one, direct=direct) == said
    assert delivery_mark(one, direct=direct)[0] == icon


def test_a_message_that_was_seen_says_so_to_eyes_and_ears(qtbot: QtBot) -> None:
    world = World(0, (ROOM, HERS))
    mine = message(1, "willow@tea.example", "hello", 2, mine=True, state=Delivery.CONFIRMED)
    world.messages = [mine]
    window = window_of(qtbot, world)
    window.open_chat(HERS)
    qtbot.waitUntil(lambda: window.conversation.model.rowCount() == 1)
    model, view = window.conversation.model, window.conversation.view
    index = model.index(0)
    assert "the server has it" in index.data() and index.data(Qt.ItemDataRole.ToolTipRole)
    before = view.viewport().grab().toImage()
    for reach, words in ((Reach.DEVICE, "on their device"), (Reach.DISPLAYED, "they have seen it")):
        changed = message(1, "willow@tea.example", "hello", 2, mine=True, state=Delivery.CONFIRMED, reach=reach)
        world.bridge.announce(MessageChanged(changed))
        qtbot.waitUntil(lambda words=words: words in index.data())  # type: ignore[misc]
        assert words in index.data(Qt.ItemDataRole.ToolTipRole)
        shown = view.viewport().grab().toImage()
        assert shown != before
        before = shown


def sheet_of(qtbot: QtBot, world: World) -> IdentitySheet:
    preferences = Preferences(world.bridge, "light")
    preferences.read()
    qtbot.waitUntil(lambda: not world.bridge.idle() or bool(world.queries))
    qtbot.waitUntil(world.bridge.idle)
    sheet = IdentitySheet(None, world.bridge, preferences, world.accounts[0])
    qtbot.addWidget(sheet)
    sheet.show()
    return sheet


def test_the_sheet_of_an_identity_shows_and_keeps_what_is_chosen(qtbot: QtBot) -> None:
    world = World()
    world.preferences = {"receipts/1": "never", "markers/1": "nonsense", "receipts/2": "always"}
    world.answers[AskArchiving] = lambda _: Archiving.ROSTER
    world.answers[SetArchiving] = lambda _: Archiving.NEVER
    sheet = sheet_of(qtbot, world)
    assert [*sheet.choices.boxes] == [*(setting.key for setting in OF_ACCOUNT), "archive"]
    assert sheet.choices.boxes[RECEIPTS.key].currentData() == "never"
    assert sheet.choices.boxes[MARKERS.key].currentData() == "auto"
    assert all(box.accessibleName() and box.accessibleDescription() for box in sheet.choices.boxes.values())
    assert not sheet.archive.isEnabled() and "Asking" in sheet.note.text()
    qtbot.waitUntil(sheet.archive.isEnabled)
    assert sheet.archive.currentData() == "roster" and not sheet.note.isVisible()
    QTest.keyClick(sheet.choices.boxes[SEEN.key], Qt.Key.Key_Down)
    assert world.sent(SetPreference)[-1] == SetPreference("seen/1", "never")
    QTest.keyClick(sheet.archive, Qt.Key.Key_Up)
    assert world.sent(SetArchiving) == [SetArchiving(1, Archiving.ALWAYS)]
    # The server has the last word.
    qtbot.waitUntil(lambda: sheet.archive.currentData() == "never" and sheet.archive.isEnabled())


def test_a_server_that_leaves_no_choice_is_said_to(qtbot: QtBot) -> None:
    world = World()
    world.problems[AskArchiving] = Problem(Fault.NO_ARCHIVING, "tea.example")
    sheet = sheet_of(qtbot, world)
    qtbot.waitUntil(lambda: "does not let you choose" in sheet.note.text())
    assert sheet.note.isVisible() and not sheet.archive.isEnabled()
    QTest.keyClick(sheet.choices.boxes[RECEIPTS.key], Qt.Key.Key_Down)
    assert world.sent(SetPreference)[-1] == SetPreference("receipts/1", "always")


def test_it_is_reached_from_the_preferences(qtbot: QtBot) -> None:
    world = World(1)
    world.accounts = (Account(1, "willow@tea.example", "willow"), Account(2, "moth@tea.example", "moth"))
    world.answers[AskArchiving] = lambda _: Archiving.ALWAYS
    window = window_of(qtbot, world)
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.findChild(PreferencesSheet) is not None)
    sheet = window.findChild(PreferencesSheet)
    assert isinstance(sheet, PreferencesSheet) and len(sheet.identities) == 2
    QTest.keyClick(sheet.identities[1], Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.findChild(IdentitySheet) is not None)
    found = window.findChild(IdentitySheet)
    assert isinstance(found, IdentitySheet) and found.accessibleName() == "moth@tea.example"


def test_what_a_person_is_told_is_chosen_beside_the_conversation(qtbot: QtBot) -> None:
    world = World(1, (ROOM, replace(HERS, telling="never")))
    window = window_of(qtbot, world)
    window.open_chat(replace(HERS, telling="never"))
    box = window.details.telling.box
    assert box.currentText() == "Never, with this person" and box.isVisible()
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert world.sent(SetTelling) == [SetTelling(2, "always")]
    window.open_chat(ROOM)
    assert not box.isVisible()
