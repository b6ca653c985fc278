"""Messages found by words: each with its chat, its day and what stands around the hit, and a jump to it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from teahouse.domain.message import Message
from teahouse.domain.problem import Problem
from teahouse.domain.queries import SearchMessages
from teahouse.domain.search import Hit, SearchPage, parse
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.focus import paint_focus
from teahouse.ui.known import Known
from teahouse.ui.people import People
from teahouse.ui.problems import sentence
from teahouse.ui.times import brief
from teahouse.ui.widgets import SEMIBOLD, plain, tidy

HIT, TITLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
HIGH, LINES, SEARCH_AFTER_MS = 76, 2, 150


def complaint(wrong: Sequence[tuple[str, str]]) -> str:
    """What is wrong with the operators of a search, in a sentence; empty when nothing is."""
    for operator, value in wrong:
        shown = isolated(label(value, 40))
        if operator in ("before", "after"):
            return _("“{value}” is not a day. Write it like 2026-01-31.").format(value=shown)
        return _("Only has:link is known, not has:{value}.").format(value=shown)
    return ""


class FoundList(QFrame):
    """Found messages, newest first; emits the chosen one. More come as one scrolls to the end."""

    chosen = Signal(object)

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self._bridge, self._known, self._people = bridge, known, People(known)
        self._text, self._more = "", False
        self.list, self.state = QListWidget(), plain("", 13, "ink3", wrap=True)
        self.list.setItemDelegate(HitDelegate(self.list))
        self.list.setAccessibleName(_("Messages found"))
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(self._picked)
        self.list.itemClicked.connect(self._picked)
        self.list.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.setFocusProxy(self.list)
        layout = QVBoxLayout(self)
        tidy(layout, (0, 8, 0, 0), 4)
        heading = plain(_("Messages").upper(), 11, "ink3", bold=True)
        for part in (heading, self.state):
            part.setContentsMargins(16, 0, 16, 0)
            layout.addWidget(part)
        layout.addWidget(self.list, 1)
        layout.addStretch()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(SEARCH_AFTER_MS)
        self._later.timeout.connect(self._ask)
        self.hide()

    def search(self, text: str) -> None:
        """Look for what was typed, as soon as the typing pauses."""
        terms = parse(text)
        self._text = text
        self._later.stop()
        if terms.empty or (len(text.strip()) < 2 and not terms.words[0].text > "\u0e00"):
            self.hide()
        elif terms.wrong:
            self._show((), complaint(terms.wrong))
        else:
            self._later.start()

    def first(self) -> Message | None:
        """The newest one found."""
        item = self.list.item(0) if self.list.count() and self.isVisible() else None
        return item.data(HIT).message if item is not None else None

    def hits(self) -> list[Hit]:
        """What is shown."""
        return [self.list.item(at).data(HIT) for at in range(self.list.count())]

    def _ask(self, older: tuple[int, int] | None = None) -> None:
        query, text = SearchMessages(self._text, older=older), self._text
        self._bridge.ask(query, partial(self._answered, text, older is not None), partial(self._refused, text))

    def _answered(self, text: str, further: bool, page: SearchPage | None) -> None:
        if page is None or text != self._text:
            return
        self._more = page.more
        if further:
            self._add(page.hits)
        elif page.nowhere:
            self._show((), _("No chat is called “{name}”.").format(name=isolated(label(page.nowhere, 40))))
        else:
            self._show(page.hits, "" if page.hits else _("Nothing found in the messages on this computer."))

    def _refused(self, text: str, problem: Problem) -> None:
        if text == self._text:
            self._show((), sentence(problem))

    def _show(self, hits: Sequence[Hit], state: str) -> None:
        self.list.clear()
        self._add(hits)
        self.state.setText(state)
        self.state.setVisible(bool(state))
        self.list.setVisible(bool(hits))
        if hits:
            self.list.setCurrentRow(0)
            self.list.scrollToTop()
        self.show()

    def _add(self, hits: Sequence[Hit]) -> None:
        for hit in hits:
            chat, message = self._known.chats.get(hit.message.chat), hit.message
            title = label(chat.title, 60) if chat else ""
            name = label(self._people.author(message).name, 40)
            said = f"{isolated(name)}: {isolated(hit.excerpt)}"
            item = QListWidgetItem(f"{said}, {isolated(title)}, {brief(message.time)}")
            item.setData(HIT, hit)
            item.setData(TITLE, (title, name))
            self.list.addItem(item)

    def _scrolled(self, value: int) -> None:
        if self._more and value >= self.list.verticalScrollBar().maximum() - HIGH and self.list.count():
            self._more = False
            last = self.hits()[-1].message
            self._ask((last.time, last.id))

    def _picked(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(HIT).message)


class HitDelegate(QStyledItemDelegate):
    """A hit is the chat and the day, and below them the name and the text around the words, which are marked."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All are equally high."""
        return QSize(100, theme.scaled(HIGH))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one hit."""
        hit, (title, name) = index.data(HIT), index.data(TITLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.paint("selection" if state & QStyle.StateFlag.State_Selected else "hover"))
            painter.drawRoundedRect(rect.adjusted(6, 1, -6, -1), 8, 8)
        inner = rect.adjusted(16, 6, -16, -6)
        self._heading(painter, QRect(inner.x(), inner.y(), inner.width(), theme.scaled(18)), title, hit.message.time)
        _text(painter, inner.adjusted(0, theme.scaled(20), 0, 0), name, hit)
        paint_focus(painter, rect, state)
        painter.restore()

    def _heading(self, painter: QPainter, area: QRect, title: str, time: int) -> None:
        small = theme.font(11.5)
        when, wide = brief(time), QFontMetrics(small).horizontalAdvance(brief(time))
        painter.setFont(small)
        painter.setPen(theme.paint("ink3"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), when)
        bold = theme.font(12, SEMIBOLD)
        shown = QFontMetrics(bold).elidedText(title, Qt.TextElideMode.ElideRight, area.width() - wide - 8)
        painter.setFont(bold)
        painter.setPen(theme.paint("ink2"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


def _text(painter: QPainter, area: QRect, name: str, hit: Hit) -> None:
    """Two lines: who, and what around the hit."""
    lead = f"{isolated(name)}: "
    formats = [_format(0, len(lead), name=True), *(_format(len(lead) + a, b - a) for a, b in hit.marks)]
    layout, end = _flowed(lead + hit.excerpt, formats, area.width())
    if end < len(lead + hit.excerpt):
        layout, _end = _flowed(f"{(lead + hit.excerpt)[: end - 2].rstrip()}…", formats, area.width())
    painter.setPen(theme.paint("ink"))
    layout.draw(painter, QPointF(area.topLeft()))


def _flowed(text: str, formats: list[QTextLayout.FormatRange], width: int) -> tuple[QTextLayout, int]:
    """As many lines as there is room for, and where the last of them ends."""
    layout, option, top, end = QTextLayout(text, theme.font(13)), QTextOption(), 0.0, 0
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setFormats(formats)
    layout.beginLayout()
    for _n in range(LINES):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        line.setPosition(QPointF(0, top))
        top += line.height() + 1
        end = line.textStart() + line.textLength()
    layout.endLayout()
    return layout, end


def _format(start: int, length: int, name: bool = False) -> QTextLayout.FormatRange:
    span, look = QTextLayout.FormatRange(), QTextCharFormat()
    if name:
        look.setForeground(theme.paint("ink2"))
    else:
        look.setBackground(theme.paint("amber_ground"))
        look.setForeground(theme.paint("amber"))
        look.setFontWeight(QFont.Weight.DemiBold)
    span.start, span.length, span.format = start, length, look
    return span
