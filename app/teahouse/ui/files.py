"""Asks for a file, by the program's own dialog: it is not remembered anywhere outside the profile."""

import errno
import os
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


def write_private(path: str, data: bytes) -> None:
    """Write a file that only its owner may read; raises OSError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)


def read_bounded(path: str, most: int) -> bytes:
    """What is in a file of so many bytes at most; raises OSError, for a longer one too."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        data = file.read(most + 1) or b""
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return data
