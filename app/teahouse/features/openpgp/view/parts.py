"""What every page of keys is made of: all digits of a key, the code to be photographed, and words for what it is."""

import segno
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from teahouse.features.openpgp.model import PeerKey, Trust, spaced
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.times import day
from teahouse.ui.widgets import plain

QUIET = 4
"""Modules of white around a code (ISO/IEC 18004)."""


class QrCode(QWidget):
    """A text as a code that a telephone reads; black on white in every look."""

    def __init__(self, text: str, side: int = 148) -> None:
        super().__init__()
        self._rows = tuple(bytes(row) for row in segno.make_qr(text, error="m").matrix)
        self._side = side
        self.setAccessibleName(_("The same digits as a code to be photographed"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Always square, and a whole number of pixels for each module."""
        modules = len(self._rows) + 2 * QUIET
        side = max(2, round(self._side / modules)) * modules
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.paint("line")))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        unit = self.width() // (len(self._rows) + 2 * QUIET)
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect((x + QUIET) * unit, (y + QUIET) * unit, unit, unit, Qt.GlobalColor.black)


def digits(fingerprint: str) -> QLabel:
    """All digits of a key in groups, on two lines, to be compared and copied."""
    shown = spaced(fingerprint)
    made = plain(f"{shown[:24]}\n{shown[25:]}", 13, "ink")
    made.setFont(theme.font(13, mono=True))
    made.setAccessibleName(shown)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def standing(key: PeerKey) -> tuple[str, str]:
    """What the user thinks of a key, in words and a tone."""
    if not key.announced:
        return _("not used any more"), "ink3"
    return {
        Trust.VERIFIED: (_("compared by you"), "jade"),
        Trust.FIRST_USE: (_("taken as it came"), "ink2"),
        Trust.UNDECIDED: (_("new: decide about it"), "amber"),
        Trust.DISTRUSTED: (_("not trusted"), "rust"),
    }[key.trust]


def since(key: PeerKey) -> str:
    """From when on it is known."""
    return _("Known since {day}").format(day=day(key.since))
