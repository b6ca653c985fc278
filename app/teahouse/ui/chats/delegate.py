"""Paints the rows of the chat list."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.text import label
from teahouse.ui import theme
from teahouse.ui.avatar import avatar
from teahouse.ui.chats.model import CHAT, Section, preview
from teahouse.ui.times import brief
from teahouse.ui.widgets import SEMIBOLD

ROW, HEADING, FIRST_HEADING = 57, 34, 40
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTER = int(Qt.AlignmentFlag.AlignCenter)
Index = QModelIndex | QPersistentModelIndex


class ChatsDelegate(QStyledItemDelegate):
    """A chat is an avatar, title, time, preview and a pill; a section is a small heading."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows have two heights."""
        if isinstance(index.data(CHAT), Section):
            return QSize(100, theme.scaled(FIRST_HEADING if index.row() == 0 else HEADING))
        return QSize(100, max(ROW, theme.scaled(ROW)))

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
            _chat(painter, rect, value)
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


def _chat(painter: QPainter, rect: QRect, chat: Chat) -> None:
    square = chat.kind is ChatKind.ROOM
    painter.drawPixmap(
        QPoint(rect.x() + 18, rect.y() + (rect.height() - 36) // 2), avatar(chat.title, 36, square, chat.jid)
    )
    left, right, middle = rect.x() + 64, rect.right() - 17, rect.center().y()
    height = theme.scaled(20)
    time, time_font = brief(chat.last_time), theme.font(12)
    taken = QFontMetrics(time_font).horizontalAdvance(time) + 8 if time else 0
    painter.setFont(time_font)
    painter.setPen(theme.paint("ink3"))
    painter.drawText(QRect(left, middle - height, right - left, height), _RIGHT, time)
    painter.setFont(theme.font(14, SEMIBOLD))
    painter.setPen(theme.paint("ink"))
    _elided(painter, QRect(left, middle - height, right - left - taken, height), label(chat.title))
    taken = _pill(painter, chat, right, middle + height // 2 + 1)
    painter.setFont(theme.font(13))
    painter.setPen(theme.paint("amber" if chat.draft.strip() else "ink2"))
    _elided(painter, QRect(left, middle, right - left - taken, height), preview(chat))


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
