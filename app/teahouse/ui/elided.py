"""A label that shortens its text with an ellipsis and says the whole of it in its tooltip."""

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from teahouse.ui.widgets import Label


class Elided(Label):
    """One line as wide as there is room."""

    def __init__(self, size: float = 14, tone: str = "ink", bold: bool = False) -> None:
        self._whole = ""
        super().__init__("", size, tone, bold)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """Wide enough for all of it."""
        wide = self.fontMetrics().horizontalAdvance(self._whole) + 2 if self._whole else 0
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """It may vanish."""
        return QSize(0, super().minimumSizeHint().height())

    def text(self) -> str:
        """The whole of it."""
        return self._whole

    def shown(self) -> str:
        """What fits."""
        return QLabel.text(self)

    def setText(self, text: str) -> None:
        """Take another text."""
        self._whole = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def dress(self) -> None:
        """Another font has another width."""
        super().dress()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        QLabel.setText(self, shown)
        tip(self, self._whole if shown != self._whole else "")


def tip(widget: QWidget, text: str) -> None:
    """A tooltip that never reads its text as markup."""
    widget.setToolTip(tooltip(text))


def tooltip(text: str) -> str:
    """What a tooltip must be given to show just this text."""
    return f"<qt>{html.escape(text)}</qt>" if text else ""
