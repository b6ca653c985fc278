"""What is missing in a conversation: gaps that are shown between its messages, and what is older than all of them."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from teahouse.domain.commands import FetchGap, FetchOlder
from teahouse.domain.events import GapsChanged
from teahouse.domain.history import Gap
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.queries import ListGaps
from teahouse.ui.bridge import Bridge


class Missing(QObject):
    """Knows the gaps of the open chat, and has them and older messages fetched."""

    changed = Signal(tuple)
    """All gaps of the open chat."""
    failed = Signal(object)
    """A gap could not be filled, for this problem."""

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._chat = 0
        self._turn = 0
        self._asking = self._exhausted = False
        self._fetching: set[int] = set()
        bridge.on(GapsChanged, self._told, self)

    def open(self, chat: int) -> None:
        """Another chat is shown; 0 for none."""
        self._chat, self._turn = chat, self._turn + 1
        self._asking = self._exhausted = False
        self._fetching.clear()
        self.changed.emit(())
        if chat:
            self._bridge.ask(ListGaps(chat), partial(self._show, self._turn))

    def older(self) -> None:
        """The reader is at the beginning of what we have: fetch what is older, as long as there is any."""
        if self._chat and not self._asking and not self._exhausted:
            self._asking, turn = True, self._turn
            self._bridge.do(FetchOlder(self._chat), partial(self._came, turn), partial(self._refused, turn))

    def fetch(self, gap: int) -> None:
        """Have a gap filled; a problem is told where problems are."""
        if gap not in self._fetching:
            self._fetching.add(gap)
            self._bridge.do(FetchGap(gap), partial(self._filled, gap), partial(self._failed, gap))

    def _filled(self, gap: int, _: None) -> None:
        self._fetching.discard(gap)

    def _failed(self, gap: int, problem: Problem) -> None:
        self._fetching.discard(gap)
        self.failed.emit(problem)

    def _came(self, turn: int, more: bool | None) -> None:
        if turn == self._turn:
            self._asking, self._exhausted = False, not more

    def _refused(self, turn: int, problem: Problem) -> None:
        # Whatever passes by is tried again when the reader moves.
        self._came(turn, problem.fault not in (Fault.HISTORY_NOWHERE, Fault.HISTORY_GONE, Fault.NOT_ALLOWED))

    def _told(self, events: Sequence[GapsChanged]) -> None:
        for event in events:
            if event.chat == self._chat:
                self.changed.emit(event.gaps)

    def _show(self, turn: int, gaps: tuple[Gap, ...]) -> None:
        if turn == self._turn:
            self.changed.emit(gaps)
