"""Messages found by words: a short list to jump from."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QVBoxLayout

from teahouse.domain.message import Message
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.known import Known
from teahouse.ui.people import People
from teahouse.ui.times import brief
from teahouse.ui.widgets import plain, tidy

_VALUE = Qt.ItemDataRole.UserRole + 1


class FoundList(QFrame):
    """Found messages, newest first; emits the chosen one."""

    chosen = Signal(object)

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known, self._people = known, People(known)
        self._list = QListWidget()
        self._list.setAccessibleName(_("Messages found"))
        self._list.setWordWrap(False)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemActivated.connect(self._picked)
        self._list.itemClicked.connect(self._picked)
        self.setFocusProxy(self._list)
        layout = QVBoxLayout(self)
        tidy(layout, (16, 8, 8, 8), 4)
        layout.addWidget(plain(_("Messages").upper(), 11, "ink3", bold=True))
        layout.addWidget(self._list)

    def show_messages(self, messages: Sequence[Message]) -> None:
        """Replace the list."""
        self._list.clear()
        for message in messages:
            chat = self._known.chats.get(message.chat)
            title = isolated(label(chat.title, 40)) if chat else ""
            name = isolated(label(self._people.author(message).name, 40))
            text = f"{title} · {brief(message.time)}\n{name}: {isolated(label(message.body, 90))}"
            item = QListWidgetItem(text)
            item.setData(_VALUE, message)
            self._list.addItem(item)
        self._list.setCurrentRow(0)

    def first(self) -> Message | None:
        """The newest one found."""
        item = self._list.item(0) if self._list.count() and self.isVisible() else None
        return item.data(_VALUE) if item is not None else None

    def _picked(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_VALUE))
