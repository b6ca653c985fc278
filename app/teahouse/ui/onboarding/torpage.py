"""Tor on its way, in words; goes on by itself once it is connected."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QProgressBar

from teahouse.domain.commands import FindBridges, StartTor, StopFinding, UseBridges
from teahouse.domain.events import BridgesSought, TorChanged
from teahouse.domain.problem import Problem
from teahouse.domain.tor import BridgeSearch, SearchStep, TorPhase, TorStatus
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.torsource import TorSourceSheet
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.way import Way
from teahouse.ui.problems import words
from teahouse.ui.torwords import search_lines, step_words
from teahouse.ui.widgets import Facts, button, plain, row


class TorPage(Page):
    """Starts tor by the way that was chosen, or looks for bridges until it is reached by some. `other_bridge` leads to
    where another bridge is given; a search goes on meanwhile."""

    def __init__(
        self,
        bridge: Bridge,
        way: Way,
        back: Callable[[], None],
        other_bridge: Callable[[], None],
        done: Callable[[], None],
    ) -> None:
        if way.find:
            title, hint = _("Finding a bridge"), _("This may take minutes. Tor is not reached without one.")
        else:
            title, hint = _("Connecting to Tor"), _("This takes half a minute the first time. Nothing goes beside it.")
        super().__init__(title, hint, self._leave)
        self._bridge, self._way, self._done, self._to_last = bridge, way, done, back
        self._ended = False
        self._seen: list[BridgeSearch] = []
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(_("How far Tor is"))
        self.step = plain(_("Starting Tor…"), 14, "ink", wrap=True)
        self.means = plain("", 13, "ink2", wrap=True)
        for part in (self.progress, self.step, self.means):
            self.body.addWidget(part)
        self.means.setVisible(not way.find)
        self.search = Facts()
        self.body.addLayout(self.search)
        self.other = button(_("I was given a bridge…") if way.find else _("Use another bridge…"), other_bridge)
        self.again = button(_("Look again"), self._find)
        self.again.hide()
        self.body.addSpacing(8)
        self.source = button(_("Which Tor…"), self._choose)
        self.source.setVisible(not way.find)
        self.body.addLayout(row(self.other, self.source, self.again, 0))
        bridge.on(TorChanged, self._changed, self)
        if way.find:
            bridge.on(BridgesSought, self._sought, self)
            self._find()
        elif way.bridges:
            bridge.do(UseBridges(way.bridges), self._start, self._refused)
        else:
            self._start()

    def _start(self, _answer: object = None) -> None:
        self._bridge.do(StartTor(without_bridge=not self._way.bridges), None, self._refused)

    def _refused(self, problem: Problem) -> None:
        self.step.setText("")
        self.again.setVisible(self._way.find)
        self.complain(problem)

    def _choose(self) -> None:
        TorSourceSheet(self, self._bridge).open()

    def _leave(self) -> None:
        if self._way.find:
            self._bridge.do(StopFinding())
        self._to_last()

    # -- the search ------------------------------------------------------------

    def _find(self) -> None:
        self._seen.clear()
        self.again.hide()
        self.hush()
        self.step.setText("")
        self._bridge.do(FindBridges(), self._found, self._refused)

    def _found(self, count: int) -> None:
        if count:
            self._end()

    def _sought(self, events: Sequence[BridgesSought]) -> None:
        self._seen += [event.search for event in events]
        if self._seen[-1].step is SearchStep.ASKING:
            self.progress.setValue(0)
            self.step.setText("")
        self.search.show_lines(search_lines(self._seen))

    # -- tor -------------------------------------------------------------------

    def _changed(self, events: Sequence[TorChanged]) -> None:
        self.show_status(events[-1].status)

    def show_status(self, status: TorStatus) -> None:
        """Say how far tor is; a problem stays beside the progress, for tor goes on trying. A search says its own."""
        if self._way.find and (not self._seen or self._seen[-1].step is not SearchStep.TRYING):
            return
        self.progress.setValue(status.progress)
        self.step.setText(step_words(status))
        if self._way.find:
            return
        self.means.setText(
            ngettext("By {n} bridge.", "By {n} bridges.", status.bridges).format(n=status.bridges)
            if status.bridges
            else _("Without a bridge.")
        )
        if status.problem is not None:
            self.say(" ".join(words(status.problem)))
        else:
            self.hush()
        if status.phase is TorPhase.READY:
            self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._done()
