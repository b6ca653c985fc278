"""The button that floats over a conversation and leads to its end."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from teahouse.i18n import _, ngettext
from teahouse.ui.widgets import Tool


class LatestButton(Tool):
    """Says how many messages wait below, when some do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("arrow-down", "jade", 16)
        self.setParent(parent)
        self.setProperty("kind", "float")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAccessibleName(_("Jump to the latest message"))
        self._missed = 0
        self.hide()

    def count(self, missed: int) -> None:
        """Say how many were missed."""
        self._missed = missed
        self.setText(ngettext("{n} new", "{n} new", missed).format(n=f"{missed:,}") if missed else _("Latest"))
        self._place()

    def offer(self, away: bool) -> None:
        """Show it when the end is out of sight."""
        self.setVisible(away)
        if away:
            self.count(self._missed)

    def _place(self) -> None:
        around = self.parentWidget()
        if around is not None:
            self.adjustSize()
            self.move(QPoint(around.width() - self.width() - 20, around.height() - self.height() - 12))
