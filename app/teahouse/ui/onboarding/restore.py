"""Restore a backup: which file, its passphrase, and what protects it here. Nothing is changed until all is sound."""

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from teahouse.domain.commands import Command, RestoreBackup
from teahouse.domain.vault import VaultMode
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.files import ask_open
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.protect import ProtectPage
from teahouse.ui.widgets import button, row


def restore(
    bridge: Bridge, show: Callable[[QWidget, QWidget | None], None], back: Callable[[], None], done: Callable[[], None]
) -> None:
    """Lead through it: `show` puts up a page, beside one that stays; `done` is called when all is there."""

    def given(path: str, passphrase: str) -> None:
        def restored(mode: VaultMode, fresh: str) -> Command:
            return RestoreBackup(path, passphrase, mode, fresh)

        show(ProtectPage(bridge, lambda: show(page, None), done, restored), page)

    page = RestorePage(back, given)
    show(page, None)


class RestorePage(Page):
    """Asks for the file and its passphrase; `given` is told both."""

    def __init__(self, back: Callable[[], None], given: Callable[[str, str], None]) -> None:
        super().__init__(
            _("Restore a backup"),
            _("Everything that was backed up comes back: identities, chats and messages. They go online by the way they"
              " had; those that go through Tor never take another one."),
            back,
        )  # fmt: skip
        self._given = given
        self.path = self.field(_("File of the backup"), name="backup")
        self.body.addLayout(row(button(_("Choose a file…"), self._choose), 0))
        self.body.addSpacing(8)
        self.passphrase: QLineEdit = self.field(_("Passphrase of the backup"), secret=True, name="backup-passphrase")
        self.primary(_("Continue"), self._go)

    def _choose(self) -> None:
        ask_open(self, _("File of the backup"), self.path.setText)

    def _go(self) -> None:
        if not self.path.text().strip():
            return self.say(_("Choose the file of the backup first."))
        if not self.passphrase.text():
            return self.say(_("Enter the passphrase of the backup."))
        self.hush()
        self._given(self.path.text().strip(), self.passphrase.text())
        return None
