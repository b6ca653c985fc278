"""The messages of the open chat as one reads and uses them: seen, chosen, copied, clicked."""

from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QMenu

from teahouse.domain.commands import MarkRead, SendAgain
from teahouse.domain.message import Message
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.latest import LatestButton
from teahouse.ui.chat.menu import Ways, message_menu
from teahouse.ui.chat.model import ConversationModel
from teahouse.ui.chat.scroller import Scroller
from teahouse.ui.chat.words import copied
from teahouse.ui.hooks import Hooks


class MessageView(Scroller):
    """Shows a ConversationModel; `link` and `whole` say what was clicked."""

    link = Signal(str)
    whole = Signal(object)

    def __init__(self, bridge: Bridge, model: ConversationModel, hooks: Hooks | None = None) -> None:
        self._bridge, self._hooks = bridge, hooks or Hooks()
        super().__init__(model, self._hooks)
        model.said = self._hooks.said
        self._seen: tuple[int, int] = (0, 0)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setEditTriggers(self.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Messages"))
        self.to_latest = LatestButton(self)
        self.to_latest.clicked.connect(self.jump_to_latest)
        model.attended = self.attended
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(300)
        self._reading.timeout.connect(self.mark_read)
        self.moved.connect(self._moved)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where nothing was said yet, say so."""
        super().paintEvent(event)
        if not self._model.rows() and not self._model.loading:
            painter = QPainter(self.viewport())
            painter.setFont(theme.font(14))
            painter.setPen(theme.paint("ink3"))
            painter.drawText(self.viewport().rect(), int(Qt.AlignmentFlag.AlignCenter), _("Nothing was said here yet."))
            painter.end()

    def attended(self) -> bool:
        """Whether somebody sees what comes in at the end."""
        return self.isVisible() and self.isActiveWindow() and self.at_bottom()

    def jump_to_latest(self) -> None:
        """Go to the end of the chat."""
        if self._model.at_end:
            self.scrollToBottom()
        else:
            self._model.all_seen = True
            self._model.latest()

    def jump_to(self, message: Message) -> None:
        """Go to a message of this chat and choose it."""
        if (at := self._model.row_of(message.id)) >= 0:
            self.show_row(at)
        else:
            self._model.jump(message.key, message.id)

    def jump_to_unread(self) -> None:
        """Go to where the unread messages begin, loading that page if need be."""
        if self._model.divider() >= 0:
            self.to_divider()
        else:
            self._model.jump_to_unread()

    def chosen(self) -> list[Message]:
        """The selected messages in the order of the chat."""
        rows = (self.row_at(index) for index in sorted(self.selectedIndexes(), key=QModelIndex.row))
        return [row.message for row in rows if row is not None]

    def copy(self) -> None:
        """Put the selected messages on the clipboard."""
        if messages := self.chosen():
            QGuiApplication.clipboard().setText(copied(messages, self._model.naming))

    def mark_read(self) -> None:
        """Say that all up to the last message was seen, when it was."""
        rows = self._model.rows()
        if not rows or not self.attended():
            return
        self._model.all_seen = True
        last = rows[-1].message
        if (last.chat, last.order) != self._seen:
            self._seen = (last.chat, last.order)
            self._bridge.do(MarkRead(last.chat, last.order))

    def _moved(self) -> None:
        self._reading.start()
        self.to_latest.offer(not self.at_bottom() and bool(self._model.rows()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes by keys stands on the last message."""
        super().focusInEvent(event)
        if event.reason() is not Qt.FocusReason.MouseFocusReason and not self.chosen() and self._model.rows():
            self.choose(self._model.rowCount() - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes the messages, not the row's words; Enter opens the menu of what is chosen."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen():
            self._popup(self.viewport().mapToGlobal(self._below_current()))
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens a link or the whole of a long text."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self.row_at(index)
        if event.button() is not Qt.MouseButton.LeftButton or row is None:
            return
        at = event.position().toPoint() - self.visualRect(index).topLeft()
        if address := self.delegate.link_at(row, at):
            self.link.emit(address)
        elif self.delegate.on_more(row, at):
            self.whole.emit(row.message)
        elif self.delegate.on_again(row, at):
            self._bridge.do(SendAgain(row.message.id))
        elif self.delegate.on_gap(row, at):
            self._model.missing.fetch(row.gap)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A hand over what can be clicked."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = self.row_at(index)
        at = event.position().toPoint() - self.visualRect(index).topLeft()
        rows = self.delegate
        places = (rows.link_at, rows.on_more, rows.on_again, rows.on_gap)
        hand = row is not None and any(place(row, at) for place in places)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chosen messages; the key opens it at the current one."""
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self._popup(self.viewport().mapToGlobal(self._below_current()))
            return
        index = self.indexAt(event.pos())
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.choose(index.row())
        self._popup(event.globalPos())

    def menu(self) -> QMenu | None:
        """The menu of the chosen messages."""
        gap = next((row.gap for row in map(self.row_at, self.selectedIndexes()) if row is not None), 0)
        fetch = partial(self._model.missing.fetch, gap) if gap else None
        ways = Ways(self.copy, self.link.emit, self.whole.emit, fetch)
        if chosen := self.chosen():
            return message_menu(self, self._bridge, self._hooks, chosen, ways)
        return None

    def _below_current(self) -> QPoint:
        area = self.visualRect(self.currentIndex()) & self.viewport().rect()
        return QPoint(area.x() + 68, area.bottom())

    def _popup(self, at: QPoint) -> None:
        if menu := self.menu():
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)
