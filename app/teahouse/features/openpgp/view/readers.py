"""Who can read a chat: everybody in it with every key, all digits to compare, and what the user thinks of each."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.text import label
from teahouse.features.openpgp.model import PeerKey, Reader, Security, Why
from teahouse.features.openpgp.view.parts import digits, standing
from teahouse.features.openpgp.view.person import PersonKeysSheet
from teahouse.features.openpgp.wishes import AskSecurity, SecurityChanged
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.widgets import button, frame, plain, row, tidy


class ReadersSheet(Sheet):
    """A card for each; a decision counts at once."""

    def __init__(self, parent: QWidget, bridge: Bridge, chat: Chat, security: Security) -> None:
        explanation = _("Compare all digits with them in person or by a call. Then nobody can stand in between.")
        super().__init__(parent, _("Who can read this"), explanation, 560)
        self.setMinimumHeight(480)
        self._bridge, self._chat = bridge, chat
        self._cards = QWidget()
        self._inner = QVBoxLayout(self._cards)
        tidy(self._inner, spacing=10)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self._cards)
        self.body.addWidget(area, 1)
        self.finish(_("Ask again for keys"), self._ask, away=_("Close"))
        self._show(security)
        bridge.on(SecurityChanged, self._told, self)

    def _ask(self) -> None:
        self._bridge.do(AskSecurity(self._chat.id, fresh=True))

    def _told(self, events: Sequence[SecurityChanged]) -> None:
        for event in events:
            if event.security.chat == self._chat.id:
                self._show(event.security)

    def _show(self, security: Security) -> None:
        while (item := self._inner.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        if security.own:
            self._inner.addWidget(self._card(_("You"), _("Your key"), "jade", [digits(security.own)]))
        for one in security.people:
            self._inner.addWidget(self._of(one))
        self._inner.addStretch(1)

    def _of(self, reader: Reader) -> QWidget:
        word, tone = _state(reader)
        keys = [key for key in reader.keys if key.announced]
        card = self._card(label(reader.jid, 80), word, tone, [])
        layout = card.layout()
        assert isinstance(layout, QVBoxLayout)
        for key in keys:
            layout.addLayout(self._key(key))
        return card

    def _key(self, key: PeerKey) -> QHBoxLayout:
        word, tone = standing(key)
        line = row(digits(key.fingerprint), 0, plain(word, 12, tone), spacing=12)
        line.addWidget(button(_("Compare…"), partial(self._compare, key.jid)))
        return line

    def _compare(self, jid: str) -> None:
        PersonKeysSheet(self, self._bridge, self._chat.account, jid).open()

    def _card(self, name: str, word: str, tone: str, digits: list[QLabel]) -> QWidget:
        card = frame("card")
        layout = QVBoxLayout(card)
        tidy(layout, (14, 12, 14, 12), 6)
        layout.addLayout(row(plain(name, 14, bold=True), 0, plain(word, 13, tone)))
        for one in digits:
            layout.addWidget(one)
        return card


def _state(reader: Reader) -> tuple[str, str]:
    if reader.why is None:
        return _("can read this"), "jade"
    return {
        Why.NO_KEY: (_("has no key"), "amber"),
        Why.SILENT: (_("their server does not answer"), "amber"),
        Why.UNDECIDED: (_("has a new key: decide about it"), "amber"),
        Why.DISTRUSTED: (_("you do not trust their key"), "rust"),
        Why.UNUSABLE: (_("their key has expired or cannot be used"), "amber"),
    }[reader.why]
