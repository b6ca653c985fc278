"""Asks for a file, by the program's own dialog: it is not remembered anywhere outside the profile."""

from collections.abc import Callable

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_save(parent: QWidget, title: str, name: str, then: Callable[[str], object]) -> QFileDialog:
    """Ask where to write a file; whoever chooses one that is there is asked whether it may be replaced."""
    dialog = _dialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    return _opened(dialog, then)


def ask_open(parent: QWidget, title: str, then: Callable[[str], object]) -> QFileDialog:
    """Ask for a file that is there."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(dialog, then)


def _dialog(parent: QWidget, title: str) -> QFileDialog:
    # Qt keeps the last folders and files of its dialogs in a file of the user; here it can only fail to.
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, "/dev/null")
    dialog = QFileDialog(parent, title)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    return dialog


def _opened(dialog: QFileDialog, then: Callable[[str], object]) -> QFileDialog:
    dialog.fileSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
