"""What the window says of OpenPGP: above the box, of a message, and on the page that tells who can read."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.message import Message
from teahouse.domain.openpgp import SLOT
from teahouse.domain.problem import Fault, Problem
from teahouse.features.openpgp.model import Mode, PeerKey, Reader, Security, Trust, Why
from teahouse.features.openpgp.view.hooks import openpgp_hooks
from teahouse.features.openpgp.view.marks import line_of
from teahouse.features.openpgp.view.person import PersonKeysSheet
from teahouse.features.openpgp.view.readers import ReadersSheet
from teahouse.features.openpgp.wishes import AskKeys, AskSecurity, Noticed, SecurityChanged, SendWithout, SetMode
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.preferences import Preferences
from teahouse.ui.window import MainWindow, WindowActions
from tests.ui.fake import World

ROSE, OAK = "rose@tea.example", "oak@tea.example"
KEY = PeerKey(ROSE, "0123456789ABCDEF0123456789ABCDEF01234567", Trust.FIRST_USE, True, 0, True)
ALL = Security(1, Mode.ON, "F" * 40, (Reader(ROSE, (KEY,), None),))
SOME = replace(ALL, people=(*ALL.people, Reader(OAK, (), Why.NO_KEY)))


def window_of(qtbot: QtBot, world: World) -> MainWindow:
    """A window that knows OpenPGP, with its chat open."""
    actions = WindowActions(lambda: None, lambda: None)
    window = MainWindow(world.bridge, actions, Preferences(world.bridge, "light"), openpgp_hooks())
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    qtbot.waitUntil(lambda: window.conversation.chat is not None and not window.conversation.model.loading)
    return window


def press(inside: QWidget, verb: str) -> None:
    """Press the one button of these words."""
    (found,) = [one for one in inside.findChildren(QPushButton) if one.text() == verb]
    found.click()


def told(qtbot: QtBot, world: World, window: MainWindow, security: Security) -> str:
    """What stands above the box once this is known."""
    chip, before = window.conversation.composer._chip, window.conversation.composer._chip.text()
    world.bridge.announce(SecurityChanged(security))
    qtbot.waitUntil(lambda: chip.text() != before)
    return chip.text()


def test_above_the_box_it_says_who_can_read(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    bar = window.conversation.composer.bar
    assert "Not encrypted" in window.conversation.composer._chip.text() and world.sent(AskSecurity)
    assert "1 of 1" in told(qtbot, world, window, ALL)
    assert not bar.isVisible() and window.conversation.composer._chip.property("tone") == "jade"
    assert "1 of 2" in told(qtbot, world, window, SOME)
    assert bar.isVisible() and OAK in bar.title.text() and "no key" in bar.advice.text()
    changed = replace(SOME, people=(Reader(ROSE, (KEY,), Why.UNDECIDED), ALL.people[0]))
    world.bridge.announce(SecurityChanged(changed))
    qtbot.waitUntil(lambda: "new key" in bar.advice.text())
    assert "OpenPGP" in window.conversation.header.chip.accessibleName()
    unfit = replace(ALL, people=(), problem=Problem(Fault.ROOM_UNFIT, "Tea"))
    assert "nothing is sent" in told(qtbot, world, window, unfit)
    assert bar.isVisible() and "members only" in bar.advice.text()
    assert "Not encrypted" in told(qtbot, world, window, replace(ALL, mode=Mode.OFF))
    assert not bar.isVisible()


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why.NO_KEY, "no key to encrypt to"),
        (Why.UNUSABLE, "expired or was withdrawn"),
        (Why.SILENT, "does not say which keys"),
        (Why.UNDECIDED, "Compare it first"),
        (Why.DISTRUSTED, "do not trust their key"),
    ],
)
def test_who_cannot_read_it_is_named_with_the_reason(qtbot: QtBot, why: Why, words: str) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    told(qtbot, world, window, replace(ALL, people=(*ALL.people, Reader(OAK, (), why))))
    bar = window.conversation.composer.bar
    assert bar.isVisible() and OAK in bar.title.text() and ROSE not in bar.title.text()
    assert words in bar.advice.text() and "waits until you decide" in bar.advice.text()
    chip = window.conversation.composer._chip
    assert "1 of 2" in chip.text() and chip.property("tone") == "amber"


def test_without_them_is_sent_only_by_the_users_word(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    told(qtbot, world, window, SOME)
    bar = window.conversation.composer.bar
    assert not world.sent(SendWithout)
    press(bar, "Send without them")
    assert world.sent(SendWithout) == [SendWithout(1, frozenset({OAK}))]


@pytest.mark.parametrize(("before", "verb", "mode"), [(None, "Encrypt", Mode.ON), (ALL, "Stop encrypting", Mode.OFF)])
def test_it_is_switched_after_a_question(qtbot: QtBot, before: Security | None, verb: str, mode: Mode) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    if before is not None:
        told(qtbot, world, window, before)
    menu = window.conversation.composer._chip.menu_of()
    assert menu is not None
    next(action for action in menu.actions() if action.text().startswith(verb)).trigger()
    (sheet,) = window.findChildren(Sheet)
    assert not world.sent(SetMode)
    sheet.act.click()
    assert world.sent(SetMode) == [SetMode(1, mode)]


def test_the_page_shows_everybody_with_all_digits(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.answers[AskKeys] = lambda command: (KEY,)
    sheet = ReadersSheet(window, world.bridge, world.chats[0], SOME)
    sheet.open()
    shown = [part.text() for part in sheet.findChildren(QLabel)]
    assert "0123 4567 89AB CDEF 0123\n4567 89AB CDEF 0123 4567" in shown
    assert {ROSE, OAK, "can read this", "has no key"} <= set(shown)
    press(sheet, "Compare…")
    assert sheet.findChildren(PersonKeysSheet) and world.sent(AskKeys) == [AskKeys(1, ROSE)]


def test_a_key_that_came_later_is_told_until_the_user_has_seen_it(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    later = replace(KEY, fingerprint="D" * 40, noticed=False)
    told(qtbot, world, window, replace(ALL, people=(Reader(ROSE, (KEY, later), None),)))
    bar = window.conversation.composer.bar
    assert bar.isVisible() and ROSE in bar.title.text() and "new key" in bar.title.text()
    press(bar, "Understood")
    assert world.sent(Noticed) == [Noticed(1)]
    gone = replace(later, announced=False)
    world.bridge.announce(SecurityChanged(replace(ALL, people=(Reader(ROSE, (KEY, gone), None),))))
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_what_is_said_of_a_message(qtbot: QtBot) -> None:
    assert line_of(["trusted", 0]) is None and line_of(["sealed", 2, 2, []]) is None
    left_out = line_of(["sealed", 1, 2, [OAK]])
    assert left_out is not None and OAK in left_out[2]
    refused = line_of(["replayed", 0])
    assert refused is not None and refused[1] == "rust"
    odd = line_of(["trusted", 915_148_800])
    assert odd is not None and "another time" in odd[2]
    clear = line_of(["in-clear"])
    assert clear is not None and "Not encrypted" in clear[2] and clear[1] == "amber"
    assert line_of("anything") is None and line_of([]) is None and line_of([7]) is None
    world = World(1)
    window = window_of(qtbot, world)
    view = window.conversation.view
    plain = view.delegate.laid(view._model.rows()[-1]).height
    world.say(Message(2, 1, 1, 2, 2, "rose", "", notes={SLOT: ["not-for-us", 0]}))
    qtbot.waitUntil(lambda: view._model.rowCount() == 2)
    assert 0 < view.delegate.laid(view._model.rows()[-1]).height <= plain + 40
    heard = str(view._model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole))
    assert "Encrypted to others, not to a key of yours." in heard
    window.grab()
