"""The main menu."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget


def main_menu(at: QWidget, entries: Sequence[tuple[str, Callable[[], object]]]) -> QMenu:
    """Open a menu of (title, act) beside a button."""
    menu = QMenu(at)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for title, act in entries:
        menu.addAction(title, act)
    menu.popup(at.mapToGlobal(QPoint(at.width() + 4, at.height() - menu.sizeHint().height())))
    return menu
