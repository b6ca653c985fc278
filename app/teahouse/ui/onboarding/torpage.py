"""Tor on its way, in words; goes on by itself once it is connected."""

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QProgressBar

from teahouse.domain.commands import StartTor, UseBridges
from teahouse.domain.events import TorChanged
from teahouse.domain.problem import Problem
from teahouse.domain.tor import TorPhase, TorStatus
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.way import Way
from teahouse.ui.problems import words
from teahouse.ui.torwords import step_words
from teahouse.ui.widgets import button, plain, row


class TorPage(Page):
    """Starts tor by the way that was chosen. `bridge` leads to where another bridge is given."""

    def __init__(
        self,
        bridge: Bridge,
        way: Way,
        back: Callable[[], None],
        other_bridge: Callable[[], None],
        done: Callable[[], None],
    ) -> None:
        super().__init__(
            _("Connecting to Tor"), _("This takes half a minute the first time. Nothing goes beside it."), back
        )
        self._bridge, self._done = bridge, done
        self._ended = False
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(_("How far Tor is"))
        self.step = plain(_("Starting Tor…"), 14, "ink", wrap=True)
        self.means = plain("", 13, "ink2", wrap=True)
        for part in (self.progress, self.step, self.means):
            self.body.addWidget(part)
        self.other = button(_("Use another bridge…"), other_bridge)
        self.body.addSpacing(8)
        self.body.addLayout(row(self.other, 0))
        bridge.on(TorChanged, self._changed, self)
        if way.bridges:
            bridge.do(UseBridges(way.bridges), self._start, self._refused)
        else:
            self._start()

    def _start(self, _answer: object = None) -> None:
        self._bridge.do(StartTor(), None, self._refused)

    def _refused(self, problem: Problem) -> None:
        self.step.setText("")
        self.complain(problem)

    def _changed(self, events: Sequence[TorChanged]) -> None:
        self.show_status(events[-1].status)

    def show_status(self, status: TorStatus) -> None:
        """Say how far tor is; a problem stays beside the progress, for tor goes on trying."""
        self.progress.setValue(status.progress)
        self.step.setText(step_words(status))
        self.means.setText(
            ngettext("By {n} bridge.", "By {n} bridges.", status.bridges).format(n=status.bridges)
            if status.bridges
            else _("Without a bridge.")
        )
        if status.problem is not None:
            self.say(" ".join(words(status.problem)))
        else:
            self.hush()
        if status.phase is TorPhase.READY and not self._ended:
            self._ended = True
            self._done()
