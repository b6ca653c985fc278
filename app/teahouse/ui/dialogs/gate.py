"""What stands before a profile opens: a card in the middle of an otherwise empty window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from teahouse.domain.commands import UnlockVault
from teahouse.domain.problem import Fault, Problem
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.problems import sentence, words
from teahouse.ui.widgets import button, frame, picture, plain, row, tidy

STOPPING = frozenset(
    {
        Fault.DATABASE_NEWER, Fault.DATABASE_DAMAGED, Fault.PROFILE_DAMAGED,
        Fault.KEYRING_MISSING, Fault.NOT_WRITABLE, Fault.DISK_FULL,
    }
)  # fmt: skip
"""Why a profile may stay closed."""


class Gate(QWidget):
    """The mark, a title, a line of words, and room for more in `body`."""

    def __init__(self, title: str, explanation: str) -> None:
        super().__init__()
        self.setWindowTitle("Teahouse")
        self.setObjectName("empty")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(1280, 800)
        card = frame("card")
        card.setFixedWidth(400)
        self.body = QVBoxLayout(card)
        tidy(self.body, (28, 28, 28, 28), 12)
        self.body.addWidget(picture("mark", "jade", 64), 0, Qt.AlignmentFlag.AlignHCenter)
        for text in (plain(title, 22, bold=True, wrap=True), plain(explanation, 13, "ink2", wrap=True)):
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.body.addWidget(text)
        outer = QVBoxLayout(self)
        outer.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)


class StoppedPage(Gate):
    """Why the profile cannot be opened, and what to do. Nothing was changed."""

    def __init__(self, bridge: Bridge, problem: Problem) -> None:
        happened, advice = words(problem)
        super().__init__(happened, advice)
        self._bridge = bridge
        self.setAccessibleName(sentence(problem))
        self.problem = plain("", 13, "rust", wrap=True)
        self.problem.hide()
        self.again = button(_("Try again"), self._try_again, "primary")
        self.again.setVisible(problem.fault is not Fault.PROFILE_DAMAGED)
        self.quit = button(_("Quit"), self.window_close)
        self.body.addWidget(self.problem)
        self.body.addLayout(row(0, self.quit, self.again, 0))

    def window_close(self) -> None:
        """Close, which ends the program."""
        self.close()

    def _try_again(self) -> None:
        self.again.setEnabled(False)
        self._bridge.do(UnlockVault(""), lambda done: None, self._refused)

    def _refused(self, problem: Problem) -> None:
        self.again.setEnabled(True)
        self.problem.setText(sentence(problem))
        self.problem.show()
