"""The panes side by side, and which of them fit."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.message import Message
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.pane import ConversationPane
from teahouse.ui.chats.view import ChatsPane
from teahouse.ui.details import Details
from teahouse.ui.empty import EmptyPage
from teahouse.ui.hooks import Hooks
from teahouse.ui.known import Known
from teahouse.ui.palette import go_anywhere
from teahouse.ui.pending import Pending
from teahouse.ui.rail import Rail
from teahouse.ui.strip import Strip
from teahouse.ui.widgets import tidy

FOLD_DETAILS, FOLD_LIST = 1100, 720


class Panes(QWidget):
    """Rail, chats, conversation or empty page, details; the strip below."""

    def __init__(self, bridge: Bridge, known: Known, hooks: Hooks | None = None) -> None:
        super().__init__()
        self._details_wanted = True
        self.rail, self.chats, self.strip = Rail(), ChatsPane(bridge, known), Strip()
        self.conversation = ConversationPane(bridge, known, hooks)
        self.details, self.empty = Details(bridge, known), EmptyPage()
        self._middle = QStackedWidget()
        self._middle.addWidget(self.empty)
        self._middle.addWidget(self.conversation)
        self.chats.setFixedWidth(296)
        panes = QHBoxLayout()
        tidy(panes)
        panes.addWidget(self.rail)
        panes.addWidget(self.chats)
        panes.addWidget(self._middle, 1)
        panes.addWidget(self.details)
        layout = QVBoxLayout(self)
        tidy(layout)
        layout.addLayout(panes, 1)
        layout.addWidget(self.strip)
        self.details.hide()
        self.strip.show_waiting(0)
        Pending(bridge, self).changed.connect(self.strip.show_waiting)

    def show_chat(self, chat: Chat, message: Message | None = None) -> None:
        """Show a chat, at a message when one is given."""
        self.chats.select(chat.id)
        self.conversation.open(chat, message)
        self.details.show_chat(chat)
        self._middle.setCurrentWidget(self.conversation)
        self.fold()
        self.conversation.composer.box.setFocus()

    def show_nothing(self) -> None:
        """Show the empty page."""
        self.conversation.close_chat()
        self._middle.setCurrentWidget(self.empty)
        self.fold()

    def find_anything(self) -> None:
        """Go to the box that finds anything."""
        go_anywhere(self.chats)

    def toggle_details(self) -> None:
        """Show or hide the pane on the right."""
        self._details_wanted = not self.details.isVisible()
        self.details.setVisible(self._details_wanted and self.conversation.chat is not None)

    def fold(self) -> None:
        """Hide what does not fit."""
        wide = self.width() >= FOLD_DETAILS
        self.details.setVisible(wide and self._details_wanted and self.conversation.chat is not None)
        self.chats.setVisible(self.width() >= FOLD_LIST or self.conversation.chat is None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the panes that no longer fit."""
        super().resizeEvent(event)
        self.fold()
