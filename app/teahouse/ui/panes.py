"""The panes side by side, and which of them fit."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.message import Message
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.pane import ConversationPane
from teahouse.ui.chats.view import ChatsPane
from teahouse.ui.details import Details
from teahouse.ui.empty import EmptyPage
from teahouse.ui.focus import focus_by_keys
from teahouse.ui.hooks import Hooks
from teahouse.ui.known import Known
from teahouse.ui.pending import Pending
from teahouse.ui.rail import Rail
from teahouse.ui.strip import Strip
from teahouse.ui.widgets import tidy

FOLD_DETAILS, FOLD_LIST = 1100, 720
LIST, DETAILS, ANY = 296, 288, 16_777_215


class Panes(QWidget):
    """Rail, chats, conversation or empty page, details; the strip below.

    Wide: all side by side. Narrower: the details only when asked for. Narrow: one of the three at a time.
    """

    def __init__(self, bridge: Bridge, known: Known, hooks: Hooks | None = None) -> None:
        super().__init__()
        self._details_wanted, self._details_asked, self._list_asked = True, False, False
        self.rail, self.chats, self.strip = Rail(), ChatsPane(bridge, known), Strip(bridge, known)
        self.conversation = ConversationPane(bridge, known, hooks)
        self.details, self.empty = Details(bridge, known), EmptyPage()
        self._middle = QStackedWidget()
        self._middle.addWidget(self.empty)
        self._middle.addWidget(self.conversation)
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
        self.conversation.header.back.connect(self.to_list)
        self.details.close_wanted.connect(self.toggle_details)

    def show_chat(self, chat: Chat, message: Message | None = None) -> None:
        """Show a chat, at a message when one is given."""
        self._list_asked = self._details_asked = False
        self.chats.select(chat.id)
        self.details.show_chat(chat)
        self._middle.setCurrentWidget(self.conversation)
        self.fold()
        self.conversation.open(chat, message)
        self.conversation.composer.box.setFocus()

    def show_nothing(self) -> None:
        """Show the empty page."""
        self.conversation.close_chat()
        self._middle.setCurrentWidget(self.empty)
        self.fold()

    def to_list(self) -> None:
        """Go to the chats, also where there is room for one pane only."""
        self._list_asked, self._details_asked = True, False
        self.fold()
        focus_by_keys(self.chats.list)

    def find_anything(self) -> None:
        """Go to the box that finds anything."""
        self._list_asked, self._details_asked = True, False
        self.fold()
        self.chats.focus_search()

    def toggle_details(self) -> None:
        """Show or hide the pane on the right."""
        wanted = not self.details.isVisible()
        if self._wide():
            self._details_wanted = wanted
        self._details_asked, self._list_asked = wanted, False
        self.fold()
        if wanted and self._narrow():
            focus_by_keys(self.details.list)
        elif not wanted and not self.isAncestorOf(QApplication.focusWidget() or self):
            self.conversation.composer.box.setFocus()

    def cycle(self, by: int = 1) -> None:
        """Take the keyboard to the next pane that is shown."""
        open_chat = self.conversation.chat is not None
        middle = [self.conversation.view, self.conversation.composer.box] if open_chat else [self.empty.join]
        stops: list[QWidget] = [self.rail.first(), self.chats.search, self.chats.list, *middle, self.details.list]
        stops = [stop for stop in stops if stop.isVisible() and stop.isEnabled()]
        focused = QApplication.focusWidget()
        at = next((n for n, stop in enumerate(stops) if focused is stop or stop.isAncestorOf(focused or self)), -by)
        if stops:
            focus_by_keys(stops[(at + by) % len(stops)])

    def fold(self) -> None:
        """Hide what does not fit."""
        open_chat, narrow = self._middle.currentWidget() is self.conversation, self._narrow()
        wide = self._wide()
        details = open_chat and (self._details_wanted if wide else self._details_asked)
        chats = not narrow or self._list_asked or not open_chat
        if narrow:
            details = details and not chats
        for pane, usual in ((self.chats, LIST), (self.details, DETAILS)):
            pane.setMinimumWidth(0 if narrow else theme.scaled(usual))
            pane.setMaximumWidth(ANY if narrow else theme.scaled(usual))
        self.chats.setVisible(chats)
        self.details.setVisible(details)
        self.details.show_close(narrow)
        self._middle.setVisible(not narrow or not (chats or details))
        self.conversation.header.to_list.setVisible(narrow)

    def dress(self) -> None:
        """Larger letters need wider panes."""
        self.fold()

    def _wide(self) -> bool:
        return self.width() >= theme.scaled(FOLD_DETAILS)

    def _narrow(self) -> bool:
        return self.width() < theme.scaled(FOLD_LIST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold the panes that no longer fit."""
        super().resizeEvent(event)
        self.fold()
