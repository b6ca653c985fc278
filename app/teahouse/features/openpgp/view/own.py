"""Our own keys: what others compare, how to keep them, and how to begin anew."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from teahouse.domain.account import Account
from teahouse.domain.problem import Problem
from teahouse.domain.text import label
from teahouse.features.openpgp import link
from teahouse.features.openpgp.model import OwnKey, spaced
from teahouse.features.openpgp.view.keeping import BackUpSheet, UseKeySheet
from teahouse.features.openpgp.view.parts import QrCode, digits
from teahouse.features.openpgp.wishes import AskOwnKeys, ExportKey, MakeKey, RevokeKey
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet, confirm
from teahouse.ui.files import ask_save, write_private
from teahouse.ui.problems import sentence
from teahouse.ui.times import day
from teahouse.ui.widgets import button, column, frame, plain, row, set_tone, tidy


class OwnKeysSheet(Sheet):
    """Asks before anything that cannot be undone."""

    def __init__(self, parent: QWidget, bridge: Bridge, account: Account) -> None:
        explanation = _("Whoever has compared these digits with you knows that what they read is from you.")
        super().__init__(parent, _("Your OpenPGP keys"), explanation, 560)
        self._bridge, self._account = bridge, account
        self._place = QWidget()
        self._parts = QVBoxLayout(self._place)
        tidy(self._parts, spacing=12)
        self.body.addWidget(self._place)
        self.finish(_("Close"), self.accept)
        self.away.hide()
        self._ask()

    def _ask(self, _done: object = None) -> None:
        self._bridge.do(AskOwnKeys(self._account.id), self._told, self._refused)

    def _told(self, keys: tuple[OwnKey, ...]) -> None:
        while (item := self._parts.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._place.setEnabled(True)
        used = next((key for key in keys if not key.retired), None)
        self._parts.addWidget(self._card(used) if used else self._none())
        if used:
            self._parts.addWidget(self._acts())
        old = [key for key in keys if key.retired]
        if old:
            self._parts.addWidget(
                plain(_("Earlier keys. They only read what was sent to them."), 13, "ink2", wrap=True)
            )
            for key in old:
                self._parts.addWidget(plain(f"{spaced(key.fingerprint)} · {day(key.created * 1000)}", 12, "ink3"))

    def _card(self, key: OwnKey) -> QWidget:
        card = frame("card")
        layout = QHBoxLayout(card)
        tidy(layout, (14, 14, 14, 14), 16)
        address = link.link(self._account.jid, key.fingerprint)
        layout.addWidget(QrCode(address))
        words = column(plain(label(self._account.jid, 60), 14, bold=True, wrap=True), digits(key.fingerprint))
        words.addWidget(plain(_("In use since {day}").format(day=day(key.created * 1000)), 12, "ink3"))
        words.addStretch(1)
        copy = button(_("Copy as a link"), lambda: self._copy(address))
        words.addLayout(row(copy, button(_("Save public key…"), self._export), 0))
        layout.addLayout(words, 1)
        return card

    def _none(self) -> QWidget:
        card = frame("card")
        layout = QVBoxLayout(card)
        tidy(layout, (14, 14, 14, 14), 10)
        layout.addWidget(plain(_("This identity has no key yet."), 14, bold=True))
        words = _("One is made by itself when you encrypt for the first time. You can make one now, or bring your own.")
        layout.addWidget(plain(words, 13, "ink2", wrap=True))
        layout.addLayout(row(button(_("Make a key"), self._make), button(_("Bring a key…"), self._bring), 0))
        return card

    def _acts(self) -> QWidget:
        card = frame("card")
        layout = QVBoxLayout(card)
        tidy(layout, (14, 12, 14, 12), 12)
        safe = _("A file that only a code opens. Without it, what was encrypted to you is lost with this computer.")
        layout.addLayout(_act(_("Backup"), safe, button(_("Back up…"), self._back_up)))
        own = _("One from a backup, or one that GnuPG exported. The one above then only reads.")
        layout.addLayout(_act(_("Another key"), own, button(_("Bring a key…"), self._bring)))
        new = _("Once in a while. Others have to compare it anew; the one above then only reads.")
        layout.addLayout(_act(_("New key"), new, button(_("Make a new key…"), self._renew)))
        lost = _("When somebody else may have your key. Nobody will encrypt to it any more.")
        layout.addLayout(_act(_("Withdraw"), lost, button(_("Withdraw it…"), self._withdraw, "danger")))
        return card

    # -- what is done ---------------------------------------------------------------

    def _copy(self, address: str) -> None:
        QGuiApplication.clipboard().setText(address)
        self._say(_("Copied."))

    def _export(self) -> None:
        self._bridge.do(ExportKey(self._account.id), self._exported, self._refused)

    def _exported(self, data: bytes) -> None:
        name = f"{self._account.jid.partition('@')[0]}.gpg"
        ask_save(self, _("Where to keep the public key"), name, lambda path: self.save(path, data))

    def save(self, path: str, data: bytes) -> None:
        """Write the public key into a file."""
        try:
            write_private(path, data)
        except OSError as error:
            self.complain(_("The file could not be written: %s") % (error.strerror or ""))
        else:
            self._say(_("Saved. This file may be given to anybody."))

    def _back_up(self) -> None:
        BackUpSheet(self, self._bridge, self._account).open()

    def _bring(self) -> None:
        UseKeySheet(self, self._bridge, self._account, self._ask).open()

    def _make(self) -> None:
        self._work(MakeKey(self._account.id))

    def _renew(self) -> None:
        words = _(
            "Others are told, and whoever compared the old one has to compare the new one before they write to you."
        )
        confirm(self, _("Make a new key?"), words, _("Make a new key"), self._make)

    def _withdraw(self) -> None:
        words = _(
            "It is marked as withdrawn for everybody, for good, and a new one is made. You can still read old messages."
        )
        confirm(self, _("Withdraw this key?"), words, _("Withdraw it"), self._revoke)

    def _revoke(self) -> None:
        self._work(RevokeKey(self._account.id))

    def _work(self, command: MakeKey | RevokeKey) -> None:
        self._place.setEnabled(False)
        self._bridge.do(command, self._ask, self._refused)

    def _refused(self, problem: Problem) -> None:
        self._place.setEnabled(True)
        set_tone(self.problem, "rust")
        self.complain(sentence(problem))

    def _say(self, words: str) -> None:
        set_tone(self.problem, "jade")
        self.complain(words)


def _act(title: str, words: str, act: QWidget) -> QHBoxLayout:
    line = row(spacing=16)
    line.addLayout(column(plain(title, 14), plain(words, 12, "ink3", wrap=True), spacing=2), 1)
    line.addWidget(act)
    return line
