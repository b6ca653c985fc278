"""The head of a conversation: what it is, what it is about, who is here."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.text import label
from teahouse.i18n import _, ngettext
from teahouse.ui.avatar import avatar
from teahouse.ui.known import Known
from teahouse.ui.widgets import column, plain, tidy, tool


class Header(QFrame):
    """56 px: avatar, title, what is going on, and buttons."""

    find_wanted = Signal()
    details = Signal()

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setFixedHeight(56)
        self._known = known
        self._avatar, self._title, self._about = plain(), plain("", 16, bold=True), plain("", 13, "ink2")
        for text in (self._title, self._about):
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._avatar.setFixedSize(36, 36)
        layout = QHBoxLayout(self)
        tidy(layout, (16, 0, 12, 0), 10)
        layout.addWidget(self._avatar)
        words = column(0, self._title, self._about, 0, spacing=0)
        layout.addLayout(words, 1)
        self.search = tool("search", _("Find in this chat (Ctrl+F)"), self.find_wanted.emit)
        self.toggle = tool("panel", _("Show or hide the details (Ctrl+I)"), self.details.emit)
        layout.addWidget(self.search)
        layout.addWidget(self.toggle)
        layout.setAlignment(self.search, Qt.AlignmentFlag.AlignVCenter)

    def show_chat(self, chat: Chat) -> None:
        """Say what is known of a chat."""
        self._avatar.setPixmap(avatar(chat.title, 36, chat.kind is ChatKind.ROOM, chat.jid))
        self._title.setText(label(chat.title))
        self._about.setText(self._words(chat))
        self._about.setToolTip("")

    def _words(self, chat: Chat) -> str:
        if chat.kind is ChatKind.PERSON:
            contact = self._known.contact(chat)
            return presence_words(contact.show if contact else "")
        if chat.presence is Presence.ENTERING:
            state = _("entering…")
        elif chat.presence is Presence.HERE:
            here = self._known.here(chat)
            state = ngettext("{n} here", "{n} here", here).format(n=f"{here:,}")
        else:
            state = _("you are not here")
        subject = label(chat.subject, 90)
        return f"{subject} · {state}" if subject else state


def presence_words(show: str) -> str:
    """A person's presence in words."""
    return {
        "": _("offline, or does not show it to you"),
        "online": _("online"),
        "chat": _("free to chat"),
        "away": _("away"),
        "xa": _("away for long"),
        "dnd": _("does not want to be disturbed"),
    }.get(show, _("online"))
