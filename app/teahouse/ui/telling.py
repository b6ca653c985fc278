"""What the person of the open chat is told of their messages, chosen in the details."""

from PySide6.QtWidgets import QComboBox, QVBoxLayout

from teahouse.domain.chat import Chat
from teahouse.domain.telling import TELLING, SetTelling
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.widgets import plain, tidy


class TellingChoice(QVBoxLayout):
    """One line of words and a box."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._chat = 0
        self.box = QComboBox()
        self.box.setAccessibleName(_(TELLING.label))
        self.box.setAccessibleDescription(_(TELLING.help))
        self.box.view().setAccessibleName(_(TELLING.label))
        for value, words in TELLING.allowed:
            self.box.addItem(_(words), value)
        self.box.activated.connect(self._chosen)
        tidy(self, spacing=6)
        self.addWidget(plain(_(TELLING.label), 13, "ink2", bold=True, wrap=True))
        self.addWidget(plain(_(TELLING.help), 12, "ink2", wrap=True))
        self.addWidget(self.box)

    def show_chat(self, chat: Chat) -> None:
        """Show what is chosen for the person of a chat."""
        self._chat = chat.id
        self.box.setCurrentIndex(self.box.findData(TELLING.sound(chat.telling)))

    def _chosen(self, at: int) -> None:
        self._bridge.do(SetTelling(self._chat, str(self.box.itemData(at))))
