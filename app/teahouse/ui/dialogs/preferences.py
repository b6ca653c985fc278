"""The preferences, made from the settings as they are declared."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from teahouse.domain.settings import SETTINGS, Setting
from teahouse.i18n import _
from teahouse.ui.dialogs.carry import BackupSheet, ExportSheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.keeping import ask_clear
from teahouse.ui.preferences import Preferences
from teahouse.ui.widgets import button, column, plain, row


class PreferencesSheet(Sheet):
    """One line for each setting; a choice is worn at once."""

    def __init__(self, parent: QWidget | None, preferences: Preferences) -> None:
        super().__init__(parent, _("Preferences"), width=520)
        self._preferences, bridge = preferences, preferences.bridge
        self.boxes: dict[str, QComboBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(16)
        grid.setColumnStretch(0, 1)
        for at, setting in enumerate(SETTINGS):
            words = column(plain(_(setting.label), 14), plain(_(setting.help), 12, "ink2", wrap=True), spacing=2)
            grid.addLayout(words, at, 0)
            grid.addWidget(self._box(setting), at, 1, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(grid)
        self.body.addSpacing(4)
        self.body.addWidget(plain(_("What is kept on this computer"), 13, "ink2", bold=True))
        self.delete = button(_("Delete all history…"), lambda: self._delete(), "danger")
        self.export = button(_("Export…"), lambda: ExportSheet(self, bridge, None).open())
        self.backup = button(_("Back up…"), lambda: BackupSheet(self, bridge).open())
        self.body.addLayout(row(self.backup, self.export, self.delete, 0))
        self.body.addSpacing(8)
        self.finish(_("Close"), self.accept)
        self.away.hide()

    def _box(self, setting: Setting) -> QComboBox:
        box = self.boxes[setting.key] = QComboBox()
        box.setObjectName(setting.key)
        box.setAccessibleName(_(setting.label))
        box.setAccessibleDescription(_(setting.help))
        box.view().setAccessibleName(_(setting.label))
        box.setMinimumWidth(180)
        for value, words in setting.allowed:
            box.addItem(_(words), value)
        box.setCurrentIndex(box.findData(self._preferences.value(setting)))
        box.activated.connect(partial(self._chosen, setting))
        return box

    def _delete(self) -> None:
        ask_clear(self, self._preferences.bridge, None)

    def _chosen(self, setting: Setting, at: int) -> None:
        self._preferences.choose(setting, str(self.boxes[setting.key].itemData(at)))
