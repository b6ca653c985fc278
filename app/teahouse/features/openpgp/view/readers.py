"""Who can read a chat: everybody in it with every key, all digits to compare, and what the user thinks of each."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.text import label
from teahouse.features.openpgp.model import PeerKey, Reader, Security, Trust, Why, spaced
from teahouse.features.openpgp.wishes import AskSecurity, Decide, SecurityChanged
from teahouse.i18n import _
from teahouse.ui import theme
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
            self._inner.addWidget(self._card(_("You"), _("Your key"), "jade", [_digits(security.own)]))
        for one in security.people:
            self._inner.addWidget(self._of(one))
        self._inner.addStretch(1)

    def _of(self, reader: Reader) -> QWidget:
        word, tone = _state(reader)
        keys = [key for key in reader.keys if key.announced]
        card = self._card(label(reader.jid, 80), word, tone, [_digits(key.fingerprint) for key in keys])
        layout = card.layout()
        assert isinstance(layout, QVBoxLayout)
        for key in keys:
            layout.addLayout(self._decisions(key))
        return card

    def _decisions(self, key: PeerKey) -> QVBoxLayout:
        made = QVBoxLayout()
        tidy(made, spacing=4)
        made.addWidget(plain(f"{spaced(key.fingerprint)[-9:]} · {_trust(key.trust)}", 12, "ink2"))
        offered = [(_("I compared it"), Trust.VERIFIED), (_("Do not trust it"), Trust.DISTRUSTED)]
        buttons = [button(verb, partial(self._decide, key, trust)) for verb, trust in offered if trust is not key.trust]
        made.addLayout(row(*buttons, 0))
        return made

    def _decide(self, key: PeerKey, trust: Trust) -> None:
        self._bridge.do(Decide(self._chat.account, key.jid, key.fingerprint, trust), self._again)

    def _again(self, _keys: object) -> None:
        self._bridge.do(AskSecurity(self._chat.id))

    def _card(self, name: str, word: str, tone: str, digits: list[QLabel]) -> QWidget:
        card = frame("card")
        layout = QVBoxLayout(card)
        tidy(layout, (14, 12, 14, 12), 6)
        layout.addLayout(row(plain(name, 14, bold=True), 0, plain(word, 13, tone)))
        for one in digits:
            layout.addWidget(one)
        return card


def _digits(fingerprint: str) -> QLabel:
    shown = spaced(fingerprint)
    made = plain(f"{shown[:24]}\n{shown[25:]}", 13, "ink")
    made.setFont(theme.font(13, mono=True))
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


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


def _trust(trust: Trust) -> str:
    return {
        Trust.VERIFIED: _("compared by you"),
        Trust.FIRST_USE: _("taken as it came"),
        Trust.UNDECIDED: _("not decided"),
        Trust.DISTRUSTED: _("not trusted"),
    }[trust]
