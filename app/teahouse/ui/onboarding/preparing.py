"""Shown while the practice teahouse is being set up."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from teahouse.domain.events import AccountStored, WentWrong
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.problems import words
from teahouse.ui.widgets import picture, plain, tidy


class Preparing(QWidget):
    """`finished` is emitted when the practice account is there."""

    finished = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.setWindowTitle("Teahouse")
        self.resize(QSize(1280, 800))
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        tidy(layout, (48, 48, 48, 48), 12)
        sign = picture("mark", "jade", 72)
        self._line = plain(_("Setting the table…"), 22, bold=True)
        self._hint = plain(_("A practice server starts on this computer. Nothing leaves it."), 14, "ink2", wrap=True)
        layout.addStretch(1)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignHCenter)
        for part in (self._line, self._hint):
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
