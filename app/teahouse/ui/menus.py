"""The main menu."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from teahouse.i18n import _
from teahouse.ui.promise import show_promise


def main_menu(at: QWidget, entries: Sequence[tuple[str, Callable[[], object]]]) -> QMenu:
    """Open a menu of (title, act) beside a button; what we promise stands before the last of them."""
    menu = QMenu(at)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for title, act in entries:
        menu.addAction(title, act)
    promised = menu.addAction(_("What is protected, and what is not"), partial(show_promise, at.window()))
    menu.insertAction(menu.actions()[-2], promised)
    menu.popup(at.mapToGlobal(QPoint(at.width() + 4, at.height() - menu.sizeHint().height())))
    return menu
