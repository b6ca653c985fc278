"""How what is kept on this computer is protected: asked once, before anything is kept."""

from collections.abc import Callable

from PySide6.QtWidgets import QButtonGroup, QRadioButton

from teahouse.domain.commands import Command, CreateVault
from teahouse.domain.vault import SHORTEST, VaultMode
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.page import Page
from teahouse.ui.widgets import plain


class ProtectPage(Page):
    """Makes the vault of a new profile."""

    def __init__(
        self,
        bridge: Bridge,
        back: Callable[[], None] | None,
        done: Callable[[], None],
        make: Callable[[VaultMode, str], Command] = CreateVault,
    ) -> None:
        """`make` says which command makes the vault."""
        super().__init__(
            _("Protect what is kept here"),
            _("Your messages and passwords are stored encrypted on this computer. What opens them?"),
            back,
        )
        self._bridge, self._done, self._make = bridge, done, make
        self._group = QButtonGroup(self)
        self._modes: dict[int, VaultMode] = {}
        safest = _("The safest. It cannot be reset.")
        self._choice(VaultMode.PASSPHRASE, _("A passphrase, asked at every start"), safest)
        self._passphrase = self.field(_("Passphrase"), secret=True, name="passphrase")
        self._again = self.field(_("The same once more"), secret=True, name="again")
        self.body.addSpacing(8)
        self._choice(VaultMode.KEYRING, _("This computer's keyring"), _("Opens when you log in to the computer."))
        self._choice(
            VaultMode.OPEN,
            _("Nothing: leave it unprotected"),
            _("Anybody who gets hold of this computer can read everything. A notice will say so."),
            "amber",
        )
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(lambda *_: self._adapt())
        self.primary(_("Continue"), self._go)

    def _choice(self, mode: VaultMode, title: str, hint: str, tone: str = "ink2") -> None:
        radio = QRadioButton(title)
        radio.setObjectName(f"mode-{mode.value}")
        number = len(self._modes)
        self._modes[number] = mode
        self._group.addButton(radio, number)
        self.body.addWidget(radio)
        words = plain(hint, 12.5, tone, wrap=True)
        words.setContentsMargins(27, 0, 0, 4)
        self.body.addWidget(words)

    def _adapt(self) -> None:
        wanted = self._modes[self._group.checkedId()] is VaultMode.PASSPHRASE
        self._passphrase.setEnabled(wanted)
        self._again.setEnabled(wanted)

    def _kept(self, _answer: object) -> None:
        self._done()

    def _go(self) -> None:
        mode, passphrase = self._modes[self._group.checkedId()], self._passphrase.text()
        if mode is VaultMode.PASSPHRASE:
            if len(passphrase) < SHORTEST:
                return self.say(_("A passphrase needs at least %d characters.") % SHORTEST)
            if passphrase != self._again.text():
                return self.say(_("The two passphrases are not the same."))
        self.busy(True)
        self._bridge.do(
            self._make(mode, passphrase if mode is VaultMode.PASSPHRASE else ""),
            self._kept,
            self.complain,
        )
        return None
