"""Find in this chat: words, and the next or previous message that holds them."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from teahouse.domain.message import Message
from teahouse.domain.queries import SearchMessages
from teahouse.domain.search import SearchPage, parse
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.found import complaint
from teahouse.ui.widgets import plain, tidy, tool


class FindBar(QFrame):
    """A bar below the header; emits the message to show."""

    found = Signal(object)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setObjectName("findbar")
        self._bridge = bridge
        self._chat = 0
        self._at = 0
        self._messages: Sequence[Message] = ()
        self._more = False
        self.field = QLineEdit()
        self.field.setPlaceholderText(_("Find in this chat"))
        self.field.setAccessibleName(_("Find in this chat"))
        self._count = plain("", 12, "ink3")
        layout = QHBoxLayout(self)
        tidy(layout, (16, 6, 12, 6), 6)
        layout.addWidget(self.field, 1)
        layout.addWidget(self._count)
        layout.addWidget(tool("arrow-down", _("Older"), partial(self.step, 1)))
        layout.addWidget(tool("x", _("Close"), self.hide))
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(250)
        self._later.timeout.connect(self._search)
        self.field.textChanged.connect(lambda: self._later.start())
        self.field.returnPressed.connect(partial(self.step, 1))
        self.hide()

    def open(self, chat: int) -> None:
        """Show the bar for a chat."""
        self._chat = chat
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def step(self, by: int) -> None:
        """Show the next older (1) or newer (-1) one found."""
        if self._more and self._at + by >= len(self._messages):
            words, last = self.field.text().strip(), self._messages[-1]
            self._more = False
            query = SearchMessages(words, self._chat, older=(last.time, last.id))
            self._bridge.ask(query, partial(self._further, words))
        elif self._messages:
            self._at = (self._at + by) % len(self._messages)
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes, Up and Down step."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _search(self) -> None:
        words = self.field.text().strip()
        self._messages = ()
        if (wrong := complaint(parse(words).wrong)) or not words:
            self._count.setText(wrong)
        else:
            self._bridge.ask(SearchMessages(words, self._chat), partial(self._answered, words))

    def _answered(self, words: str, page: SearchPage | None) -> None:
        if page is not None and words == self.field.text().strip():
            self._messages, self._at, self._more = [hit.message for hit in page.hits], 0, page.more
            if self._messages:
                self._show()
            else:
                self._count.setText(_("Nothing found"))

    def _further(self, words: str, page: SearchPage | None) -> None:
        if page is not None and words == self.field.text().strip():
            self._messages, self._more = [*self._messages, *(hit.message for hit in page.hits)], page.more
            self.step(1)

    def _show(self) -> None:
        known = f"{len(self._messages)}{'+' if self._more else ''}"
        self._count.setText(_("{at} of {all}").format(at=self._at + 1, all=known))
        self.found.emit(self._messages[self._at])
