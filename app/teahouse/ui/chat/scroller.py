"""A list of messages that holds the reader's place while rows come and go, and sticks to the end at the end."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListView, QScrollBar

from teahouse.ui.chat.delegate import MessageDelegate
from teahouse.ui.chat.model import UNREAD, ConversationModel
from teahouse.ui.chat.rows import MESSAGE, Row
from teahouse.ui.hooks import Hooks

NEAR = 600


class Scroller(QListView):
    """`moved` is emitted when the reader looks elsewhere. The bar lies over the rows, so that their width is steady."""

    moved = Signal()

    def __init__(self, model: ConversationModel, hooks: Hooks) -> None:
        super().__init__()
        self._model = model
        self._anchor: tuple[int, int] | None = None
        self._gap = 0
        self._settling = False
        self.delegate = MessageDelegate(self, model.naming, hooks)
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = self.verticalScrollBar()
        bar.setSingleStep(24)
        bar.valueChanged.connect(self._scrolled)
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.valueChanged.connect(bar.setValue)
        bar.valueChanged.connect(self._bar.setValue)
        bar.rangeChanged.connect(self._range)
        model.changing.connect(self._hold)
        model.changed.connect(self._settle)
        model.opened.connect(self._opened)

    def at_bottom(self) -> bool:
        """Whether the last message of the chat is in sight."""
        bar = self.verticalScrollBar()
        return self._model.at_end and bar.value() >= bar.maximum() - 4

    def show_row(self, at: int) -> None:
        """Bring a row to the middle and choose it."""
        self.scrollTo(self._model.index(at), self.ScrollHint.PositionAtCenter)
        self.choose(at)

    def choose(self, at: int) -> None:
        """Make a row the chosen one, whatever keys are held."""
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self._model.index(at), flag)

    def to_end(self) -> None:
        """Go to the end, but not past the first message that nobody has seen yet."""
        bar = self.verticalScrollBar()
        at = self._model.divider()
        if self._model.all_seen or at < 0:
            bar.setValue(bar.maximum())
        else:
            self.to_divider()

    def to_divider(self) -> None:
        """Show where the unread messages begin."""
        bar = self.verticalScrollBar()
        top = self.visualRect(self._model.index(self._model.divider())).top() + bar.value()
        bar.setValue(min(top, bar.maximum()))

    def _hold(self) -> None:
        """Remember what the reader looks at: the end, or the offset of the topmost message."""
        self._anchor = None
        if not self._model.following:
            top = self.indexAt(QPoint(5, 1))
            if isinstance(row := top.data(MESSAGE), Row):
                self._anchor = (row.message.id, self.visualRect(top).top())

    def _settle(self) -> None:
        """Lay out at once and put the reader back exactly."""
        self._settling = True
        self._lay_out()
        bar = self.verticalScrollBar()
        if self._anchor is None:
            self.to_end()
        elif (at := self._model.row_of(self._anchor[0])) >= 0:
            moved = self.visualRect(self._model.index(at)).top() - self._anchor[1]
            bar.setValue(bar.value() + moved)
        self._settling = False
        self._scrolled()

    def _opened(self, message: int) -> None:
        self._anchor = None
        if not message:
            self._settle()
            return
        self._settling = True
        self._lay_out()
        self._settling = False
        if message == UNREAD and self._model.divider() >= 0:
            self.to_divider()
            self._scrolled()
        elif (at := self._model.row_of(message)) >= 0:
            self.show_row(at)

    def _lay_out(self) -> None:
        """Place all rows now; a short conversation stands at the bottom, by the composer."""
        total = sum(self.delegate.laid(row).height for row in self._model.rows())
        gap = max(0, self.height() - total - 4) if total else 0
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
        self.moved.emit()

    def _range(self, least: int, most: int) -> None:
        bar = self.verticalScrollBar()
        self._bar.setRange(least, most)
        self._bar.setPageStep(bar.pageStep())
        self._bar.setSingleStep(bar.singleStep())
        self._bar.setValue(bar.value())
        self._bar.setVisible(most > least)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the place while the width changes."""
        self._bar.setGeometry(self.width() - 10, 0, 10, self.height())
        if self._settling:
            super().resizeEvent(event)
            return
        self._hold()
        super().resizeEvent(event)
        self._settle()

    def dress(self) -> None:
        """Another look has other heights."""
        self._hold()
        self._settle()

    def row_at(self, index: QModelIndex) -> Row | None:
        """The row of an index."""
        row = index.data(MESSAGE)
        return row if isinstance(row, Row) else None
