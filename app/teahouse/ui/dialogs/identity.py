"""The settings of one identity: what it tells others, and what its server keeps."""

from PySide6.QtWidgets import QWidget

from teahouse.domain.account import Account
from teahouse.domain.archiving import Archiving, AskArchiving, SetArchiving
from teahouse.domain.problem import Problem
from teahouse.domain.settings import OF_ACCOUNT, Setting, marked
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.choices import Choices
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.preferences import Preferences
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import plain

ARCHIVE = Setting(
    "archive",
    "",
    marked("History on the server"),
    marked("Your other devices, and this one after a pause, get it from there. Whoever runs the server can read it."),
    (
        (Archiving.ALWAYS.value, marked("Keeps everything")),
        (Archiving.ROSTER.value, marked("Keeps only contacts")),
        (Archiving.NEVER.value, marked("Keeps nothing new")),
    ),
)
"""Kept by the server alone."""


class IdentitySheet(Sheet):
    """A choice counts at once."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, preferences: Preferences, account: Account) -> None:
        super().__init__(parent, label(account.jid, 80), width=520)
        self._bridge, self._preferences, self._account = bridge, preferences, account
        self.choices = Choices(self._value, self._choose)
        for setting in OF_ACCOUNT:
            self.choices.add(setting)
        self.archive = self.choices.add(ARCHIVE)
        self.archive.setEnabled(False)
        self.note = plain(_("Asking your server…"), 12, "ink3", wrap=True)
        self.body.addLayout(self.choices)
        self.body.addWidget(self.note)
        self.body.addSpacing(8)
        self.finish(_("Close"), self.accept)
        self.away.hide()
        bridge.do(AskArchiving(account.id), self._told, self._refused)

    def _value(self, setting: Setting) -> str:
        return self._preferences.of_account(setting, self._account.id) if setting is not ARCHIVE else ""

    def _choose(self, setting: Setting, value: str) -> None:
        if setting is not ARCHIVE:
            self._preferences.choose_for(setting, self._account.id, value)
            return
        self.archive.setEnabled(False)
        self.note.setText(_("Asking your server…"))
        self.note.show()
        self._bridge.do(SetArchiving(self._account.id, Archiving(value)), self._told, self._refused)

    def _told(self, kept: Archiving) -> None:
        self.choices.show_value(ARCHIVE, kept.value)
        self.archive.setEnabled(True)
        self.note.hide()

    def _refused(self, problem: Problem) -> None:
        self.note.setText(sentence(problem))
        self.note.show()
