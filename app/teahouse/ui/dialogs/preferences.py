"""The preferences, made from the settings as they are declared."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from teahouse.domain.account import Account
from teahouse.domain.settings import SETTINGS
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.dialogs.carry import BackupSheet, ExportSheet
from teahouse.ui.dialogs.choices import Choices
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.keeping import ask_clear
from teahouse.ui.preferences import Preferences
from teahouse.ui.widgets import button, plain, row

MOST = 3
"""Identities that have a button here; the menu leads to each."""


class PreferencesSheet(Sheet):
    """One line for each setting; a choice is worn at once. `identity` opens the settings of one identity."""

    def __init__(
        self,
        parent: QWidget | None,
        preferences: Preferences,
        accounts: Sequence[Account] = (),
        identity: Callable[[Account], None] = lambda _account: None,
    ) -> None:
        super().__init__(parent, _("Preferences"), width=520)
        self._preferences, bridge = preferences, preferences.bridge
        choices = Choices(preferences.value, preferences.choose)
        self.boxes: dict[str, QComboBox] = choices.boxes
        for setting in SETTINGS:
            choices.add(setting)
        self.body.addLayout(choices)
        self.body.addSpacing(4)
        self.identities: list[QPushButton] = []
        if accounts:
            self.body.addWidget(plain(_("Of each identity"), 13, "ink2", bold=True))
        for account in accounts[:MOST]:
            named = f"{isolated(label(account.jid, 60))}…"
            self.identities.append(button(named, partial(identity, account)))
            self.body.addLayout(row(self.identities[-1], 0))
        self.body.addWidget(plain(_("What is kept on this computer"), 13, "ink2", bold=True))
        self.delete = button(_("Delete all history…"), lambda: self._delete(), "danger")
        self.export = button(_("Export…"), lambda: ExportSheet(self, bridge, None).open())
        self.backup = button(_("Back up…"), lambda: BackupSheet(self, bridge).open())
        self.body.addLayout(row(self.backup, self.export, self.delete, 0))
        self.body.addSpacing(8)
        self.finish(_("Close"), self.accept)
        self.away.hide()

    def _delete(self) -> None:
        ask_clear(self, self._preferences.bridge, None)
