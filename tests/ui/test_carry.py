"""Export, backup and restore in the window: warned, asked, shown at work, and what went wrong in words."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from teahouse.domain.commands import BackUp, Command, ExportHistory, RestoreBackup
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.vault import VaultMode
from teahouse.ui.dialogs.carry import BackupSheet, ExportSheet
from teahouse.ui.onboarding.restore import RestorePage
from teahouse.ui.onboarding.welcome import Ways, Welcome
from teahouse.ui.widgets import Label

from .fake import ROOM, World


def test_an_export_warns_and_says_how_it_ended(qtbot: QtBot) -> None:
    world = World(1)
    world.answers[ExportHistory] = lambda command: 1_234
    sheet = ExportSheet(None, world.bridge, ROOM)
    qtbot.addWidget(sheet)
    sheet.open()
    assert any("not encrypted" in label.text() for label in sheet.findChildren(Label))
    sheet.json.setChecked(True)
    sheet.save("/somewhere/tea.json")
    assert sheet.progress.isVisible() and not sheet.act.isEnabled()
    assert world.sent(ExportHistory) == [ExportHistory("/somewhere/tea.json", 1, "json")]
    qtbot.waitUntil(lambda: sheet.problem.text() == "1,234 messages written to /somewhere/tea.json")
    assert not sheet.progress.isVisible() and sheet.problem.property("tone") == "jade"


def test_a_backup_wants_a_passphrase_twice_and_keeps_it_when_it_failed(qtbot: QtBot) -> None:
    world = World(1)
    world.problems[BackUp] = Problem(Fault.DISK_FULL, "/full")
    sheet = BackupSheet(None, world.bridge)
    qtbot.addWidget(sheet)
    sheet.open()
    sheet.passphrase.setText("short")
    sheet.act.click()
    assert "at least 8" in sheet.problem.text()
    sheet.passphrase.setText("correct horse tea")
    sheet.act.click()
    assert "not the same" in sheet.problem.text() and not world.commands
    sheet.save("/full/tea.backup")
    qtbot.waitUntil(lambda: "disk is full" in sheet.problem.text())
    assert sheet.act.isEnabled() and sheet.passphrase.text() == "correct horse tea"
    world.problems.clear()
    sheet.save("/there/tea.backup")
    qtbot.waitUntil(lambda: sheet.problem.text() == "Backed up to /there/tea.backup")
    assert world.sent(BackUp)[-1] == BackUp("/there/tea.backup", "correct horse tea")
    assert "correct horse" not in repr(world.sent(BackUp)[-1])


def fill(page: Welcome, name: str, text: str) -> None:
    line = next(one for one in page.findChildren(QLineEdit) if one.objectName() == name and one.isVisible())
    line.setText(text)


def press(page: Welcome, text: str) -> None:
    next(one for one in page.findChildren(QPushButton) if one.text() == text and one.isVisible()).click()


def said(page: Welcome) -> str:
    return " ".join(label.text() for label in page.findChildren(Label) if label.isVisible())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.BACKUP_DAMAGED, "damaged or not complete"),
        (Fault.BACKUP_FOREIGN, "not a backup of Teahouse"),
        (Fault.BACKUP_NEWER, "newer Teahouse"),
        (Fault.WRONG_PASSPHRASE, "not the passphrase"),
    ],
)
def test_a_backup_is_restored_from_the_welcome_window(qtbot: QtBot, fault: Fault, words: str) -> None:
    world = World()
    welcome = Welcome(world.bridge, Ways(lambda: None), vault_open=False)
    qtbot.addWidget(welcome)
    welcome.show()
    press(welcome, "Restore a backup…")
    press(welcome, "Continue")
    assert "Choose the file" in said(welcome)
    fill(welcome, "backup", "/there/tea.backup")
    press(welcome, "Continue")
    assert "Enter the passphrase of the backup" in said(welcome)
    fill(welcome, "backup-passphrase", "words of the backup")
    press(welcome, "Continue")
    world.problems[RestoreBackup] = Problem(fault, "/there/tea.backup")
    fill(welcome, "passphrase", "fresh words")
    fill(welcome, "again", "fresh words")
    press(welcome, "Continue")
    qtbot.waitUntil(lambda: words in said(welcome))
    press(welcome, "Back")
    assert isinstance(welcome._pages.currentWidget(), RestorePage)
    fill(welcome, "backup-passphrase", "the right words")
    press(welcome, "Continue")
    world.problems.clear()
    fill(welcome, "passphrase", "fresh words")
    fill(welcome, "again", "fresh words")
    with qtbot.waitSignal(welcome.finished):
        press(welcome, "Continue")
    sent: list[Command] = world.sent(RestoreBackup)
    assert sent[-1] == RestoreBackup("/there/tea.backup", "the right words", VaultMode.PASSPHRASE, "fresh words")


def test_a_second_identity_is_not_offered_a_restore(qtbot: QtBot) -> None:
    welcome = Welcome(World().bridge, Ways(lambda: None), vault_open=True, first=False)
    qtbot.addWidget(welcome)
    assert not [one for one in welcome.findChildren(QPushButton) if one.text() == "Restore a backup…"]


DIALOG = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication(["x"])
from teahouse.ui.files import ask_open
window = QWidget()
dialog = ask_open(window, "secret", lambda path: print("chosen", path))
dialog.setDirectory(sys.argv[1])
dialog.selectFile(sys.argv[1] + "/secret-name.txt")
QTimer.singleShot(0, dialog.accept)
dialog.destroyed.connect(lambda: QTimer.singleShot(0, app.quit))
app.exec()
"""


def test_no_file_dialog_remembers_anything_outside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "secret-name.txt").write_text("x")
    world = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        [sys.executable, "-c", DIALOG, str(tmp_path)],
        env=world | {"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "secret-name.txt" in run.stdout
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret-name.txt"]
    assert [path.name for path in left if b"secret" in path.read_bytes() or "QtProject" in path.name] == []
