"""Who is in a room: a model and rows that hold thousands of people."""

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from teahouse.domain.chat import Affiliation, Occupant, Role
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.avatar import avatar

OCCUPANT = Qt.ItemDataRole.UserRole + 1
ROW = 34
_RANK = {Role.MODERATOR: 2, Role.PARTICIPANT: 3, Role.VISITOR: 4, Role.NONE: 5}
_STANDING = {Affiliation.OWNER: 0, Affiliation.ADMIN: 1}
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex


def standing(who: Occupant) -> str:
    """What somebody is in the room, in a word."""
    if who.mine:
        return _("you")
    if who.affiliation is Affiliation.OWNER:
        return _("owner")
    if who.affiliation is Affiliation.ADMIN:
        return _("admin")
    if who.role is Role.MODERATOR:
        return _("moderator")
    if who.role is Role.VISITOR:
        return _("may not speak")
    return ""


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
            return ", ".join(part for part in (label(who.nick), standing(who)) if part)
        return None

    def put(self, occupants: Iterable[Occupant]) -> None:
        """Show these people."""
        self._all = sorted(occupants, key=lambda o: (_STANDING.get(o.affiliation, _RANK[o.role]), o.nick.casefold()))
        self._show()

    def filter(self, words: str) -> None:
        """Show only nicks that hold this."""
        self._words = words.strip().casefold()
        self._show()

    def _show(self) -> None:
        shown = [o for o in self._all if self._words in o.nick.casefold()] if self._words else self._all
        if len(shown) == len(self._rows):
            self._rows = shown
            if shown:
                self.dataChanged.emit(self.index(0), self.index(len(shown) - 1))
            return
        self.beginResetModel()
        self._rows = shown
        self.endResetModel()


class OccupantDelegate(QStyledItemDelegate):
    """A small avatar, the nick, and what they are at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are alike."""
        return QSize(100, theme.scaled(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one person."""
        who = index.data(OCCUPANT)
        if not isinstance(who, Occupant):
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
            painter.fillRect(rect, theme.paint("hover"))
        painter.drawPixmap(QPoint(rect.x() + 14, rect.center().y() - 12), avatar(who.nick, 26))
        right = standing(who)
        painter.setFont(theme.font(12))
        painter.setPen(theme.paint("ink3"))
        painter.drawText(rect.adjusted(0, 0, -14, 0), _RIGHT, right)
        taken = QFontMetrics(painter.font()).horizontalAdvance(right) + 20
        painter.setFont(theme.font(14))
        painter.setPen(theme.paint("ink3" if who.role is Role.VISITOR or who.show in ("away", "xa") else "ink"))
        room = rect.adjusted(49, 0, -taken, 0)
        name = painter.fontMetrics().elidedText(label(who.nick), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, _LEFT, name)
        painter.restore()
