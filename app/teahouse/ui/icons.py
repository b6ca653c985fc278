"""Line icons on a 24 grid with a 2 px stroke, tinted by a role of the palette."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from teahouse.ui import theme

MARK = Path(__file__).resolve().parents[3] / "resources" / "mark.svg"
PATHS = {
    "search": "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16.2 16.2L21 21",
    "send": "M4 12L20 4L14 20L11 13Z",
    "people": "M9 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M2 20c0-4 3-6 7-6s7 2 7 6"
    "M16 4.5a4 4 0 0 1 0 7M18 14.5c2.5 .8 4 2.6 4 5.5",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "eye": "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7M12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5",
    "shield": "M12 3l8 3v6c0 5-3.5 7.5-8 9c-4.5-1.5-8-4-8-9V6z",
    "book": "M5 4h13v16H5zM5 16h13M9 8h5",
    "plus": "M12 5v14M5 12h14",
    "gear": "M12 8.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7M12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3"
    "M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M18.7 5.3l-2.1 2.1M7.4 16.6l-2.1 2.1",
    "x": "M6 6l12 12M18 6L6 18",
    "chevron": "M9 5l7 7l-7 7",
    "back": "M15 5l-7 7l7 7",
    "key": "M8 11a5 5 0 1 0 0 10a5 5 0 0 0 0-10M11.5 12.5L20 4M16 8l3 3",
    "onion": "M12 3c1 3 7 5 7 11a7 7 0 0 1-14 0c0-6 6-8 7-11M12 9c.5 2 3 3 3 6a3 3 0 0 1-6 0c0-3 2.5-4 3-6",
    "cup": "M4 9h13v4a6.5 6.5 0 0 1-13 0zM17 10h1.5a2.5 2.5 0 0 1 0 5H16.5M8 6c-1-1.5 1-2 0-3.5M13 6c-1-1.5 1-2 0-3.5",
    "at": "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M16 8v5.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7",
    "arrow-down": "M12 4v16M5 13l7 7l7-7",
    "hash": "M9 4L7 20M17 4l-2 16M4 9h17M3 15h17",
    "door": "M14 4H5v16h9M10 12h11M17 8l4 4l-4 4",
    "pencil": "M4 20l1-4L16 5l3 3L8 19z",
    "check": "M4 12.5l5 5L20 6.5",
    "checks": "M1.5 12.5l5 5L17 6.5M11.5 17.5L22.5 6.5",
    "clock": "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 7v5l3.5 2",
    "alert": "M12 3.5L22 20.5H2zM12 10v5M12 18v.01",
    "route": "M6 16a3 3 0 1 0 0 5a3 3 0 0 0 0-5M18 3a3 3 0 1 0 0 5a3 3 0 0 0 0-5M8.5 17.5C16 16 8 9 15.5 7",
    "panel": "M4 5h16v14H4zM15 5v14",
    "copy": "M9 9h11v11H9zM15 9V4H4v11h5",
    "menu": "M4 7h16M4 12h16M4 17h16",
}  # fmt: skip
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}" fill="none" stroke="{color}" '
    'stroke-width="{stroke}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


def icon(name: str, role: str = "ink2", size: int = 18) -> QIcon:
    """An icon in a role's colour."""
    return QIcon(pixmap(name, role, size))


def pixmap(name: str, role: str = "ink2", size: int = 18) -> QPixmap:
    """A picture of an icon in a role's colour."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    return _drawn(name, theme.paint(role).name(), size, ratio)


def mark(size: int, role: str = "") -> QPixmap:
    """The teacup that is a speech bubble, in its own jade or in a role's colour."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    text = MARK.read_text(encoding="utf-8")
    if role:
        text = text.replace("#2B6A4D", theme.paint(role).name())
    return _rendered(text, size, ratio)


@lru_cache(maxsize=512)
def _drawn(name: str, color: str, size: int, ratio: float) -> QPixmap:
    return _rendered(_SVG.format(path=PATHS[name], color=color, stroke=2 if size > 16 else 2.2), size, ratio)


def _rendered(svg: str, size: int, ratio: float) -> QPixmap:
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return result
