"""The page that asks for the passphrase of a locked profile."""

from PySide6.QtWidgets import QLineEdit, QProgressBar

from teahouse.domain.commands import UnlockVault
from teahouse.domain.problem import Problem
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.gate import Gate
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import button, plain


class UnlockPage(Gate):
    """A passphrase and a button; VaultChanged says when it worked."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(_("Welcome back"), _("What is kept on this computer is locked with your passphrase."))
        self._bridge = bridge
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText(_("Passphrase"))
        self.field.setAccessibleName(_("Passphrase"))
        self.field.returnPressed.connect(self.unlock)
        self.problem = plain("", 13, "rust", wrap=True)
        self.act = button(_("Unlock"), self.unlock, "primary")
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        for part in (self.field, self._busy, self.problem, self.act):
            self.body.addWidget(part)
        self._busy.hide()
        self.problem.hide()
        self.field.setFocus()

    def unlock(self) -> None:
        """Try the passphrase."""
        if not self.field.text() or not self.field.isEnabled():
            return
        self._waiting(True)
        self.problem.hide()
        self._bridge.do(UnlockVault(self.field.text()), lambda done: self._waiting(False), self._refused)

    def _refused(self, problem: Problem) -> None:
        self._waiting(False)
        self.problem.setText(sentence(problem))
        self.problem.show()
        self.field.selectAll()
        self.field.setFocus()

    def _waiting(self, busy: bool) -> None:
        self._busy.setVisible(busy)
        self.field.setEnabled(not busy)
        self.act.setEnabled(not busy)
