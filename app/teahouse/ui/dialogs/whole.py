"""The whole of a long text, in a window of its own that stays quick."""

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from teahouse.i18n import _
from teahouse.ui.dialogs.question import Sheet

LONGEST_LINE = 400
MOST = 500_000


def show_whole(parent: QWidget, text: str) -> Sheet:
    """Open a text to read and to copy."""
    sheet = Sheet(parent, _("The whole message"), width=640)
    sheet.setMinimumHeight(480)
    field = QPlainTextEdit(broken(text[:MOST]))
    field.setReadOnly(True)
    field.setAccessibleName(_("The whole message"))
    sheet.body.addWidget(field, 1)
    sheet.finish(_("Copy all"), lambda: QGuiApplication.clipboard().setText(text), away=_("Close"))
    sheet.open()
    return sheet


def broken(text: str) -> str:
    """The text with lines short enough for the widget to lay out at once."""
    lines = []
    for line in text.split("\n"):
        lines += [line[at : at + LONGEST_LINE] for at in range(0, len(line), LONGEST_LINE)] or [""]
    return "\n".join(lines)
