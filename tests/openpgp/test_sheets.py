"""The pages of keys in the window: our own, those of a person, backups, and a new group."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from teahouse.domain.contact import Contact
from teahouse.domain.events import ContactsChanged
from teahouse.domain.problem import Fault, Problem
from teahouse.features.openpgp import link
from teahouse.features.openpgp.model import OwnKey, Trust
from teahouse.features.openpgp.view.group import NewGroupSheet
from teahouse.features.openpgp.view.keeping import LARGEST, BackUpSheet, UseKeySheet
from teahouse.features.openpgp.view.own import OwnKeysSheet
from teahouse.features.openpgp.view.parts import QrCode
from teahouse.features.openpgp.view.person import PersonKeysSheet
from teahouse.features.openpgp.wishes import (
    AskKeys,
    AskOwnKeys,
    BackUpKey,
    Decide,
    ExportKey,
    ImportKey,
    KeepBackup,
    MakeKey,
    NewSecretGroup,
    RestoreKey,
    RevokeKey,
)
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.window import MainWindow
from tests.openpgp.test_window import KEY, OAK, ROSE, press, window_of
from tests.ui.fake import ROOM, World

OWN = OwnKey("0123456789ABCDEF0123456789ABCDEF01234567", 1_795_000_000, False)
OLD = OwnKey("A" * 40, 1_700_000_000, True)
CODE = "TWNK-KD5Y-MT3T-E1GS-DRDB-KVTW"


@pytest.fixture
def world() -> World:
    """In which everything that is asked for is there."""
    made = World(1)
    made.answers |= {
        AskOwnKeys: lambda command: (OWN, OLD),
        Decide: lambda command: (replace(KEY, trust=command.trust),),
        AskKeys: lambda command: (replace(KEY, since=1), replace(KEY, fingerprint="C" * 40, announced=False)),
        BackUpKey: lambda command: (CODE, b"backup"),
        ExportKey: lambda command: b"public",
    }
    return made


@pytest.fixture
def window(qtbot: QtBot, world: World) -> Iterator[MainWindow]:
    """With its chat open."""
    yield window_of(qtbot, world)


def words(sheet: Sheet) -> str:
    """All that a page says."""
    return "\n".join(part.text() for part in sheet.findChildren(QLabel))


def own(qtbot: QtBot, window: MainWindow, world: World) -> OwnKeysSheet:
    """The page of our own keys, open."""
    sheet = OwnKeysSheet(window, world.bridge, world.accounts[0])
    sheet.open()
    qtbot.waitUntil(lambda: bool(sheet.findChildren(QPushButton)[2:]))
    return sheet


# -- ours -----------------------------------------------------------------------


def test_our_key_is_shown_to_be_compared_and_passed_on(
    qtbot: QtBot, window: MainWindow, world: World, tmp_path: Path
) -> None:
    sheet = own(qtbot, window, world)
    assert "0123 4567 89AB CDEF 0123\n4567 89AB CDEF 0123 4567" in words(sheet) and "AAAA AAAA" in words(sheet)
    assert sheet.findChildren(QrCode)
    press(sheet, "Copy as a link")
    told = link.read(QGuiApplication.clipboard().text())
    assert told == link.Told(OWN.fingerprint, world.accounts[0].jid)
    press(sheet, "Save public key…")
    qtbot.waitUntil(lambda: bool(sheet.findChildren(QFileDialog)))
    sheet.findChildren(QFileDialog)[0].close()
    sheet.save(str(tmp_path / "me.gpg"), b"public")
    assert (tmp_path / "me.gpg").read_bytes() == b"public" and "Saved" in sheet.problem.text()
    sheet.save(str(tmp_path), b"public")
    assert "could not be written" in sheet.problem.text()


def test_without_a_key_one_can_be_made_or_brought(qtbot: QtBot, window: MainWindow, world: World) -> None:
    world.answers[AskOwnKeys] = lambda command: ()
    sheet = own(qtbot, window, world)
    assert "no key yet" in words(sheet) and not sheet.findChildren(QrCode)
    world.answers[AskOwnKeys] = lambda command: (OWN,)
    press(sheet, "Make a key")
    qtbot.waitUntil(lambda: bool(sheet.findChildren(QrCode)))
    assert world.sent(MakeKey) == [MakeKey(1)]


@pytest.mark.parametrize(
    ("verb", "command"),
    [("Make a new key", MakeKey(1)), ("Withdraw it", RevokeKey(1))],
)
def test_what_ends_a_key_is_asked_about_first(
    qtbot: QtBot, window: MainWindow, world: World, verb: str, command: MakeKey | RevokeKey
) -> None:
    sheet = own(qtbot, window, world)
    press(sheet, f"{verb}…")
    assert not world.sent(type(command))
    (question,) = [one for one in sheet.findChildren(Sheet) if one is not sheet]
    question.act.click()
    assert world.sent(type(command)) == [command]


def test_what_fails_is_said_and_can_be_tried_again(qtbot: QtBot, window: MainWindow, world: World) -> None:
    world.answers[AskOwnKeys] = lambda command: ()
    world.problems[MakeKey] = Problem(Fault.GPG_MISSING)
    sheet = own(qtbot, window, world)
    press(sheet, "Make a key")
    qtbot.waitUntil(lambda: "not installed" in sheet.problem.text())
    press(sheet, "Make a key")
    assert len(world.sent(MakeKey)) == 2


def test_a_backup_shows_its_code_and_is_for_its_owner_only(
    qtbot: QtBot, window: MainWindow, world: World, tmp_path: Path
) -> None:
    sheet = BackUpSheet(window, world.bridge, world.accounts[0])
    sheet.open()
    qtbot.waitUntil(sheet.act.isEnabled)
    assert sheet.code.text() == CODE
    path = tmp_path / "key.gpg"
    path.write_bytes(b"something that was there before")
    path.chmod(0o644)
    sheet.save(str(path))
    assert path.read_bytes() == b"backup" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Saved" in sheet.problem.text() and sheet.isVisible()
    sheet.save(str(tmp_path / "nowhere" / "key.gpg"))
    assert "could not be written" in sheet.problem.text()


def test_a_backup_is_kept_at_the_server_only_when_that_is_wanted(
    qtbot: QtBot, window: MainWindow, world: World
) -> None:
    sheet = BackUpSheet(window, world.bridge, world.accounts[0])
    sheet.open()
    qtbot.waitUntil(sheet.at_server.isEnabled)
    assert not world.sent(KeepBackup)
    world.problems[KeepBackup] = Problem(Fault.BACKUP_NOT_KEPT)
    sheet.at_server.click()
    qtbot.waitUntil(lambda: "does not keep" in sheet.problem.text())
    del world.problems[KeepBackup]
    sheet.at_server.click()
    qtbot.waitUntil(lambda: "does not know the code" in sheet.problem.text())
    assert world.sent(KeepBackup) == [KeepBackup(1, b"backup")] * 2
    other = UseKeySheet(window, world.bridge, world.accounts[0], lambda: None)
    other.open()
    other.at_server.setChecked(True)
    assert not other.text.isVisible()
    other.word.setText(CODE)
    other.act.click()
    assert world.sent(RestoreKey) == [RestoreKey(1, b"", CODE)]


def test_a_key_is_brought_by_pasting_or_from_a_file(
    qtbot: QtBot, window: MainWindow, world: World, tmp_path: Path
) -> None:
    used: list[bool] = []
    sheet = UseKeySheet(window, world.bridge, world.accounts[0], lambda: used.append(True))
    sheet.open()
    sheet.act.click()
    assert "paste" in sheet.problem.text() and not world.sent(ImportKey)
    sheet.text.setPlainText("-----BEGIN PGP PRIVATE KEY BLOCK-----")
    sheet.word.setText(" with spaces ")
    world.problems[ImportKey] = Problem(Fault.KEY_LOCKED)
    sheet.act.click()
    qtbot.waitUntil(lambda: "passphrase" in sheet.problem.text())
    assert sheet.word.text() == " with spaces " and not used
    (sent,) = world.sent(ImportKey)
    assert (sent.data, sent.passphrase) == (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", " with spaces ")
    (tmp_path / "large").write_bytes(b"x" * (LARGEST + 1))
    sheet.load(str(tmp_path / "large"))
    assert "could not be read" in sheet.problem.text()
    (tmp_path / "key").write_bytes(b"\x85binary")
    sheet.load(str(tmp_path / "key"))
    sheet.backup.setChecked(True)
    sheet.word.setText(f" {CODE} ")
    sheet.act.click()
    assert world.sent(RestoreKey) == [RestoreKey(1, b"\x85binary", CODE)]
    qtbot.waitUntil(lambda: used == [True])


# -- of a person ---------------------------------------------------------------


def test_what_a_person_gave_us_is_compared_with_their_keys(
    qtbot: QtBot, window: MainWindow, world: World, tmp_path: Path
) -> None:
    sheet = PersonKeysSheet(window, world.bridge, 1, ROSE)
    sheet.open()
    qtbot.waitUntil(lambda: len(sheet.findChildren(QrCode)) == 1)

    def said(text: str) -> tuple[str, str]:
        sheet.given.setText(text)
        return sheet.verdict.text(), str(sheet.verdict.property("tone"))

    same = said(link.link(ROSE, KEY.fingerprint))
    assert "same key" in same[0] and same[1] == "jade"
    assert said("0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567")[1] == "jade"
    assert said("0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4568")[1] == "rust"
    assert said("C" * 40)[1] == "rust"
    other = said(link.link(OAK, KEY.fingerprint))
    assert OAK in other[0] and other[1] == "rust"
    assert said("0123 4567")[1] == "ink2"
    sheet.given.clear()
    assert not sheet.verdict.isVisible()
    (tmp_path / "digits.txt").write_text("My key:\n0123 4567 89AB CDEF 0123\n4567 89AB CDEF 0123 4567\n")
    sheet.load(str(tmp_path / "digits.txt"))
    assert sheet.verdict.property("tone") == "jade"
    sheet.load(str(tmp_path / "missing"))
    assert "could not be read" in sheet.verdict.text()
    press(sheet, "I compared it")
    assert world.sent(Decide) == [Decide(1, ROSE, KEY.fingerprint, Trust.VERIFIED)]
    qtbot.waitUntil(lambda: "compared by you" in words(sheet))


# -- a group -------------------------------------------------------------------


def test_a_group_is_made_from_contacts_and_addresses(qtbot: QtBot, window: MainWindow, world: World) -> None:
    world.bridge.announce(ContactsChanged(1, (Contact(1, ROSE, "Rose"), Contact(1, OAK))))
    qtbot.waitUntil(lambda: 1 in window.known.contacts)
    world.answers[NewSecretGroup] = lambda command: ROOM
    menu_entry(window, "New secret group…")
    (sheet,) = window.findChildren(NewGroupSheet)
    assert sheet.people.count() == 2 and sheet.chosen == ()
    sheet.act.click()
    assert "Choose somebody" in sheet.problem.text()
    next(sheet.people.item(at) for at in range(2) if ROSE in sheet.people.item(at).text()).setCheckState(
        Qt.CheckState.Checked
    )
    sheet.address.setText("tea.example")
    QTest.keyClick(sheet.address, Qt.Key.Key_Return)
    assert "not the address of a person" in sheet.problem.text() and sheet.isVisible()
    sheet.address.setText(OAK.upper())
    QTest.keyClick(sheet.address, Qt.Key.Key_Return)
    assert sheet.people.count() == 2 and sheet.isVisible()
    sheet.name.setText("  Garden 茶 ")
    sheet.address.setText("linden@tea.example")
    sheet.act.click()
    (sent,) = world.sent(NewSecretGroup)
    assert sent.name == "Garden 茶" and set(sent.people) == {ROSE, OAK, "linden@tea.example"}


def test_the_menu_leads_to_our_keys(qtbot: QtBot, window: MainWindow) -> None:
    menu_entry(window, "OpenPGP keys…")
    assert len(window.findChildren(OwnKeysSheet)) == 1


def menu_entry(window: MainWindow, title: str) -> None:
    """Choose an entry of the main menu."""
    window._menu()
    menu = window.rail.menu_button().findChildren(QMenu)[-1]
    next(action for action in menu.actions() if action.text() == title).trigger()
    menu.close()


def test_every_button_of_the_pages_is_reached_by_tab(qtbot: QtBot, window: MainWindow, world: World) -> None:
    sheet = own(qtbot, window, world)
    qtbot.waitUntil(sheet.isActiveWindow)
    reached = set()
    for _ in range(20):
        QTest.keyClick(sheet.focusWidget(), Qt.Key.Key_Tab)
        reached.add(sheet.focusWidget())
    assert {one for one in sheet.findChildren(QPushButton) if one.isVisible()} <= reached
