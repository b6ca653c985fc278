"""The keys of one person: their digits and codes, and a place to compare them with what that person gave us."""

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from teahouse.domain.text import isolated, label
from teahouse.features.openpgp import link
from teahouse.features.openpgp.model import PeerKey, Trust
from teahouse.features.openpgp.view.parts import QrCode, digits, since, standing
from teahouse.features.openpgp.wishes import AskKeys, Decide
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.files import ask_open, read_bounded
from teahouse.ui.widgets import button, column, frame, plain, row, set_tone, tidy


class PersonKeysSheet(Sheet):
    """A decision counts at once."""

    def __init__(self, parent: QWidget, bridge: Bridge, account: int, jid: str) -> None:
        title = _("Keys of {who}").format(who=isolated(label(jid, 60)))
        explanation = _(
            "Compare all digits with them in person or by a call, or photograph the code on their screen. "
            "Then nobody can stand in between."
        )
        super().__init__(parent, title, explanation, 560)
        self.setMinimumHeight(600)
        self._bridge, self._account, self._jid = bridge, account, jid
        self._keys: tuple[PeerKey, ...] = ()
        inside = QWidget()
        self._cards = QVBoxLayout(inside)
        tidy(self._cards, spacing=10)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        self.body.addWidget(area, 1)
        self.given = QLineEdit()
        self.given.setMaxLength(4_000)
        self.given.setPlaceholderText(_("A link or the digits that they gave you"))
        self.given.setAccessibleName(_("A link or the digits that they gave you"))
        self.given.setClearButtonEnabled(True)
        self.given.textChanged.connect(self._compare)
        self.body.addLayout(row(self.given, button(_("From a file…"), self._open)))
        self.verdict = plain("", 13, "ink2", wrap=True)
        self.verdict.hide()
        self.body.addWidget(self.verdict)
        self.finish(_("Close"), self.accept)
        self.away.hide()
        bridge.do(AskKeys(account, jid), self._told)

    def _told(self, keys: tuple[PeerKey, ...]) -> None:
        self._keys = keys
        while (item := self._cards.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for key in sorted(keys, key=lambda one: not one.announced):
            self._cards.addWidget(self._card(key))
        if not keys:
            self._cards.addWidget(plain(_("There is no OpenPGP key of theirs yet."), 13, "ink2", wrap=True))
        self._cards.addStretch(1)
        self._compare(self.given.text())

    def _card(self, key: PeerKey) -> QWidget:
        card = frame("card")
        layout = QHBoxLayout(card)
        tidy(layout, (14, 14, 14, 14), 16)
        word, tone = standing(key)
        words = column(plain(word, 14, tone, bold=True, wrap=True), digits(key.fingerprint))
        words.addWidget(plain(since(key), 12, "ink3"))
        words.addStretch(1)
        if key.announced:
            layout.addWidget(QrCode(link.link(self._jid, key.fingerprint)))
            offered = [(_("I compared it"), Trust.VERIFIED), (_("Do not trust it"), Trust.DISTRUSTED)]
            verbs = [(verb, trust) for verb, trust in offered if trust is not key.trust]
            words.addLayout(row(*(button(verb, partial(self._decide, key, trust)) for verb, trust in verbs), 0))
        layout.addLayout(words, 1)
        return card

    def _decide(self, key: PeerKey, trust: Trust) -> None:
        self._bridge.do(Decide(self._account, key.jid, key.fingerprint, trust), self._told)

    # -- comparing ----------------------------------------------------------------

    def _open(self) -> None:
        ask_open(self, _("A file with the link or the digits"), self.load)

    def load(self, path: str) -> None:
        """Take what is to be compared from a text file."""
        try:
            told = link.read(read_bounded(path, link.MOST).decode(errors="replace"))
        except OSError as error:
            self._say(_("The file could not be read: %s") % (error.strerror or ""), "rust")
            return
        if told is None:
            self._say(_("There are no digits of exactly one key in this file."), "rust")
        else:
            self.given.setText(link.link(told.jid, told.fingerprint) if told.jid else told.fingerprint)

    def _compare(self, text: str) -> None:
        told = link.read(text)
        if not text.strip():
            self.verdict.hide()
        elif told is None:
            self._say(_("These are not the 40 digits of a key, nor a link with them."), "ink2")
        elif told.jid and told.jid != self._jid:
            self._say(_("This link is of another address: {who}").format(who=isolated(label(told.jid, 80))), "rust")
        elif any(key.announced and key.fingerprint == told.fingerprint for key in self._keys):
            self._say(_("It is the same key. If they gave you this themselves, say that you compared it."), "jade")
        else:
            self._say(_("None of the keys above has these digits: do not trust them."), "rust")

    def _say(self, words: str, tone: str) -> None:
        set_tone(self.verdict, tone)
        self.verdict.setText(words)
        self.verdict.show()
