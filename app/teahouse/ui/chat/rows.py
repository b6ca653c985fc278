"""The rows of a conversation as a list model: how messages stand among their neighbours."""

import bisect
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from teahouse.domain.history import Gap
from teahouse.domain.message import Message
from teahouse.ui.chat.words import Naming, delivery, gap_words, spoken
from teahouse.ui.elided import tooltip
from teahouse.ui.people import by_sender

MESSAGE = Qt.ItemDataRole.UserRole + 1
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
    gap: int = 0
    """When not 0, messages are missing between the one above and this: the number of the gap."""


class RowsModel(QAbstractListModel):
    """One role, MESSAGE, carries the frozen Row. `changing` and `changed` bracket whatever moves rows."""

    changing = Signal()
    changed = Signal()
    opened = Signal(int)
    """The window was filled anew; the id of the message to show, or 0 for the latest."""

    def __init__(self, parent: QObject | None = None, naming: Naming = by_sender) -> None:
        super().__init__(parent)
        self.naming = naming
        self._rows: list[Row] = []
        self._read_up_to = -1
        self._gaps: tuple[Gap, ...] = ()
        self.at_start = self.at_end = True

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
            return ", ".join(([gap_words()] if row.gap else []) + [spoken(row.message, self.naming)])
        if role == Qt.ItemDataRole.ToolTipRole and row.message.clash:
            return tooltip(self.naming(row.message).clash)
        if role == Qt.ItemDataRole.ToolTipRole and row.message.mine:
            return tooltip(delivery(row.message, direct=self.naming(row.message).direct)) or None
        return None

    def rows(self) -> Sequence[Row]:
        """The rows of the window, oldest first."""
        return self._rows

    def row_of(self, message: int) -> int:
        """Where a message stands in the window, or -1."""
        return next((at for at, row in enumerate(self._rows) if row.message.id == message), -1)

    def divider(self) -> int:
        """Where the first unread message stands, or -1."""
        return next((at for at, row in enumerate(self._rows) if row.since), -1)

    def _divide(self, seen: int) -> None:
        """Have the unread messages begin after this order key, or nowhere with -1."""
        if seen != self._read_up_to:
            self._read_up_to = seen
            self._rearrange()

    def show_gaps(self, gaps: tuple[Gap, ...]) -> None:
        """This is missing, and nothing else."""
        if gaps != self._gaps:
            self._gaps = gaps
            self._rearrange()

    def _rearrange(self) -> None:
        self.changing.emit()
        before = list(self._rows)
        self._arrange(0, len(self._rows))
        for at, row in enumerate(before):
            if row != self._rows[at]:
                self.dataChanged.emit(self.index(at), self.index(at))
        self.changed.emit()

    def _fill(self, messages: Sequence[Message], show: int) -> None:
        self.beginResetModel()
        self._rows = [Row(m) for m in messages]
        self._arrange(0, len(self._rows))
        self.endResetModel()
        self.opened.emit(show)

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

    def _renew(self, messages: Sequence[Message]) -> None:
        """Rows that are there show what their messages are now; one that was encrypted is told when it was opened."""
        fresh = {message.id: message for message in messages}
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

    def _arrange(self, start: int, end: int) -> None:
        """Work out grouping and dividers of rows start..end from their upper neighbours."""
        for at in range(start, min(end, len(self._rows))):
            above = self._rows[at - 1].message if at else None
            row = arranged(self._rows[at].message, above, self._read_up_to, self.at_start)
            gap = missing_between(self._gaps, above, row.message)
            self._rows[at] = replace(row, gap=gap, grouped=False) if gap else row


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
        and message.clash == above.clash
        and 0 <= message.time - above.time < GROUP_MS
        and not message.body.startswith("/me ")
        and not above.body.startswith("/me ")
    )
    return Row(message, grouped, not same_day, above.time if first_unread and above.order <= read_up_to else 0)


def missing_between(gaps: Sequence[Gap], above: Message | None, message: Message) -> int:
    """The number of the gap between two messages that are shown one below the other, 0 when there is none."""
    if above is None:
        return 0
    return next((gap.id for gap in gaps if above.order <= gap.place < message.order), 0)


def _day(milliseconds: int) -> datetime.date:
    return datetime.datetime.fromtimestamp(min(max(milliseconds, 0), 253_370_764_800_000) / 1000).date()
