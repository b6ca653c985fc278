"""What stands in the middle while no chat is open."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from teahouse.i18n import _
from teahouse.ui.banner import Banner
from teahouse.ui.widgets import button, picture, plain, row, tidy


class EmptyPage(QFrame):
    """A quiet page with the two things to do first."""

    browse = Signal()
    person = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("empty")
        self.banner = Banner()
        mark = picture("mark", "jade", 72)
        words = plain(_("Join a room to begin, or write to somebody you know."), 14, "ink2")
        layout = QVBoxLayout(self)
        tidy(layout, spacing=14)
        layout.addWidget(self.banner)
        layout.addStretch(1)
        layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(plain(_("Nobody is pouring yet"), 22, bold=True), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        self.join = button(_("Join a room"), self.browse.emit, "primary")
        write = button(_("Write to a person"), self.person.emit)
        layout.addLayout(row(0, self.join, write, 0))
        layout.addStretch(1)
