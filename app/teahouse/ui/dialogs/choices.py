"""Settings as lines: what is chosen in words, and a box with what may be."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout

from teahouse.domain.settings import Setting
from teahouse.i18n import _
from teahouse.ui.widgets import column, plain


class Choices(QGridLayout):
    """One line for each setting. `value` tells what is chosen, `choose` takes another value."""

    def __init__(self, value: Callable[[Setting], str], choose: Callable[[Setting, str], None]) -> None:
        super().__init__()
        self._value, self._choose = value, choose
        self.boxes: dict[str, QComboBox] = {}
        self.setHorizontalSpacing(24)
        self.setVerticalSpacing(16)
        self.setColumnStretch(0, 1)

    def add(self, setting: Setting) -> QComboBox:
        """One line more."""
        at = len(self.boxes)
        words = column(plain(_(setting.label), 14), plain(_(setting.help), 12, "ink2", wrap=True), spacing=2)
        box = self.boxes[setting.key] = QComboBox()
        box.setObjectName(setting.key)
        box.setAccessibleName(_(setting.label))
        box.setAccessibleDescription(_(setting.help))
        box.view().setAccessibleName(_(setting.label))
        box.setMinimumWidth(180)
        for value, said in setting.allowed:
            box.addItem(_(said), value)
        box.setCurrentIndex(box.findData(self._value(setting)))
        box.activated.connect(partial(self._chosen, setting))
        self.addLayout(words, at, 0)
        self.addWidget(box, at, 1, Qt.AlignmentFlag.AlignVCenter)
        return box

    def show_value(self, setting: Setting, value: str) -> None:
        """Show another value as chosen; nothing for one that is not allowed."""
        self.boxes[setting.key].setCurrentIndex(self.boxes[setting.key].findData(value))

    def _chosen(self, setting: Setting, at: int) -> None:
        self._choose(setting, str(self.boxes[setting.key].itemData(at)))
