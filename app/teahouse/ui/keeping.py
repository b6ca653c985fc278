"""How long history stays on this computer, in words: chosen for each chat, cleared when asked, no clock believed."""

import datetime
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QComboBox, QFrame, QMenu, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.commands import ClearHistory, DeleteMessage, SetRetention, TrustClock
from teahouse.domain.events import ClockDoubted
from teahouse.domain.message import Message
from teahouse.domain.settings import KEEP, UNTIL_QUIT
from teahouse.domain.text import isolated, label
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.carry import ExportSheet
from teahouse.ui.dialogs.question import Sheet, confirm
from teahouse.ui.times import day
from teahouse.ui.widgets import button, plain, row, tidy

NEVER = datetime.date(1, 1, 1)
"""No day that is called today."""


def choices(days: int) -> list[tuple[int, str]]:
    """What can be chosen, and what is chosen now where that is something else."""
    found = [(int(value), _(words)) for value, words in KEEP.allowed]
    if days not in dict(found):
        found.append((days, ngettext("{n} day", "{n} days", days).format(n=days)))
    return found


def choose_days(parent: QWidget, bridge: Bridge, chat: Chat, days: int) -> Sheet | None:
    """Keep a chat's history for another time; asks before anything is deleted by that."""
    if days == chat.keep_days:
        return None
    if not days or (chat.keep_days and days > chat.keep_days):
        bridge.do(SetRetention(chat.id, days))
        return None
    if days == UNTIL_QUIT:
        return confirm(
            parent,
            _("Keep {title} only until you quit?").format(title=isolated(label(chat.title, 60))),
            _(
                "Whenever Teahouse ends, all messages of this chat are deleted from this computer, read or not, with"
                " the draft. What you wrote is sent first. Servers and other people keep theirs."
            ),
            _("Keep nothing"),
            partial(bridge.do, SetRetention(chat.id, days)),
        )
    time = dict(choices(days))[days]
    return confirm(
        parent,
        _("Keep {title} for {time}?").format(title=isolated(label(chat.title, 60)), time=time),
        _("Older messages are deleted from this computer now, and from now on. Servers and other people keep theirs."),
        _("Delete older ones"),
        partial(bridge.do, SetRetention(chat.id, days)),
    )


def keep_menu(menu: QMenu, parent: QWidget, bridge: Bridge, chat: Chat) -> None:
    """Put into a chat's menu how long it keeps its history, and the way to clear it."""
    times = menu.addMenu(_("Keep history"))
    for days, words in choices(chat.keep_days):
        action = times.addAction(words, partial(choose_days, parent, bridge, chat, days))
        action.setCheckable(True)
        action.setChecked(days == chat.keep_days)
    menu.addAction(_("Clear history…"), partial(ask_clear, parent, bridge, chat))


def ask_clear(parent: QWidget, bridge: Bridge, chat: Chat | None) -> Sheet:
    """Ask before all that was said in a chat is deleted, or all that was said anywhere."""
    if chat is not None:
        title = _("Clear the history of {title}?").format(title=isolated(label(chat.title, 60)))
        what = _("All its messages, its draft and what waits to be sent are deleted from this computer.")
    else:
        title = _("Delete all history?")
        what = _("All messages of all chats, the drafts, and what strangers wrote are deleted from this computer.")
    more = _("Servers and other people keep theirs. This cannot be undone.")
    clear = ClearHistory(chat.id if chat else 0)
    return confirm(parent, title, f"{what} {more}", _("Delete"), partial(bridge.do, clear))


def ask_delete(parent: QWidget, bridge: Bridge, messages: Sequence[Message]) -> Sheet:
    """Ask before messages are deleted here."""

    def act() -> None:
        for message in messages:
            bridge.do(DeleteMessage(message.id))

    n = len(messages)
    return confirm(
        parent,
        ngettext("Delete this message here?", "Delete {n} messages here?", n).format(n=n),
        _("Only this computer forgets it: servers and other people keep theirs. This cannot be undone."),
        _("Delete"),
        act,
    )


class KeepingCard(QFrame):
    """How long the open chat keeps its history."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setObjectName("card")
        self._bridge = bridge
        self._chat: Chat | None = None
        self.box = QComboBox()
        self.box.setAccessibleName(_("Keep history"))
        self.box.view().setAccessibleName(_("Keep history"))
        self.box.activated.connect(self._chosen)
        self.buttons = row(button(_("Export…"), self._export), button(_("Clear…"), self._clear), 0)
        layout = QVBoxLayout(self)
        tidy(layout, (14, 14, 14, 14), 10)
        layout.addWidget(plain(_("History on this computer"), 13, "ink2", bold=True))
        layout.addWidget(self.box)
        layout.addLayout(self.buttons)

    def show_chat(self, chat: Chat) -> None:
        """Show what a chat keeps."""
        self._chat = chat
        self.box.clear()
        for days, words in choices(chat.keep_days):
            self.box.addItem(words, days)
        self.box.setCurrentIndex(self.box.findData(chat.keep_days))

    def _chosen(self, at: int) -> None:
        if self._chat is not None:
            sheet = choose_days(self.window(), self._bridge, self._chat, int(self.box.itemData(at)))
            if sheet is not None:
                sheet.rejected.connect(partial(self.show_chat, self._chat))

    def _export(self) -> None:
        if self._chat is not None:
            ExportSheet(self.window(), self._bridge, self._chat).open()

    def _clear(self) -> None:
        if self._chat is not None:
            ask_clear(self.window(), self._bridge, self._chat)


class ClockQuestion(QObject):
    """Asks once whether a clock is right that has leapt ahead, before anything is deleted by it."""

    def __init__(self, window: QWidget, bridge: Bridge) -> None:
        super().__init__(window)
        self._window, self._bridge, self._asked = window, bridge, False
        bridge.on(ClockDoubted, self._doubted, self)

    def _doubted(self, events: Sequence[ClockDoubted]) -> None:
        if self._asked:
            return
        self._asked = True
        event = events[-1]
        words = _(
            "When Teahouse last looked it was {known}. Some chats keep messages only for some time: by this clock they"
            " would be deleted now. Nothing is deleted before you say that it is right."
        )
        confirm(
            self._window,
            _("Is today {day}?").format(day=day(event.now, NEVER)),
            words.format(known=day(event.known, NEVER)),
            _("Yes, delete what is older"),
            partial(self._bridge.do, TrustClock(event.now)),
        )
