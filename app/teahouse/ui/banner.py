"""The bar below the header that says in plain words what is wrong."""

from PySide6.QtWidgets import QFrame, QHBoxLayout

from teahouse.domain.problem import Fault, Problem
from teahouse.i18n import _
from teahouse.ui.problems import words
from teahouse.ui.widgets import picture, plain, set_tone, tidy, tool

STANDING = (Fault.DISK_FULL, Fault.NOT_WRITABLE, Fault.DATABASE_DAMAGED, Fault.DATABASE_NEWER)


class Banner(QFrame):
    """A problem until it is closed, or a standing state until it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._icon = picture("alert", "rust", 18)
        self.title, self.advice = plain("", 13, bold=True, wrap=True), plain("", 13, "ink", wrap=True)
        self._close = tool("x", _("Close this message"), self._closed)
        self._standing = self._disk = ("", "")
        layout = QHBoxLayout(self)
        tidy(layout, (20, 8, 12, 8), 10)
        layout.addWidget(self._icon)
        layout.addWidget(self.title)
        layout.addWidget(self.advice, 1)
        layout.addWidget(self._close)
        self.hide()

    def show_problem(self, problem: Problem) -> None:
        """Say a problem; it stands until closed, or for good when nothing can be written."""
        happened, advice = words(problem)
        if problem.fault in STANDING:
            self._disk = (happened, advice)
            self._refresh()
        else:
            self._show(happened, advice, "rust", True)

    def stand(self, happened: str, advice: str = "") -> None:
        """Say a state that lasts; empty words end it. A state that has not changed hides no problem."""
        if (happened, advice) != self._standing:
            self._standing = (happened, advice)
            self._refresh()

    def _closed(self) -> None:
        self._disk = ("", "")
        self._refresh()

    def _refresh(self) -> None:
        if self._disk[0]:
            self._show(*self._disk, "rust", True)
        elif self._standing[0]:
            self._show(*self._standing, "amber", False)
        else:
            self.hide()

    def _show(self, happened: str, advice: str, tone: str, closable: bool) -> None:
        set_tone(self, tone)
        self._icon.show_icon("alert", tone)
        self.title.setText(happened)
        self.advice.setText(advice)
        self._close.setVisible(closable)
        self.show()
