"""The conversation: header, banner, find bar, messages and composer of the open chat."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from teahouse.domain.chat import Chat
from teahouse.domain.message import Message
from teahouse.ui.banner import Banner
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.composer import Composer
from teahouse.ui.chat.find import FindBar
from teahouse.ui.chat.header import Header
from teahouse.ui.chat.model import ConversationModel
from teahouse.ui.chat.notice import Notice
from teahouse.ui.chat.view import MessageView
from teahouse.ui.dialogs.whole import show_whole
from teahouse.ui.hooks import Hooks
from teahouse.ui.known import Known
from teahouse.ui.people import People
from teahouse.ui.widgets import tidy


class ConversationPane(QFrame):
    """Shows one chat at a time."""

    link = Signal(str)

    def __init__(self, bridge: Bridge, known: Known, hooks: Hooks | None = None) -> None:
        super().__init__()
        self.setObjectName("conversation")
        self._known = known
        self.chat: Chat | None = None
        self.people = People(known)
        self.model = ConversationModel(bridge, self, self.people.author)
        self.view = MessageView(bridge, self.model, hooks)
        self.header, self.banner, self.finder = Header(known), Banner(), FindBar(bridge)
        self.notice = Notice(bridge, known)
        self.composer = Composer(bridge, known)
        layout = QVBoxLayout(self)
        tidy(layout)
        for part in (self.header, self.banner, self.notice, self.finder):
            layout.addWidget(part)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.composer)
        self.header.find_wanted.connect(self.open_find)
        self.finder.found.connect(self.view.jump_to)
        self.composer.sent.connect(self.view.jump_to_latest)
        self.view.link.connect(self.link)
        self.model.missing.failed.connect(self.banner.show_problem)
        self.notice.look.connect(lambda room: self.link.emit(f"xmpp:{room}"))
        self.view.whole.connect(lambda message: show_whole(self, message.body))
        known.chats_changed.connect(self._chats)
        known.occupants_changed.connect(self._occupants)
        known.contacts_changed.connect(lambda account: self._again())
        known.facts_changed.connect(lambda chat: self._again())
        known.shield.changed.connect(lambda chat: self._again())
        known.links_changed.connect(self._again)

    def open(self, chat: Chat, message: Message | None = None) -> None:
        """Show a chat, at a message when one is given."""
        if self.chat is None or self.chat.id != chat.id:
            self.chat = chat
            self.finder.hide()
            self.composer.open(chat)
            self.model.open(chat, message)
            self._again()
        elif message is not None:
            self.view.jump_to(message)

    def close_chat(self) -> None:
        """Show nothing."""
        self.composer.open(None)
        self.chat = None
        self.notice.show_chat(None)
        self.model.open(None)

    def open_find(self) -> None:
        """Open the find bar."""
        if self.chat is not None:
            self.finder.open(self.chat.id)

    def _chats(self, chats: list[Chat]) -> None:
        for chat in chats:
            if self.chat is not None and chat.id == self.chat.id:
                self.chat = chat
                self.composer.update_chat(chat)
                self._again()

    def _occupants(self, chat: int) -> None:
        if self.chat is not None and self.chat.id == chat:
            self._again()
            self.view.viewport().update()

    def _again(self) -> None:
        if self.chat is not None:
            self.header.show_chat(self.chat)
            self.notice.show_chat(self.chat)
            self.view.to_latest.count(self.chat.unread)
