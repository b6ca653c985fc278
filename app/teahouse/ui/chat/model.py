"""A window of at most 400 rows over one chat's history, kept true by events."""

import bisect
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QModelIndex, QObject

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.events import MessageChanged, MessageRemoved, MessageStored
from teahouse.domain.message import LATEST, Message, MessageKey
from teahouse.domain.queries import HistoryAfter, HistoryBefore
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.missing import Missing
from teahouse.ui.chat.rows import Row, RowsModel
from teahouse.ui.chat.words import Naming
from teahouse.ui.people import by_sender

CAP = 400
PAGE = 80
UNREAD = -1
"""Stands for a message id: show where the unread ones begin."""


class ConversationModel(RowsModel):
    """Asks for pages as the reader nears an end, and takes in what is announced of its chat."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None, naming: Naming = by_sender) -> None:
        super().__init__(parent, naming)
        self._bridge = bridge
        self._late: list[Message] = []
        self._chat = 0
        self._turn = 0
        self.loading = False
        self.following = True
        """Whether the reader looks at the end, so that rows may be dropped from the top."""
        self.attended: Callable[[], bool] = lambda: True
        """Whether somebody sees what comes in now."""
        self.all_seen = True
        """Whether the messages below the divider were seen, so that the next unseen one takes it along."""
        self.missing = Missing(bridge, self)
        self.missing.changed.connect(self.show_gaps)
        bridge.on(MessageStored, self._stored, self)
        bridge.on(MessageChanged, self._changed, self)
        bridge.on(MessageRemoved, self._removed, self)

    def open(self, chat: Chat | None, message: Message | None = None) -> None:
        """Show another chat from its end, or around one of its messages."""
        self._chat = chat.id if chat else 0
        self._read_up_to = first_seen(chat)
        self.all_seen = self._read_up_to < 0
        self._turn += 1
        self.loading = False
        self._late.clear()
        self.following = True
        self._fill((), 0)
        self.missing.open(self._chat)
        if message:
            self.jump(message.key, message.id)
        elif chat and self._read_up_to >= 0 and chat.unread > PAGE:
            self.jump_to_unread()
        elif chat:
            self.latest()

    def latest(self) -> None:
        """Fill the window from the end."""
        self._begin()
        self._bridge.ask(HistoryBefore(self._chat, LATEST, PAGE), partial(self._latest, self._turn))

    def jump(self, key: MessageKey, message: int) -> None:
        """Fill the window around a place; `opened` then names the message."""
        self._begin()
        self.following = False
        at = (key[0], key[1] + 1)
        self._bridge.ask(HistoryBefore(self._chat, at, PAGE), partial(self._jumped, self._turn, key, message))

    def jump_to_unread(self) -> None:
        """Fill the window around the first unread message, if there was one when the chat was opened."""
        if self._read_up_to >= 0:
            self.jump((self._read_up_to, 1 << 61), UNREAD)

    def older(self) -> None:
        """Load the page above, if there is one, else have it fetched."""
        if self.at_start and not self.loading:
            self.missing.older()
        elif self._rows and not self.loading:
            self.loading = True
            key = self._rows[0].message.key
            self._bridge.ask(HistoryBefore(self._chat, key, PAGE), partial(self._prepend, self._turn))

    def newer(self) -> None:
        """Load the page below, if there is one."""
        if self._rows and not self.at_end and not self.loading:
            self.loading = True
            key = self._rows[-1].message.key
            self._bridge.ask(HistoryAfter(self._chat, key, PAGE), partial(self._append, self._turn))

    def _begin(self) -> None:
        self._turn += 1
        self.loading = True
        self._late.clear()

    def _latest(self, turn: int, page: Sequence[Message]) -> None:
        if turn == self._turn:
            self.at_start, self.at_end = len(page) < PAGE, True
            self._fill(page, 0)
            self._loaded()

    def _jumped(self, turn: int, key: MessageKey, message: int, before: Sequence[Message]) -> None:
        if turn == self._turn:
            then = partial(self._surrounded, turn, message, before)
            self._bridge.ask(HistoryAfter(self._chat, key, PAGE), then)

    def _surrounded(self, turn: int, message: int, before: Sequence[Message], after: Sequence[Message]) -> None:
        if turn == self._turn:
            self.at_start, self.at_end = len(before) < PAGE, len(after) < PAGE
            self._fill((*before, *after), message)
            self._loaded()

    def _loaded(self) -> None:
        self.loading = False
        late, self._late = self._late, []
        self._renew(late)
        if late and self.at_end:
            self._add(late)
        if self.at_start and len(self._rows) < PAGE:
            # Too few to scroll.
            self.missing.older()

    def _prepend(self, turn: int, page: Sequence[Message]) -> None:
        if turn != self._turn:
            return
        self.at_start = len(page) < PAGE
        known = {row.message.id for row in self._rows}
        fresh = [Row(m) for m in page if m.id not in known]
        self.changing.emit()
        if fresh:
            self.beginInsertRows(QModelIndex(), 0, len(fresh) - 1)
            self._rows[:0] = fresh
            self._arrange(0, len(fresh) + 1)
            self.endInsertRows()
        if len(self._rows) > CAP:
            self._cut(CAP, len(self._rows))
            self.at_end = False
        self.changed.emit()
        self._loaded()

    def _append(self, turn: int, page: Sequence[Message]) -> None:
        if turn != self._turn:
            return
        self.at_end = len(page) < PAGE
        self.changing.emit()
        self._insert_at_end([m for m in page if self.row_of(m.id) < 0])
        if (extra := len(self._rows) - CAP) > 0:
            self._cut(0, extra)
            self.at_start = False
        self.changed.emit()
        self._loaded()

    def _stored(self, events: Sequence[MessageStored]) -> None:
        fresh = [e.message for e in events if e.message.chat == self._chat]
        if not fresh:
            return
        if self.loading:
            self._late += fresh
            return
        self._renew(fresh)
        if self.at_end or (self._rows and fresh[0].key < self._rows[-1].message.key):
            self._add(fresh)

    def _add(self, messages: Sequence[Message]) -> None:
        known = {row.message.id for row in self._rows}
        fresh = sorted((m for m in messages if m.id not in known), key=lambda m: m.key)
        if not fresh:
            return
        last = self._rows[-1].message.key if self._rows else (-1, -1)
        self._move_divider([m for m in fresh if m.key > last])
        self.changing.emit()
        if self.at_end:
            self._insert_at_end([m for m in fresh if m.key > last])
        for message in (m for m in fresh if m.key < last):
            at = bisect.bisect([row.message.key for row in self._rows], message.key)
            if at or self.at_start:
                self._insert(at, message)
        if (extra := len(self._rows) - CAP) > 0:
            if self.following:
                self._cut(0, extra)
                self.at_start = False
            else:
                self._cut(CAP, len(self._rows))
                self.at_end = False
        self.changed.emit()

    def _move_divider(self, fresh: Sequence[Message]) -> None:
        """It goes when one writes oneself, and stands above the first message that comes while nobody looks."""
        if any(m.mine for m in fresh):
            self.all_seen = True
            self._divide(-1)
        elif fresh and self._rows and self.all_seen and not self.attended():
            self.all_seen = False
            self._divide(self._rows[-1].message.order)

    def _changed(self, events: Sequence[MessageChanged]) -> None:
        fresh = {e.message.id: e.message for e in events if e.message.chat == self._chat}
        self._late = [fresh.get(m.id, m) for m in self._late]
        self._renew(tuple(fresh.values()))

    def _removed(self, events: Sequence[MessageRemoved]) -> None:
        gone = {e.message for e in events if e.chat == self._chat}
        self._late = [m for m in self._late if m.id not in gone]
        if any(row.message.id in gone for row in self._rows):
            self.changing.emit()
            for message in gone:
                if (at := self.row_of(message)) >= 0:
                    self._cut(at, at + 1)
            self.changed.emit()


def first_seen(chat: Chat | None) -> int:
    """After which order key the unread messages of a chat begin; -1 when none do, or in a room never read before."""
    if chat is None or not chat.unread or (chat.kind is ChatKind.ROOM and not chat.read_up_to):
        return -1
    return chat.read_up_to
