"""The old way in the window: chosen after a key was compared, never called safe, never offered where better is on."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.openpgp import Key, KeyState
from teahouse.domain.problem import Fault, Problem
from teahouse.features.openpgp.model import LegacyKey, Mode, Reader, Security, Why
from teahouse.features.openpgp.view.legacy import LegacySheet
from teahouse.features.openpgp.view.marks import line_of
from teahouse.features.openpgp.wishes import ChooseLegacy, LookAtKey, SecurityChanged
from teahouse.ui.window import MainWindow
from tests.openpgp.test_window import ALL, KEY, ROSE, told, window_of
from tests.ui.fake import World

ROSES = Chat(1, 1, ROSE, ChatKind.PERSON, "rose", last_time=1_000)
USED = replace(ALL, mode=Mode.LEGACY, legacy=LegacyKey(KEY.fingerprint))
NOT_YET = Security(1, Mode.UNDECIDED, "", (Reader(ROSE, (), Why.NO_KEY),))
SIGNS = replace(NOT_YET, legacy=LegacyKey(KEY.fingerprint, signs=True))


def roses() -> World:
    """The chat with rose is the one that was open last."""
    world = World(1, chats=(ROSES,))
    world.preferences["open_chat"] = "1"
    return world


def verbs(window: MainWindow) -> list[str]:
    """What the chip above the box offers."""
    menu = window.conversation.composer._chip.menu_of()
    assert menu is not None
    return [action.text() for action in menu.actions()]


def test_it_is_never_called_safe(qtbot: QtBot) -> None:
    world = roses()
    window = window_of(qtbot, world)
    said = told(qtbot, world, window, USED)
    assert "old way" in said and "nobody signs" in said
    assert window.conversation.composer._chip.property("tone") == "amber"
    assert not window.conversation.composer.bar.isVisible()
    unfit = replace(USED, people=(Reader(ROSE, (KEY,), Why.UNUSABLE),))
    assert "nothing is sent" in told(qtbot, world, window, unfit)
    assert window.conversation.composer.bar.isVisible()
    broken = replace(USED, people=(), problem=Problem(Fault.GPG_MISSING))
    world.bridge.announce(SecurityChanged(broken))
    qtbot.waitUntil(lambda: "gnupg" in window.conversation.composer.bar.advice.text())
    theirs, ours = line_of(["nobody", 0]), line_of(["sealed-legacy"])
    assert theirs is not None and theirs[1] == "amber" and "nobody signed" in theirs[2]
    assert ours is not None and "Nobody signed" in ours[2]


def test_it_is_offered_where_nothing_better_is_on(qtbot: QtBot) -> None:
    world = roses()
    window = window_of(qtbot, world)
    assert "Encrypt the old way…" in verbs(window)
    told(qtbot, world, window, ALL)
    assert "Encrypt the old way…" not in verbs(window)
    told(qtbot, world, window, USED)
    assert verbs(window) == ["Encrypt with OpenPGP…", "Encrypt the old way…", "Stop encrypting…"]


def test_it_is_proposed_while_they_sign_with_the_key_that_was_compared(qtbot: QtBot) -> None:
    world = roses()
    window = window_of(qtbot, world)
    bar = window.conversation.composer.bar
    told(qtbot, world, window, ALL)
    told(qtbot, world, window, NOT_YET)
    assert not bar.isVisible()
    world.bridge.announce(SecurityChanged(SIGNS))
    qtbot.waitUntil(bar.isVisible)
    next(one for one in bar.findChildren(QPushButton) if one.text() == "Encrypt the old way…").click()
    (sheet,) = window.findChildren(LegacySheet)
    assert not world.sent(ChooseLegacy) and sheet.act.isEnabled()
    sheet.act.click()
    assert world.sent(ChooseLegacy) == [ChooseLegacy(1, KEY.fingerprint, b"")]


def test_a_key_from_a_file_has_to_be_compared(qtbot: QtBot, tmp_path: Path) -> None:
    world = roses()
    window = window_of(qtbot, world)
    found = Key(KEY.fingerprint, ("Rose <rose@example.org>",), KeyState.USABLE, 1)
    world.answers[LookAtKey] = lambda command: found
    sheet = LegacySheet(window, world.bridge, ROSES)
    sheet.open()
    assert not sheet.act.isEnabled()
    sheet.read(str(tmp_path / "missing"))
    assert sheet.problem.isVisible()
    (tmp_path / "key").write_bytes(b"a key")
    sheet.read(str(tmp_path / "key"))
    qtbot.waitUntil(lambda: sheet.compared.isVisible())
    shown = [part.text() for part in sheet.findChildren(QLabel)]
    assert "0123 4567 89AB CDEF 0123\n4567 89AB CDEF 0123 4567" in shown and any("Rose" in text for text in shown)
    assert world.sent(LookAtKey) == [LookAtKey(1, b"a key")] and not sheet.act.isEnabled()
    sheet.compared.setChecked(True)
    sheet.act.click()
    assert world.sent(ChooseLegacy) == [ChooseLegacy(1, KEY.fingerprint, b"a key")]


def test_what_is_refused_is_said_and_can_be_tried_again(qtbot: QtBot) -> None:
    world = roses()
    window = window_of(qtbot, world)
    world.problems[ChooseLegacy] = Problem(Fault.GPG_MISSING)
    sheet = LegacySheet(window, world.bridge, ROSES, KEY.fingerprint)
    sheet.open()
    sheet.act.click()
    qtbot.waitUntil(lambda: sheet.problem.isVisible() and sheet.act.isEnabled())
