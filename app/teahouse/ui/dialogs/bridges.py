"""Other bridges while the program runs: tor takes them without a restart."""

from collections.abc import Callable

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from teahouse.domain.commands import UseBridges
from teahouse.domain.problem import Problem
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.problems import sentence


class BridgesSheet(Sheet):
    """Lines to paste; none lets tor dial its own relays again, which the network can see."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, done: Callable[[], None] = lambda: None) -> None:
        told = _("One to a line, as they were given. Without any, your network sees that you use Tor.")
        super().__init__(parent, _("Bridges"), told, 560)
        self._bridge, self._done = bridge, done
        self.lines = QPlainTextEdit()
        self.lines.setAccessibleName(_("Bridge lines"))
        self.lines.setTabChangesFocus(True)
        self.lines.setMinimumHeight(120)
        self.body.addWidget(self.lines)
        self.finish(_("Use these"), self.use)

    def use(self) -> None:
        """Hand them to tor; a line that makes no sense keeps the sheet open."""
        self.complain("")
        self._bridge.do(UseBridges(self.lines.toPlainText()), self._used, self._refused)

    def _refused(self, problem: Problem) -> None:
        self.complain(sentence(problem))

    def _used(self, _count: object) -> None:
        self.accept()
        self._done()
