"""Who is in a room: a model and rows that hold thousands of people."""

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from teahouse.domain.chat import Affiliation, Occupant, Role
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import icons, theme
from teahouse.ui.avatar import face
from teahouse.ui.elided import tooltip
from teahouse.ui.focus import paint_focus
from teahouse.ui.people import Who, alike, standing

OCCUPANT = Qt.ItemDataRole.UserRole + 1
ROOMY, CLOSE = 34, 28
FEW = 40
"""Up to so many comings and goings at once the list keeps its place."""
_RANK = {Role.MODERATOR: 2, Role.PARTICIPANT: 3, Role.VISITOR: 4, Role.NONE: 5}
_STANDING = {Affiliation.OWNER: 0, Affiliation.ADMIN: 1}
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex
Place = tuple[int, str, str]


def row_height() -> int:
    """How high one person stands."""
    return theme.scaled(CLOSE if theme.compact() else ROOMY)


def told(who: Occupant) -> str:
    """What stands beside a name."""
    if who.mine:
        return _("you")
    return standing(who) or (_("may not speak") if who.role is Role.VISITOR else "")


def _place(who: Occupant) -> Place:
    return (_STANDING.get(who.affiliation, _RANK[who.role]), who.nick.casefold(), who.nick)


class OccupantsModel(QAbstractListModel):
    """Occupants by role and name; one role, OCCUPANT, carries the frozen value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Occupant] = []
        self._rows: list[Occupant] = []
        self._words = ""

    def rowCount(self, parent: Index | None = None) -> int:
        """How many are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The value, or its words for a screen reader."""
        if not 0 <= index.row() < len(self._rows):
            return None
        who = self._rows[index.row()]
        if role == OCCUPANT:
            return who
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return ", ".join(part for part in (label(who.nick), self._clash(who), told(who)) if part)
        return tooltip(self._clash(who)) if role == Qt.ItemDataRole.ToolTipRole else None

    def _clash(self, who: Occupant) -> str:
        return alike(who.nick, self._all) if who.clash else ""

    def put(self, occupants: Iterable[Occupant]) -> None:
        """Show these people."""
        self._all = sorted(occupants, key=_place)
        self._show()

    def filter(self, words: str) -> None:
        """Show only nicks that hold this."""
        self._words = words.strip().casefold()
        self._show()

    def _show(self) -> None:
        shown = [o for o in self._all if self._words in o.nick.casefold()] if self._words else self._all
        before, after = {_place(o) for o in self._rows}, {_place(o) for o in shown}
        if len(before ^ after) > FEW:
            self.beginResetModel()
            self._rows = shown
            self.endResetModel()
            return
        if before != after:
            self._step(shown, before, after)
        self._rows = shown
        if shown:
            self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))

    def _step(self, shown: list[Occupant], before: set[Place], after: set[Place]) -> None:
        """Take out who left and put in who came, one by one, so that the list stays where it is."""
        rows = list(self._rows)
        for at in reversed([at for at, who in enumerate(rows) if _place(who) not in after]):
            self.beginRemoveRows(QModelIndex(), at, at)
            del rows[at]
            self._rows = list(rows)
            self.endRemoveRows()
        for at, who in enumerate(shown):
            if _place(who) not in before:
                self.beginInsertRows(QModelIndex(), at, at)
                rows.insert(at, who)
                self._rows = list(rows)
                self.endInsertRows()


class OccupantDelegate(QStyledItemDelegate):
    """A small avatar, the nick, and what they are at the right."""

    def __init__(self, view: QWidget, naming: Callable[[Occupant], Who]) -> None:
        super().__init__(view)
        self._naming = naming
        self.current = True
        """Whether this is how it is now, or how it was before the connection broke."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(100, row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one person."""
        who = index.data(OCCUPANT)
        if not isinstance(who, Occupant):
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        side = 22 if theme.compact() else 26
        painter.save()
        if state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.fillRect(rect, theme.paint("hover"))
        paint_focus(painter, rect, state)
        painter.setOpacity(1.0 if self.current else 0.5)
        painter.drawPixmap(QPoint(rect.x() + 14, rect.y() + (rect.height() - side) // 2), face(self._naming(who), side))
        painter.setOpacity(1.0)
        right = told(who)
        painter.setFont(theme.font(12))
        painter.setPen(theme.paint("ink3"))
        painter.drawText(rect.adjusted(0, 0, -14, 0), _RIGHT, right)
        taken = QFontMetrics(painter.font()).horizontalAdvance(right) + 20
        painter.setFont(theme.font(14))
        faint = not self.current or who.role is Role.VISITOR or who.show in ("away", "xa")
        painter.setPen(theme.paint("ink3" if faint else "ink"))
        room = rect.adjusted(49, 0, -taken - (20 if who.clash else 0), 0)
        name = painter.fontMetrics().elidedText(label(who.nick), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, _LEFT, name)
        if who.clash:
            end = room.x() + painter.fontMetrics().horizontalAdvance(name) + 6
            painter.drawPixmap(QPoint(end, rect.y() + (rect.height() - 14) // 2), icons.pixmap("alert", "amber", 14))
        painter.restore()
