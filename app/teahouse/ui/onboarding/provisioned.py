"""The first minute of a profile whose accounts come from a file: only how it is protected is asked."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from teahouse.domain.events import AccountStored, WentWrong
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.protect import ProtectPage
from teahouse.ui.widgets import tidy


class Provisioned(QWidget):
    """`finished` is emitted when the first account of the file is there."""

    finished = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setWindowTitle("Teahouse")
        self.resize(QSize(1280, 800))
        self._page = ProtectPage(bridge, None, lambda: self._page.busy(True))
        layout = QVBoxLayout(self)
        tidy(layout)
        layout.addWidget(self._page)
        bridge.on(AccountStored, self._ready, self)
        bridge.on(WentWrong, self._failed, self)

    def _ready(self, events: Sequence[AccountStored]) -> None:
        self.finished.emit()

    def _failed(self, events: Sequence[WentWrong]) -> None:
        self._page.complain(events[-1].problem)
