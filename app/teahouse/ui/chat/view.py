"""The list of messages: holds its place while pages come and go, and sticks to the end at the end."""

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QListView, QToolButton

from teahouse.domain.commands import MarkRead, SendAgain
from teahouse.domain.message import Message
from teahouse.i18n import _, ngettext
from teahouse.ui import icons
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.delegate import MessageDelegate
from teahouse.ui.chat.menu import message_menu
from teahouse.ui.chat.model import UNREAD, ConversationModel
from teahouse.ui.chat.rows import MESSAGE, Row
from teahouse.ui.chat.words import copied
from teahouse.ui.hooks import Hooks

NEAR = 600


class MessageView(QListView):
    """Shows a ConversationModel; `link` and `whole` say what was clicked, `seen` how far was read."""

    link = Signal(str)
    whole = Signal(object)

    def __init__(self, bridge: Bridge, model: ConversationModel, hooks: Hooks | None = None) -> None:
        super().__init__()
        self._bridge, self._model, self._hooks = bridge, model, hooks or Hooks()
        self._anchor: tuple[int, int] | None = None
        self._seen = 0
        self._missed = 0
        self._gap = 0
        self._settling = False
        self._delegate = MessageDelegate(self, self._hooks)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setEditTriggers(self.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Messages"))
        self.verticalScrollBar().setSingleStep(24)
        self.to_latest = QToolButton(self)
        self.to_latest.setProperty("kind", "float")
        self.to_latest.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.to_latest.setIcon(icons.icon("arrow-down", "jade", 16))
        self.to_latest.clicked.connect(self.jump_to_latest)
        self.to_latest.hide()
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        model.changing.connect(self._hold)
        model.changed.connect(self._settle)
        model.opened.connect(self._opened)
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(300)
        self._reading.timeout.connect(self.mark_read)

    def at_bottom(self) -> bool:
        """Whether the last message of the chat is in sight."""
        bar = self.verticalScrollBar()
        return self._model.at_end and bar.value() >= bar.maximum() - 4

    def jump_to_latest(self) -> None:
        """Go to the end of the chat."""
        if self._model.at_end:
            self.scrollToBottom()
        else:
            self._model.latest()

    def jump_to(self, message: Message) -> None:
        """Go to a message of this chat and choose it."""
        if (at := self._model.row_of(message.id)) >= 0:
            self._show_row(at)
        else:
            self._model.jump(message.key, message.id)

    def jump_to_unread(self, load: bool = True) -> None:
        """Go to where the unread messages begin, loading that page if need be."""
        at = next((n for n, r in enumerate(self._model.rows()) if r.since), -1)
        if at >= 0:
            self.scrollTo(self._model.index(at), self.ScrollHint.PositionAtTop)
        elif load:
            self._model.jump_to_unread()

    def chosen(self) -> list[Message]:
        """The selected messages in the order of the chat."""
        rows = sorted(self.selectedIndexes(), key=QModelIndex.row)
        return [row.message for row in (i.data(MESSAGE) for i in rows) if isinstance(row, Row)]

    def copy(self) -> None:
        """Put the selected messages on the clipboard."""
        if messages := self.chosen():
            QGuiApplication.clipboard().setText(copied(messages))

    def mark_read(self) -> None:
        """Say that all up to the last message was seen, when it was."""
        rows = self._model.rows()
        if not rows or not self.at_bottom() or not self.isVisible() or not self.isActiveWindow():
            return
        last = rows[-1].message
        if last.order > self._seen:
            self._seen = last.order
            self._bridge.do(MarkRead(last.chat, last.order))

    def show_missed(self, unread: int) -> None:
        """Say on the button how many messages wait below."""
        self._missed = unread
        self._place_button()

    def _hold(self) -> None:
        """Remember what the reader looks at: the end, or the offset of the topmost message."""
        self._anchor = None
        if not self.at_bottom():
            top = self.indexAt(QPoint(5, 1))
            if isinstance(row := top.data(MESSAGE), Row):
                self._anchor = (row.message.id, self.visualRect(top).top())

    def _settle(self) -> None:
        """Lay out at once and put the reader back exactly."""
        self._settling = True
        self.doItemsLayout()
        self._fill_gap()
        bar = self.verticalScrollBar()
        if self._anchor is None:
            bar.setValue(bar.maximum())
        elif (at := self._model.row_of(self._anchor[0])) >= 0:
            moved = self.visualRect(self._model.index(at)).top() - self._anchor[1]
            bar.setValue(bar.value() + moved)
        self._settling = False
        self._scrolled()

    def _opened(self, message: int) -> None:
        self._anchor = None
        if not message:
            self._seen = 0
            self._settle()
            return
        self._settling = True
        self.doItemsLayout()
        self._fill_gap()
        self._settling = False
        if message == UNREAD:
            self.jump_to_unread(False)
        elif (at := self._model.row_of(message)) >= 0:
            self._show_row(at)

    def _show_row(self, at: int) -> None:
        index = self._model.index(at)
        self.scrollTo(index, self.ScrollHint.PositionAtCenter)
        self.setCurrentIndex(index)

    def _fill_gap(self) -> None:
        """A short conversation stands at the bottom, by the composer."""
        total = sum(self._delegate.laid(row).height for row in self._model.rows())
        gap = max(0, self.height() - total - 4)
        if gap != self._gap:
            self._gap = gap
            self.setViewportMargins(0, gap, 0, 0)
            self.doItemsLayout()

    def _scrolled(self) -> None:
        if self._settling:
            return
        bar = self.verticalScrollBar()
        self._model.following = self.at_bottom()
        if bar.value() < NEAR:
            self._model.older()
        if bar.maximum() - bar.value() < NEAR:
            self._model.newer()
        self._reading.start()
        self._place_button()

    def _place_button(self) -> None:
        away = not self.at_bottom() and bool(self._model.rows())
        self.to_latest.setVisible(away)
        if not away:
            return
        count = self._missed
        words = ngettext("{n} new", "{n} new", count).format(n=count) if count else _("Latest")
        self.to_latest.setText(words)
        self.to_latest.setAccessibleName(_("Jump to the latest message"))
        self.to_latest.adjustSize()
        spot = QPoint(self.width() - self.to_latest.width() - 20, self.height() - self.to_latest.height() - 12)
        self.to_latest.move(spot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the place while the width changes."""
        if self._settling:
            super().resizeEvent(event)
            return
        self._hold()
        super().resizeEvent(event)
        self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes the messages, not the row's words."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens a link or the whole of a long text."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        row = index.data(MESSAGE)
        if event.button() is not Qt.MouseButton.LeftButton or not isinstance(row, Row):
            return
        at = event.position().toPoint() - self.visualRect(index).topLeft()
        if address := self._delegate.link_at(row, at):
            self.link.emit(address)
        elif self._delegate.on_more(row, at):
            self.whole.emit(row.message)
        elif self._delegate.on_again(row, at):
            self._bridge.do(SendAgain(row.message.id))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the chosen messages."""
        index = self.indexAt(event.pos())
        if index.isValid() and not self.selectionModel().isSelected(index):
            self.setCurrentIndex(index)
        if chosen := self.chosen():
            menu = message_menu(self, self._bridge, self._hooks, chosen, self.copy)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())
