"""A window of at most 400 rows over one chat's history, kept true by events."""

import bisect
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from teahouse.domain.chat import Chat
from teahouse.domain.events import MessageChanged, MessageRemoved, MessageStored
from teahouse.domain.message import LATEST, Message, MessageKey
from teahouse.domain.queries import HistoryAfter, HistoryBefore
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.words import spoken

MESSAGE = Qt.ItemDataRole.UserRole + 1
CAP = 400
PAGE = 80
GROUP_MS = 5 * 60 * 1000
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """A message and how it stands among its neighbours."""

    message: Message
    grouped: bool = False
    """Same sender as above, within five minutes, on the same day: no avatar, no name."""
    day: bool = False
    """The first of its day: a divider stands above it."""
    since: int = 0
    """When not 0, the first unread message: "New since" this time stands above it."""


class ConversationModel(QAbstractListModel):
    """One role, MESSAGE, carries the frozen Row. `changing` and `changed` bracket whatever moves rows."""

    changing = Signal()
    changed = Signal()
    opened = Signal(int)
    """The window was filled anew; the id of the message to show, or 0 for the latest."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._rows: list[Row] = []
        self._late: list[Message] = []
        self._chat = 0
        self._read_up_to = -1
        self._turn = 0
        self.loading = False
        self.at_start = self.at_end = True
        self.following = True
        """Whether the reader looks at the end, so that rows may be dropped from the top."""
        bridge.on(MessageStored, self._stored, self)
        bridge.on(MessageChanged, self._changed, self)
        bridge.on(MessageRemoved, self._removed, self)

    def rowCount(self, parent: Index | None = None) -> int:
        """How many rows the window holds."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The Row, or its words for a screen reader."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == MESSAGE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(row.message)
        return None

    def rows(self) -> Sequence[Row]:
        """The rows of the window, oldest first."""
        return self._rows

    def row_of(self, message: int) -> int:
        """Where a message stands in the window, or -1."""
        return next((at for at, row in enumerate(self._rows) if row.message.id == message), -1)

    def open(self, chat: Chat | None, message: Message | None = None) -> None:
        """Show another chat from its end, or around one of its messages."""
        self._chat = chat.id if chat else 0
        self._read_up_to = chat.read_up_to if chat and chat.unread else -1
        self._turn += 1
        self.loading = False
        self._late.clear()
        self.following = True
        self._fill((), 0)
        if message:
            self.jump(message.key, message.id)
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

    def older(self) -> None:
        """Load the page above, if there is one."""
        if self._rows and not self.at_start and not self.loading:
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

    def _fill(self, messages: Sequence[Message], show: int) -> None:
        self.beginResetModel()
        self._rows = [Row(m) for m in messages]
        self._arrange(0, len(self._rows))
        self.endResetModel()
        self.opened.emit(show)

    def _loaded(self) -> None:
        self.loading = False
        late, self._late = self._late, []
        if late and self.at_end:
            self._add(late)

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
        elif self.at_end or (self._rows and fresh[0].key < self._rows[-1].message.key):
            self._add(fresh)

    def _add(self, messages: Sequence[Message]) -> None:
        known = {row.message.id for row in self._rows}
        fresh = sorted((m for m in messages if m.id not in known), key=lambda m: m.key)
        if not fresh:
            return
        self.changing.emit()
        last = self._rows[-1].message.key if self._rows else (-1, -1)
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

    def _insert_at_end(self, messages: Sequence[Message]) -> None:
        if messages:
            at = len(self._rows)
            self.beginInsertRows(QModelIndex(), at, at + len(messages) - 1)
            self._rows += [Row(m) for m in messages]
            self._arrange(at, len(self._rows))
            self.endInsertRows()

    def _insert(self, at: int, message: Message) -> None:
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, Row(message))
        self._arrange(at, at + 2)
        self.endInsertRows()

    def _cut(self, start: int, end: int) -> None:
        self.beginRemoveRows(QModelIndex(), start, end - 1)
        del self._rows[start:end]
        self._arrange(start, start + 1)
        self.endRemoveRows()

    def _changed(self, events: Sequence[MessageChanged]) -> None:
        fresh = {e.message.id: e.message for e in events if e.message.chat == self._chat}
        self._late = [fresh.get(m.id, m) for m in self._late]
        places = [(at, row) for at, row in enumerate(self._rows) if row.message.id in fresh]
        if not places:
            return
        self.changing.emit()
        moved = []
        for at, row in places:
            message = fresh[row.message.id]
            if message.key == row.message.key:
                self._rows[at] = replace(row, message=message)
                self.dataChanged.emit(self.index(at), self.index(at))
            else:
                moved.append(message)
        for message in moved:
            at = self.row_of(message.id)
            self._cut(at, at + 1)
            self._insert(bisect.bisect([row.message.key for row in self._rows], message.key), message)
        self.changed.emit()

    def _removed(self, events: Sequence[MessageRemoved]) -> None:
        gone = {e.message for e in events if e.chat == self._chat}
        self._late = [m for m in self._late if m.id not in gone]
        if any(row.message.id in gone for row in self._rows):
            self.changing.emit()
            for message in gone:
                if (at := self.row_of(message)) >= 0:
                    self._cut(at, at + 1)
            self.changed.emit()

    def _arrange(self, start: int, end: int) -> None:
        """Work out grouping and dividers of rows start..end from their upper neighbours."""
        for at in range(start, min(end, len(self._rows))):
            above = self._rows[at - 1].message if at else None
            self._rows[at] = arranged(self._rows[at].message, above, self._read_up_to, self.at_start)


def arranged(message: Message, above: Message | None, read_up_to: int, at_start: bool) -> Row:
    """The row of a message below another one."""
    unread = read_up_to >= 0 and not message.mine and message.order > read_up_to
    if above is None:
        return Row(message, day=True, since=message.time if unread and at_start and read_up_to == 0 else 0)
    first_unread = unread and (above.order <= read_up_to or above.mine)
    same_day = _day(message.time) == _day(above.time)
    grouped = (
        same_day
        and not first_unread
        and message.sender == above.sender
        and message.mine == above.mine
        and 0 <= message.time - above.time < GROUP_MS
        and not message.body.startswith("/me ")
        and not above.body.startswith("/me ")
    )
    return Row(message, grouped, not same_day, above.time if first_unread and above.order <= read_up_to else 0)


def _day(milliseconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(min(max(milliseconds, 0), 253_370_764_800_000) / 1000).date()
