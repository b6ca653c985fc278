"""Where the keyboard is: the ring around the current row of a list that has the focus."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyle, QWidget

from teahouse.ui import theme


def focus_by_keys(widget: QWidget) -> None:
    """Take the keyboard to a widget, and let it show that."""
    widget.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    widget.setFocus(Qt.FocusReason.ShortcutFocusReason)


def paint_focus(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    """Draw the ring if this row is the current one of a list that has the focus."""
    wanted = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
    if state & wanted == wanted:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.paint("jade"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(7, 1, -7, -1), 8, 8)
        painter.restore()
