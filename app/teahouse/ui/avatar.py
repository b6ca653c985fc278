"""Initials avatars: square for rooms, round for people. The shape tells."""

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.text import initials, label
from teahouse.ui import theme
from teahouse.ui.people import Who, person
from teahouse.ui.widgets import SEMIBOLD


def face(who: Who, size: int) -> QPixmap:
    """The round avatar of somebody."""
    return _drawn(initials(label(who.name))[:2], who.seed, size, False, _ratio())


def chat_face(chat: Chat, size: int) -> QPixmap:
    """The avatar of a chat: a room's is square and coloured by its address."""
    if chat.kind is ChatKind.PERSON:
        return face(person(chat), size)
    return _drawn(initials(label(chat.title))[:2], chat.jid, size, True, _ratio())


def _ratio() -> float:
    app = QGuiApplication.instance()
    return app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0


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
