"""Paints one message, flat and grouped, and under it whatever the features pinned there."""

from collections import OrderedDict

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from teahouse.domain.message import Delivery, Message
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import icons, theme
from teahouse.ui.avatar import face
from teahouse.ui.chat.layout import DIVIDER, LEFT, RIGHT, Laid, lay_out, more_words, name_font
from teahouse.ui.chat.rows import MESSAGE, Row
from teahouse.ui.chat.words import Naming, delivery_mark, gap_words
from teahouse.ui.focus import paint_focus
from teahouse.ui.hooks import Hooks
from teahouse.ui.people import Who
from teahouse.ui.times import clock, day

CACHED = 1500
AVATAR_AT = 20
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTER = int(Qt.AlignmentFlag.AlignCenter)
Index = QModelIndex | QPersistentModelIndex


class MessageDelegate(QStyledItemDelegate):
    """Rows are laid out once per message, how far it has come, width and theme."""

    def __init__(self, view: QAbstractItemView, naming: Naming, hooks: Hooks | None = None) -> None:
        super().__init__(view)
        self._naming = naming
        self._view = view
        self._decorations = {d.slot: d for d in (hooks or Hooks()).decorations}
        self._cache: OrderedDict[tuple[object, ...], Laid] = OrderedDict()

    def laid(self, row: Row) -> Laid:
        """The layout of a row at the view's width."""
        width = self._view.viewport().width()
        m = row.message
        name = label(self._naming(m).name, 80) if m.body.startswith("/me ") else ""
        key = (
            m.id,
            m.state,
            m.reach,
            m.detail,
            row.grouped,
            row.day,
            row.since,
            bool(row.gap),
            width,
            theme.turn(),
            name,
            id(m.body),
            m.mention,
        )
        laid = self._cache.get(key)
        if laid is None or laid.row.message.notes != m.notes or laid.row.message.body != m.body:
            laid = self._cache[key] = lay_out(row, width, self._extra(m, width - LEFT - RIGHT), name)
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return laid

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as the laid out text."""
        row = index.data(MESSAGE)
        return QSize(100, self.laid(row).height if isinstance(row, Row) else 0)

    def link_at(self, row: Row, at: QPoint) -> str:
        """The address of the link at a place relative to the row, or nothing."""
        for block in self.laid(row).blocks:
            if not block.area.contains(QPointF(at)):
                continue
            inside = QPointF(at) - block.text.position()
            for number in range(block.text.lineCount()):
                line = block.text.lineAt(number)
                if line.naturalTextRect().contains(inside):
                    cursor = line.xToCursor(inside.x())
                    where = cursor[0] if isinstance(cursor, tuple) else cursor
                    return next((a for start, length, a in block.links if start <= where <= start + length), "")
        return ""

    def on_more(self, row: Row, at: QPoint) -> bool:
        """Whether a place is the "show all" line."""
        laid = self.laid(row)
        return laid.more_at >= 0 and laid.more_at <= at.y() < laid.more_at + theme.scaled(20) and at.x() >= LEFT

    def on_again(self, row: Row, at: QPoint) -> bool:
        """Whether a place is the "send again" line of an unsure message."""
        laid = self.laid(row)
        unsure = row.message.state is Delivery.UNSURE and laid.note_at >= 0
        return unsure and laid.note_at <= at.y() < laid.note_at + theme.scaled(20) and at.x() >= LEFT

    def on_gap(self, row: Row, at: QPoint) -> bool:
        """Whether a place is the line that says that history is missing."""
        return bool(row.gap) and 0 <= at.y() < theme.scaled(DIVIDER)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        row = index.data(MESSAGE)
        if not isinstance(row, Row):
            return
        laid = self.laid(row)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _dividers(painter, rect, row)
        _ground(
            painter, rect.adjusted(0, laid.divider, 0, 0), row.message, bool(state & QStyle.StateFlag.State_Selected)
        )
        painter.translate(rect.x(), rect.y())
        _head(painter, laid, self._naming(row.message))
        _body(painter, laid)
        _tail(painter, laid, self._naming(row.message))
        self._decorate(painter, laid)
        painter.restore()
        paint_focus(painter, rect.adjusted(-4, laid.divider, 4, 0), state)

    def _extra(self, message: Message, width: int) -> int:
        known = self._decorations
        return sum(known[slot].height(value, width) for slot, value in message.notes.items() if slot in known)

    def _decorate(self, painter: QPainter, laid: Laid) -> None:
        top, width = round(laid.decorations_at), laid.width - LEFT - RIGHT
        for slot, value in laid.row.message.notes.items():
            if decoration := self._decorations.get(slot):
                high = decoration.height(value, width)
                decoration.paint(painter, QRect(LEFT, top, width, high), value)
                top += high


def _dividers(painter: QPainter, rect: QRect, row: Row) -> None:
    top, high = rect.y(), theme.scaled(DIVIDER)
    if row.gap:
        _divider(painter, QRect(rect.x(), top, rect.width(), high), gap_words(), "amber", "amber")
        top += high
    if row.day:
        _divider(painter, QRect(rect.x(), top, rect.width(), high), day(row.message.time), "line", "ink3")
        top += high
    if row.since:
        text = _("New since {time}").format(time=clock(row.since))
        _divider(painter, QRect(rect.x(), top, rect.width(), high), text, "rust", "rust")


def _divider(painter: QPainter, rect: QRect, text: str, line: str, ink: str) -> None:
    painter.setFont(theme.font(12))
    half = QFontMetrics(painter.font()).horizontalAdvance(text) // 2 + 12
    middle, center = rect.center().y() + 0.5, rect.center().x()
    painter.setPen(theme.paint(line))
    painter.drawLine(QPointF(rect.x() + 20, middle), QPointF(center - half, middle))
    painter.drawLine(QPointF(center + half, middle), QPointF(rect.right() - 20, middle))
    painter.setPen(theme.paint(ink))
    painter.drawText(rect, _CENTER, text)


def _ground(painter: QPainter, rect: QRect, message: Message, chosen: bool) -> None:
    if chosen:
        painter.fillRect(rect, theme.paint("selection"))
    elif message.mention:
        painter.fillRect(rect, theme.paint("amber_ground"))
    elif message.mine:
        painter.fillRect(rect, theme.paint("own"))
    if message.mention:
        painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), theme.paint("amber"))


def _head(painter: QPainter, laid: Laid, who: Who) -> None:
    message = laid.row.message
    line = theme.scaled(20)
    right = laid.width - RIGHT
    first = laid.name_at if laid.name_at >= 0 else laid.blocks[0].area.top()
    painter.setFont(theme.font(12))
    painter.setPen(theme.paint("ink3"))
    painter.drawText(QRectF(right - 80, first, 80, line), _RIGHT, clock(message.time))
    if laid.name_at < 0:
        if who.clash and not laid.row.grouped:
            painter.drawPixmap(QPointF(LEFT - 14 - 10, first + (line - 14) / 2), icons.pixmap("alert", "amber", 14))
        return
    painter.drawPixmap(QPoint(AVATAR_AT, round(laid.name_at)), face(who, 36))
    badge = QFontMetrics(theme.font(11)).horizontalAdvance(who.badge) + 22 if who.badge else 0
    painter.setFont(name_font())
    painter.setPen(QColor(theme.name_color(who.seed)))
    mark = 20 if who.clash else 0
    room = max(40, right - LEFT - 64 - badge - mark)
    name = painter.fontMetrics().elidedText(label(who.name), Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(LEFT, laid.name_at, room, line), _LEFT, name)
    end = LEFT + painter.fontMetrics().horizontalAdvance(name)
    if mark:
        painter.drawPixmap(QPointF(end + 6, laid.name_at + (line - 14) / 2), icons.pixmap("alert", "amber", 14))
    if badge:
        at = end + mark + 10
        _badge(painter, QRectF(at, laid.name_at + (line - theme.scaled(16)) / 2, badge - 10, theme.scaled(16)), who)


def _badge(painter: QPainter, area: QRectF, who: Who) -> None:
    border = theme.paint("ink3")
    border.setAlpha(90)
    painter.setFont(theme.font(11))
    painter.setPen(border)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(theme.paint("ink2"))
    painter.drawText(area, _CENTER, who.badge)


def _body(painter: QPainter, laid: Laid) -> None:
    for block in laid.blocks:
        if block.code:
            painter.setPen(theme.paint("line"))
            painter.setBrush(theme.paint("sunken"))
            painter.drawRoundedRect(block.area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(theme.paint("ink"))
        block.text.draw(painter, QPointF(0, 0))
    if laid.more_at >= 0:
        painter.setFont(theme.font(13))
        painter.setPen(theme.paint("jade"))
        painter.drawText(QRectF(LEFT, laid.more_at, 300, theme.scaled(20)), _LEFT, more_words())


def _tail(painter: QPainter, laid: Laid, who: Who) -> None:
    message = laid.row.message
    mark = delivery_mark(message, direct=who.direct)
    if message.mine and mark[0]:
        last = laid.blocks[-1].area
        shift = theme.scaled(44) if laid.name_at < 0 and len(laid.blocks) == 1 and last.height() < 30 else 0
        at = QPointF(laid.width - RIGHT - 16 - shift, last.bottom() - theme.scaled(20) + 3)
        painter.drawPixmap(at, icons.pixmap(mark[0], mark[1], 15))
    if laid.note_at < 0:
        return
    unsure = message.state is Delivery.UNSURE
    text = _("Not sure it arrived · send again") if unsure else _("Not sent")
    if message.detail and not unsure:
        text = f"{text}: {label(message.detail, 200)}"
    painter.setFont(theme.font(13))
    painter.setPen(theme.paint("amber" if unsure else "rust"))
    area = QRectF(LEFT, laid.note_at, laid.width - LEFT - RIGHT - 20, theme.scaled(20))
    painter.drawText(
        area, _LEFT, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(area.width()))
    )
