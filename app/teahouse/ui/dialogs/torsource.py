"""Whose tor is used: our own, this computer's, or Tor Browser's. One that others run is proven to be Tor before use."""

from collections.abc import Mapping

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from teahouse.domain.commands import StartTor
from teahouse.domain.problem import Problem
from teahouse.domain.queries import ReadPreferences
from teahouse.domain.settings import TOR_SOURCE
from teahouse.domain.tor import TorSource
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import plain


class TorSourceSheet(Sheet):
    """One choice for all identities of the profile."""

    def __init__(self, parent: QWidget | None, bridge: Bridge) -> None:
        told = _("All identities of this profile go through it, each by circuits of its own.")
        super().__init__(parent, _("Which Tor to use"), told, 480)
        self._bridge = bridge
        self._group = QButtonGroup(self)
        self._sources: list[TorSource] = []
        self._offer(TorSource.OWN, _("Teahouse's own"), _("Starts and ends with Teahouse. Bridges are set here."))
        system = _("Runs as a service, at port 9050. Bridges are set in its own configuration.")
        self._offer(TorSource.SYSTEM, _("The Tor of this computer"), system)
        browser = _("As long as Tor Browser is open, at port 9150. It keeps its bridges.")
        self._offer(TorSource.BROWSER, _("Tor Browser's"), browser)
        self._group.button(0).setChecked(True)
        self.finish(_("Use this one"), self.use)
        bridge.ask(ReadPreferences(), self._kept)

    def _offer(self, source: TorSource, title: str, hint: str) -> None:
        radio = QRadioButton(title)
        radio.setAccessibleDescription(hint)
        self._group.addButton(radio, len(self._sources))
        self._sources.append(source)
        words = plain(hint, 12.5, "ink2", wrap=True)
        words.setContentsMargins(27, 0, 0, 4)
        self.body.addWidget(radio)
        self.body.addWidget(words)

    def _kept(self, values: Mapping[str, str]) -> None:
        kept = values.get(TOR_SOURCE, TorSource.OWN.value)
        for at, source in enumerate(self._sources):
            if source.value == kept:
                self._group.button(at).setChecked(True)
                self._group.button(at).setFocus()

    @property
    def chosen(self) -> TorSource:
        """What is chosen now."""
        return self._sources[self._group.checkedId()]

    def use(self) -> None:
        """Have tor started, or the one that runs used."""
        self._bridge.do(StartTor(self.chosen), self._used, self._refused)

    def _used(self, _answer: object) -> None:
        self.accept()

    def _refused(self, problem: Problem) -> None:
        self.complain(sentence(problem))
