"""Other bridges while the program runs, pasted or found: tor takes them without a restart."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from teahouse.domain.commands import FindBridges, StopFinding, UseBridges
from teahouse.domain.events import BridgesSought
from teahouse.domain.problem import Problem
from teahouse.domain.tor import BridgeSearch
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.onboarding.way import seeking_facts
from teahouse.ui.problems import sentence
from teahouse.ui.torwords import search_lines
from teahouse.ui.widgets import Facts, button, plain


class BridgesSheet(Sheet):
    """Lines to paste; none lets tor dial its own relays again, which the network can see. Or a search, on request."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, done: Callable[[], None] = lambda: None) -> None:
        told = _("One to a line, as they were given. Without any, your network sees that you use Tor.")
        super().__init__(parent, _("Bridges"), told, 560)
        self._bridge, self._done = bridge, done
        self._seen: list[BridgeSearch] = []
        self._seeking = False
        self.lines = QPlainTextEdit()
        self.lines.setAccessibleName(_("Bridge lines"))
        self.lines.setTabChangesFocus(True)
        self.lines.setMinimumHeight(120)
        self.body.addWidget(self.lines)
        self.body.addWidget(plain(_("Or have some found:"), 13, "ink2", wrap=True))
        self.search = Facts()
        self.search.show_lines(seeking_facts())
        self.body.addLayout(self.search)
        self.seeker = button(_("Find a bridge"), self.seek)
        self.finish(_("Use these"), self.use, extra=(self.seeker,))
        self.lines.textChanged.connect(self._weigh)
        bridge.on(BridgesSought, self._sought, self)

    def use(self) -> None:
        """Hand them to tor; a line that makes no sense keeps the sheet open."""
        self.complain("")
        self._bridge.do(UseBridges(self.lines.toPlainText()), self._used, self._refused)

    def seek(self) -> None:
        """Look for some, or stop that."""
        if self._seeking:
            self._bridge.do(StopFinding())
            return
        self.complain("")
        self._seen.clear()
        self._show_seeking(True)
        self._bridge.do(FindBridges(), self._found, self._none_found)

    def reject(self) -> None:
        """Closed, it looks no further."""
        if self._seeking:
            self._bridge.do(StopFinding())
        super().reject()

    def _show_seeking(self, seeking: bool) -> None:
        self._seeking = seeking
        self.seeker.setText(_("Stop looking") if seeking else _("Find a bridge"))
        self._weigh()

    def _weigh(self) -> None:
        # Nothing means tor's own relays: not what somebody wants who is looking for a bridge.
        self.act.setEnabled(not self._seeking or bool(self.lines.toPlainText().strip()))

    def _sought(self, events: Sequence[BridgesSought]) -> None:
        self._seen += [event.search for event in events]
        self.search.show_lines(search_lines(self._seen))

    def _found(self, count: int) -> None:
        self._show_seeking(False)
        if count:
            self._used(count)

    def _none_found(self, problem: Problem) -> None:
        self._show_seeking(False)
        self._refused(problem)

    def _refused(self, problem: Problem) -> None:
        self.complain(sentence(problem))

    def _used(self, _count: object) -> None:
        self._seeking = False
        self.accept()
        self._done()
