"""The head of a conversation: what it is, what it is about, who is here, and who can read it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout

from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.text import isolated, label
from teahouse.i18n import _, ngettext
from teahouse.ui import theme
from teahouse.ui.avatar import chat_face
from teahouse.ui.elided import Elided, tip
from teahouse.ui.known import Known
from teahouse.ui.widgets import Chip, column, plain, row, tidy, tool

NARROW = 440


class Header(QFrame):
    """56 px: avatar, title, what is going on, the encryption, and buttons."""

    back = Signal()
    find_wanted = Signal()
    details = Signal()

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.setObjectName("header")
        self._known = known
        self._avatar, self.title = plain(), Elided(16, bold=True)
        self.about, self.state = Elided(13, "ink2"), plain("", 13, "ink2")
        self._avatar.setFixedSize(36, 36)
        self.chip = Chip("lock", _("Not encrypted"), "amber")
        self.logged = Chip("book", _("Logged"), "amber")
        warned = _("The room warns that what is said here is logged, maybe for all to read.")
        self.logged.setToolTip(warned)
        self.logged.setAccessibleName(". ".join((_("Logged"), warned)))
        self.logged.hide()
        self.to_list = tool("back", _("Back to the chats (Alt+Left)"), self.back.emit)
        self.search = tool("search", _("Find in this chat (Ctrl+F)"), self.find_wanted.emit)
        self.toggle = tool("panel", _("Show or hide the details (Ctrl+I)"), self.details.emit)
        layout = QHBoxLayout(self)
        tidy(layout, (16, 0, 12, 0), 10)
        layout.addWidget(self.to_list)
        layout.addWidget(self._avatar)
        words = column(0, self.title, spacing=0)
        words.addLayout(row(self.about, self.state, 0, spacing=0))
        words.addStretch(1)
        layout.addLayout(words, 1)
        layout.addWidget(self.logged, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addSpacing(2)
        buttons = QHBoxLayout()
        tidy(buttons, spacing=2)
        buttons.addWidget(self.search)
        buttons.addWidget(self.toggle)
        layout.addLayout(buttons)
        self.to_list.hide()
        self.dress()

    def dress(self) -> None:
        """Larger letters need more room."""
        self.setFixedHeight(max(56, theme.scaled(56)))

    def show_chat(self, chat: Chat) -> None:
        """Say what is known of a chat."""
        self._avatar.setPixmap(chat_face(chat, 36))
        self.title.setText(label(chat.title))
        subject = label(chat.subject, 300) if chat.kind is ChatKind.ROOM else ""
        self.about.setText(isolated(subject))
        said = self._known.shield.words(chat)
        self.chip.show_words(said.icon, said.short, said.tone)
        tip(self.chip, said.told)
        self.chip.setAccessibleName(". ".join((said.short, said.told)))
        facts = self._known.facts.get(chat.id)
        self.logged.setVisible(facts is not None and bool(facts.published))
        state = self._state(chat)
        self.state.setText(f" · {state}" if subject else state)

    def _state(self, chat: Chat) -> str:
        if chat.kind is ChatKind.PERSON:
            contact = self._known.contact(chat)
            return presence_words(contact.show if contact else "", known=self._known.online(chat.account))
        if chat.presence is not Presence.AWAY_FROM and not self._known.online(chat.account):
            # The room may still have us: the session goes on if the connection comes back in time.
            return unknown()
        if chat.presence is Presence.ENTERING:
            return _("entering…")
        if chat.presence is Presence.HERE:
            here = self._known.here(chat)
            return ngettext("{n} here", "{n} here", here).format(n=f"{here:,}")
        return _("you are not here") if self._known.online(chat.account) else _("offline")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the chip keeps only its lock."""
        super().resizeEvent(event)
        for chip in (self.chip, self.logged):
            chip.fold(self.width() < NARROW)


def unknown() -> str:
    """What can be said of anybody's presence while there is no connection."""
    return _("not known while the connection is down")


def presence_words(show: str, *, known: bool = True) -> str:
    """A person's presence in words, as far as it can be `known`."""
    if not known:
        return unknown()
    return {
        "": _("offline, or does not show it to you"),
        "online": _("online"),
        "chat": _("free to chat"),
        "away": _("away"),
        "xa": _("away for long"),
        "dnd": _("does not want to be disturbed"),
    }.get(show, _("online"))
