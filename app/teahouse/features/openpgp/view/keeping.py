"""A key carried out of the program and into it: a backup under a code, and one that is brought from elsewhere."""

import datetime
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPlainTextEdit, QRadioButton, QWidget

from teahouse.domain.account import Account
from teahouse.domain.problem import Problem
from teahouse.features.openpgp.wishes import BackUpKey, ImportKey, KeepBackup, RestoreKey
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.files import ask_open, ask_save, read_bounded, write_private
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import button, plain, row, set_tone

LARGEST = 1_048_576
"""Bytes of a file with a key at most."""


class BackUpSheet(Sheet):
    """Shows the code once, and writes the file that it opens."""

    def __init__(self, parent: QWidget, bridge: Bridge, account: Account) -> None:
        explanation = _(
            "Write this code down on paper. It opens the file, here or with plain GnuPG, and is shown only now."
        )
        super().__init__(parent, _("Back up your key"), explanation, 480)
        self._bridge, self._account, self._data = bridge, account, b""
        self.code = plain(_("One moment…"), 16, "ink")
        self.code.setFont(theme.font(16, mono=True))
        self.code.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.code.setObjectName("card")
        self.code.setContentsMargins(12, 14, 12, 14)
        self.code.setAccessibleName(_("Backup code"))
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.body.addWidget(self.code)
        words = _("Keep file and code apart: whoever has both can read everything that was encrypted to you.")
        self.body.addWidget(plain(words, 13, "ink2", wrap=True))
        self.at_server = button(_("Keep at the server"), self._keep)
        self.at_server.setToolTip(_("Your other devices can then fetch it, and open it by the code."))
        self.finish(_("Save the file…"), self._choose, extra=(self.at_server,))
        self._enable(False)
        bridge.do(BackUpKey(account.id), self._made, self._refused)

    def _made(self, made: tuple[str, bytes]) -> None:
        code, self._data = made
        self.code.setText(code)
        self._enable(True)
        self.act.setFocus()

    def _enable(self, able: bool) -> None:
        self.act.setEnabled(able)
        self.at_server.setEnabled(able)

    def _keep(self) -> None:
        self.at_server.setEnabled(False)
        self._bridge.do(KeepBackup(self._account.id, self._data), self._kept, self._not_kept)

    def _kept(self, _done: object) -> None:
        self._say(_("Your server keeps it, for your own devices. It does not know the code."), "jade")
        self.away.setText(_("Close"))

    def _not_kept(self, problem: Problem) -> None:
        self.at_server.setEnabled(True)
        self._say(sentence(problem), "rust")

    def _say(self, words: str, tone: str) -> None:
        set_tone(self.problem, tone)
        self.complain(words)

    def _refused(self, problem: Problem) -> None:
        self.code.hide()
        self.complain(sentence(problem))

    def _choose(self) -> None:
        name = f"openpgp-{self._account.jid.partition('@')[0]}-{datetime.date.today()}.gpg"
        ask_save(self, _("Where to keep the backup"), name, self.save)

    def save(self, path: str) -> None:
        """Write it into a file that only its owner may read."""
        try:
            write_private(path, self._data)
        except OSError as error:
            self._say(_("The file could not be written: %s") % (error.strerror or ""), "rust")
            return
        self._say(_("Saved. Without the code nobody can open it, not even you."), "jade")
        self.away.setText(_("Close"))


class UseKeySheet(Sheet):
    """Takes a key from a file or from what is pasted; `used` is told that it is in use."""

    def __init__(self, parent: QWidget, bridge: Bridge, account: Account, used: Callable[[], object]) -> None:
        explanation = _("It is used from now on. The one you have until now still reads what was sent to it.")
        super().__init__(parent, _("Bring a key"), explanation, 520)
        self._bridge, self._account, self._used = bridge, account, used
        self._data = b""
        self._kinds = QButtonGroup(self)
        self.exported = QRadioButton(_("A secret key, exported from GnuPG or another program"))
        self.backup = QRadioButton(_("A backup made by a chat program, opened by a code"))
        self.at_server = QRadioButton(_("The backup that your server keeps, opened by a code"))
        self.exported.setChecked(True)
        for one in (self.exported, self.backup, self.at_server):
            self._kinds.addButton(one)
            self.body.addWidget(one)
            one.toggled.connect(self._name)
        self.text = QPlainTextEdit()
        self.text.setPlaceholderText("-----BEGIN PGP PRIVATE KEY BLOCK-----")
        self.text.setAccessibleName(_("The key, as text"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.scaled(96))
        self.text.setFont(theme.font(12.5, mono=True))
        self.file = plain("", 13, "ink2")
        self.body.addWidget(self.text)
        self._from_file = button(_("From a file…"), self._open)
        self.body.addLayout(row(self._from_file, self.file, 0))
        self.word = QLineEdit()
        self.word.setEchoMode(QLineEdit.EchoMode.Password)
        self.word.setMaxLength(1_000)
        self._caption = plain("", 13, "ink2")
        self._caption.setBuddy(self.word)
        self.body.addWidget(self._caption)
        self.body.addWidget(self.word)
        self._name()
        self.finish(_("Use this key"), self.enter)

    def _name(self) -> None:
        exported = self.exported.isChecked()
        for part in (self.text, self._from_file, self.file):
            part.setVisible(not self.at_server.isChecked())
        name = _("Its passphrase, if it has one") if exported else _("The code of the backup")
        self._caption.setText(name)
        self.word.setAccessibleName(name)
        self.word.setEchoMode(QLineEdit.EchoMode.Password if exported else QLineEdit.EchoMode.Normal)

    def _open(self) -> None:
        ask_open(self, _("File with the key"), self.load)

    def load(self, path: str) -> None:
        """Take the key from a file."""
        try:
            self._data = read_bounded(path, LARGEST)
        except OSError as error:
            self.complain(_("The file could not be read: %s") % (error.strerror or ""))
            return
        self.complain("")
        self.text.clear()
        self.text.setEnabled(False)
        self.file.setText(path.rpartition("/")[2][:60])
        self.word.setFocus()

    def enter(self) -> None:
        """Have it used; what was typed stays when that fails."""
        fetched = self.at_server.isChecked()
        data = b"" if fetched else self._data or self.text.toPlainText().encode()[:LARGEST]
        if not data.strip() and not fetched:
            self.complain(_("Choose the file of the key, or paste it."))
            return
        self.complain("")
        self.act.setEnabled(False)
        number, word = self._account.id, self.word.text()
        command = ImportKey(number, data, word) if self.exported.isChecked() else RestoreKey(number, data, word.strip())
        self._bridge.do(command, self._done, self._refused)

    def _done(self, _key: object) -> None:
        self.accept()
        self._used()

    def _refused(self, problem: Problem) -> None:
        self.act.setEnabled(True)
        self.complain(sentence(problem))
