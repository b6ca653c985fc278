"""Initials avatars: square for rooms, round for people. The shape tells."""

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap

from teahouse.domain.text import initials, label
from teahouse.ui import theme
from teahouse.ui.widgets import SEMIBOLD


def avatar(name: str, size: int, square: bool = False, seed: str = "") -> QPixmap:
    """The avatar of a name; `seed` (an address) decides the colour, else the name does."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    return _drawn(initials(label(name))[:2], seed or name, size, square, ratio)


@lru_cache(maxsize=2000)
def _drawn(letters: str, seed: str, size: int, square: bool, ratio: float) -> QPixmap:
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.avatar_color(seed)))
    area = QRectF(0, 0, size, size)
    radius = size * 10 / 36 if square else size / 2
    painter.drawRoundedRect(area, radius, radius)
    painter.setPen(QColor("#FFFFFF"))
    font = theme.font(BASE_LETTER * size / 36, SEMIBOLD)
    font.setPixelSize(max(8, round(BASE_LETTER * size / 36)))
    painter.setFont(font)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), letters)
    painter.end()
    return result


BASE_LETTER = 14
