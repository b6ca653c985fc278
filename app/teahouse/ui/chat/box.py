"""The box a message is typed into."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from teahouse.ui import theme

MOST_LINES = 6


class Box(QPlainTextEdit):
    """A text box that grows to six lines; Enter sends, Shift+Enter breaks the line."""

    entered = Signal()
    completing = Signal()
    picking = Signal(int)
    focused = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.popup_open = False
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.textChanged.connect(self._fit)
        self._fit()

    def dress(self) -> None:
        """Larger letters need more room."""
        self._fit()

    def _fit(self) -> None:
        line = QFontMetrics(theme.font()).lineSpacing()
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        self.setFixedHeight(line * lines + 10)

    def focusNextPrevChild(self, following: bool) -> bool:
        """Tab behind a word completes it; else it leaves the box."""
        cursor = self.textCursor()
        before = self.toPlainText()[cursor.position() - 1 : cursor.position()] if cursor.position() else ""
        if following and (self.popup_open or before.strip()):
            return False
        return super().focusNextPrevChild(following)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Send, complete, or write."""
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if self.popup_open and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.picking.emit(1 if key == Qt.Key.Key_Down else -1)
        elif self.popup_open and key in (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.picking.emit(0)
        elif self.popup_open and key == Qt.Key.Key_Escape:
            self.picking.emit(99)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not shift:
            self.entered.emit()
        elif key == Qt.Key.Key_Tab and not shift and self.textCursor().position():
            self.completing.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let the frame show the focus."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let the frame forget the focus."""
        super().focusOutEvent(event)
        self.focused.emit(False)
