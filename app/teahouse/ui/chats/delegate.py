"""Paints the rows of the chat list."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from teahouse.domain.chat import Chat
from teahouse.domain.text import label
from teahouse.ui import theme
from teahouse.ui.avatar import chat_face
from teahouse.ui.chats.model import CHAT, Section, marked
from teahouse.ui.focus import paint_focus
from teahouse.ui.known import Known
from teahouse.ui.times import brief
from teahouse.ui.widgets import SEMIBOLD

ROOMY, CLOSE, HEADING, FIRST_HEADING = 54, 36, 34, 40
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTER = int(Qt.AlignmentFlag.AlignCenter)
Index = QModelIndex | QPersistentModelIndex


def row_height() -> int:
    """How high one chat stands."""
    least = CLOSE if theme.compact() else ROOMY
    return max(least, theme.scaled(least))


class ChatsDelegate(QStyledItemDelegate):
    """A chat is an avatar, title, time, preview and a pill; a section is a small heading."""

    def __init__(self, parent: QObject, known: Known) -> None:
        super().__init__(parent)
        self._known = known

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows have two heights."""
        if isinstance(index.data(CHAT), Section):
            return QSize(100, theme.scaled(FIRST_HEADING if index.row() == 0 else HEADING))
        return QSize(100, row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        value = index.data(CHAT)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(value, Section):
            painter.setFont(_spaced())
            painter.setPen(theme.paint("ink3"))
            painter.drawText(rect.adjusted(16, 8, -16, 0), _LEFT, value.title.upper())
        elif isinstance(value, Chat):
            _ground(painter, rect, state)
            if account := self._known.among_others(value.account):
                _bar(painter, rect, account.jid)
            (_one_line if theme.compact() else _two_lines)(painter, rect, value)
            paint_focus(painter, rect, state)
        painter.restore()


def _spaced() -> QFont:
    font = theme.font(11, SEMIBOLD)
    font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.5)
    return font


def _ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    if not chosen and not state & QStyle.StateFlag.State_MouseOver:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.paint("selection" if chosen else "hover"))
    painter.drawRoundedRect(QRectF(rect.adjusted(6, 0, -6, 0)), 8, 8)


def _bar(painter: QPainter, rect: QRect, seed: str) -> None:
    """The colour of the identity whose chat this is."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.name_color(seed)))
    painter.drawRoundedRect(QRectF(rect.x() + 9, rect.y() + 9, 3, rect.height() - 18), 1.5, 1.5)


def _two_lines(painter: QPainter, rect: QRect, chat: Chat) -> None:
    painter.drawPixmap(QPoint(rect.x() + 18, rect.y() + (rect.height() - 36) // 2), chat_face(chat, 36))
    left, right, middle = rect.x() + 64, rect.right() - 17, rect.center().y() + 1
    height = theme.scaled(20)
    mark, rest = marked(chat)
    top = middle - height if mark or rest or chat.unread else middle - height // 2
    taken = _time(painter, QRect(left, top, right - left, height), chat)
    _title(painter, QRect(left, top, right - left - taken, height), chat)
    taken = _pill(painter, chat, right, middle + height // 2)
    _second(painter, QRect(left, middle, right - left - taken, height), mark, rest, bool(chat.draft.strip()))


def _one_line(painter: QPainter, rect: QRect, chat: Chat) -> None:
    painter.drawPixmap(QPoint(rect.x() + 18, rect.y() + (rect.height() - 24) // 2), chat_face(chat, 24))
    left, right = rect.x() + 52, rect.right() - 17
    taken = _pill(painter, chat, right, rect.center().y() + 1)
    line = QRect(left, rect.y(), right - left, rect.height())
    taken = taken or _time(painter, line, chat)
    _title(painter, line.adjusted(0, 0, -taken, 0), chat, "amber" if chat.draft.strip() else "ink")


def _time(painter: QPainter, area: QRect, chat: Chat) -> int:
    """Draw when something was said last; returns the width it took."""
    text = brief(chat.last_time)
    painter.setFont(theme.font(12))
    painter.setPen(theme.paint("ink3"))
    painter.drawText(area, _RIGHT, text)
    return painter.fontMetrics().horizontalAdvance(text) + 8 if text else 0


def _title(painter: QPainter, area: QRect, chat: Chat, role: str = "ink") -> None:
    painter.setFont(theme.font(14, SEMIBOLD))
    painter.setPen(theme.paint(role))
    _elided(painter, area, label(chat.title))


def _second(painter: QPainter, area: QRect, mark: str, rest: str, draft: bool) -> None:
    if mark:
        font = theme.font(13)
        font.setItalic(not draft)
        painter.setFont(font)
        painter.setPen(theme.paint("amber" if draft else "ink2"))
        _elided(painter, area, mark)
        area = area.adjusted(painter.fontMetrics().horizontalAdvance(mark) + 5, 0, 0, 0)
    if area.width() > 0:
        painter.setFont(theme.font(13))
        painter.setPen(theme.paint("ink2"))
        _elided(painter, area, rest)


def _pill(painter: QPainter, chat: Chat, right: int, middle: int) -> int:
    """Draw how much is unread; returns the width it took."""
    if not chat.unread and not chat.mentions:
        return 0
    text = f"@ {chat.mentions}" if chat.mentions else (str(chat.unread) if chat.unread < 1000 else "999+")
    font = theme.font(11, SEMIBOLD)
    high = theme.scaled(18)
    wide = max(high, QFontMetrics(font).horizontalAdvance(text) + 11)
    area = QRectF(right - wide, middle - high / 2, wide, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.paint("jade" if chat.mentions else "ink3"))
    painter.drawRoundedRect(area, high / 2, high / 2)
    painter.setFont(font)
    painter.setPen(theme.paint("on_jade"))
    painter.drawText(area, _CENTER, text)
    return wide + 8


def _elided(painter: QPainter, rect: QRect, text: str) -> None:
    painter.drawText(rect, _LEFT, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width()))
