"""Shown while the practice teahouse is being set up."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from teahouse.domain.events import AccountStored, WentWrong
from teahouse.i18n import _
from teahouse.ui import icons
from teahouse.ui.bridge import Bridge
from teahouse.ui.problems import words
from teahouse.ui.widgets import plain, tidy


class Preparing(QWidget):
    """`finished` is emitted when the practice account is there."""

    finished = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setWindowTitle("Teahouse")
        self.resize(QSize(1280, 800))
        layout = QVBoxLayout(self)
        tidy(layout, (48, 48, 48, 48), 12)
        sign = plain()
        sign.setPixmap(icons.mark(72))
        self._line = plain(_("Setting the table…"), 22, bold=True)
        self._hint = plain(_("A practice server starts on this computer. Nothing leaves it."), 14, "ink2", wrap=True)
        layout.addStretch(1)
        for part in (sign, self._line, self._hint):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(part)
        layout.addStretch(1)
        bridge.on(AccountStored, self._ready, self)
        bridge.on(WentWrong, self._failed, self)

    def _ready(self, events: Sequence[AccountStored]) -> None:
        self.finished.emit()

    def _failed(self, events: Sequence[WentWrong]) -> None:
        title, advice = words(events[-1].problem)
        self._line.setText(title)
        self._hint.setText(advice)
