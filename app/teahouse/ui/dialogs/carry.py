"""Carrying history out of the program: a file that anybody can read, or a backup that only a passphrase opens."""

import datetime
from functools import partial

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QProgressBar, QRadioButton, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.commands import BackUp, ExportHistory
from teahouse.domain.problem import Problem
from teahouse.domain.text import isolated, label
from teahouse.domain.vault import SHORTEST
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.files import ask_save
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import frame, picture, plain, row, set_tone, tidy


class CarrySheet(Sheet):
    """Asks for a file, then shows that it is being written, and how that ended."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, title: str, explanation: str) -> None:
        super().__init__(parent, title, explanation, width=480)
        self._bridge = bridge
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(title)
        self.progress.hide()

    def work(self, command: ExportHistory | BackUp) -> None:
        """Have the file written."""
        self.complain("")
        self.act.setEnabled(False)
        self.progress.show()
        self._bridge.do(command, partial(self._done, command.path), self._refused)

    def _done(self, path: str, count: int | None) -> None:
        self.progress.hide()
        set_tone(self.problem, "jade")
        self.complain(self.ended(path, count))
        self.act.hide()
        self.away.setText(_("Close"))
        self.away.setFocus()

    def ended(self, path: str, count: int | None) -> str:
        """What has been done, in a sentence."""
        raise NotImplementedError

    def _refused(self, problem: Problem) -> None:
        self.progress.hide()
        self.act.setEnabled(True)
        set_tone(self.problem, "rust")
        self.complain(sentence(problem))


class ExportSheet(CarrySheet):
    """Writes one chat, or all, to a readable file."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, chat: Chat | None) -> None:
        title = _("Export {title}").format(title=isolated(label(chat.title, 60))) if chat else _("Export all history")
        super().__init__(parent, bridge, title, _("The messages on this computer, with names and times in UTC."))
        self._chat = chat
        self._forms = QButtonGroup(self)
        self.text = QRadioButton(_("Text, to read and to print"))
        self.json = QRadioButton(_("JSON, for other programs"))
        self.text.setChecked(True)
        for one in (self.text, self.json):
            self._forms.addButton(one)
            self.body.addWidget(one)
        self.body.addWidget(_warning(_("This file is not encrypted: whoever gets it can read everything in it.")))
        self.body.addWidget(self.progress)
        self.finish(_("Choose a file…"), self._choose)

    def ended(self, path: str, count: int | None) -> str:
        """How many messages were written, and where."""
        words = ngettext("{n} message written to {path}", "{n} messages written to {path}", count or 0)
        return words.format(n=f"{count or 0:,}", path=isolated(label(path, 200)))

    def _choose(self) -> None:
        ending = "json" if self.json.isChecked() else "txt"
        ask_save(self, _("Where to write the history"), f"teahouse-{datetime.date.today()}.{ending}", self.save)

    def save(self, path: str) -> None:
        """Write to this file."""
        self.work(ExportHistory(path, self._chat.id if self._chat else 0, "json" if self.json.isChecked() else "text"))


class BackupSheet(CarrySheet):
    """Writes everything of the profile to one encrypted file."""

    def __init__(self, parent: QWidget | None, bridge: Bridge) -> None:
        words = _(
            "One encrypted file with everything of this profile: identities with their passwords, chats, messages and"
            " settings. Restore it on this or another computer from the welcome window of a new profile."
        )
        super().__init__(parent, bridge, _("Back up this profile"), words)
        self.passphrase, self.again = QLineEdit(), QLineEdit()
        names = (_("Passphrase of the backup"), _("The same once more"))
        for line, name in zip((self.passphrase, self.again), names, strict=True):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.setAccessibleName(name)
            line.setMaxLength(1_000)
            caption = plain(name, 13, "ink2")
            caption.setBuddy(line)
            self.body.addWidget(caption)
            self.body.addWidget(line)
        self.body.addWidget(_warning(_("Without this passphrase nobody can open the backup, and it cannot be reset.")))
        self.body.addWidget(self.progress)
        self.finish(_("Choose a file…"), self._choose)

    def ended(self, path: str, count: int | None) -> str:
        """Where it is."""
        return _("Backed up to {path}").format(path=isolated(label(path, 200)))

    def _choose(self) -> None:
        if len(self.passphrase.text()) < SHORTEST:
            self.complain(_("A passphrase needs at least %d characters.") % SHORTEST)
        elif self.passphrase.text() != self.again.text():
            self.complain(_("The two passphrases are not the same."))
        else:
            self.complain("")
            ask_save(self, _("Where to keep the backup"), f"teahouse-{datetime.date.today()}.backup", self.save)

    def save(self, path: str) -> None:
        """Write to this file."""
        self.work(BackUp(path, self.passphrase.text()))


def _warning(words: str) -> QWidget:
    chip = frame("chip")
    chip.setProperty("tone", "amber")
    layout = row(picture("eye", "amber"), plain(words, 13, "amber", wrap=True), spacing=10)
    layout.setStretch(1, 1)
    tidy(layout, (12, 8, 12, 8), 10)
    chip.setLayout(layout)
    return chip
