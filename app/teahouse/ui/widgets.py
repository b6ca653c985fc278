"""Small parts every pane uses: plain labels, chips, cards, lines and buttons."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from teahouse.ui import icons, theme

SEMIBOLD = QFont.Weight.DemiBold


def plain(text: str = "", size: float = 14, tone: str = "ink", bold: bool = False, wrap: bool = False) -> QLabel:
    """A label that never reads its text as markup."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setFont(theme.font(size, SEMIBOLD if bold else QFont.Weight.Normal))
    label.setProperty("tone", tone)
    label.setWordWrap(wrap)
    return label


def set_tone(widget: QWidget, tone: str, name: str = "tone") -> None:
    """Change a style property and let the style sheet see it."""
    if widget.property(name) != tone:
        widget.setProperty(name, tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def tidy(layout: QBoxLayout, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = 0) -> None:
    """Margins (left, top, right, bottom) and spacing in one go."""
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)


def row(*parts: QWidget | int, spacing: int = 8) -> QHBoxLayout:
    """Widgets side by side; 0 stands for a stretch, another number for a gap."""
    layout = QHBoxLayout()
    tidy(layout, spacing=spacing)
    _fill(layout, parts)
    return layout


def column(*parts: QWidget | int, spacing: int = 8) -> QVBoxLayout:
    """Widgets below each other; 0 stands for a stretch, another number for a gap."""
    layout = QVBoxLayout()
    tidy(layout, spacing=spacing)
    _fill(layout, parts)
    return layout


def _fill(layout: QBoxLayout, parts: tuple[QWidget | int, ...]) -> None:
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        elif part:
            layout.addSpacing(part)
        else:
            layout.addStretch(1)


def button(text: str, pressed: Callable[[], None], kind: str = "") -> QPushButton:
    """A push button; `kind` may be 'primary' or 'danger'."""
    result = QPushButton(text)
    result.setProperty("kind", kind)
    result.setAutoDefault(kind == "primary")
    result.clicked.connect(lambda: pressed())
    return result


def tool(icon: str, name: str, pressed: Callable[[], None]) -> QToolButton:
    """A button that is only an icon; `name` is its tooltip and its name for screen readers."""
    result = QToolButton()
    result.setIcon(icons.icon(icon, "ink2"))
    result.setIconSize(QSize(18, 18))
    result.setToolTip(name)
    result.setAccessibleName(name)
    result.clicked.connect(lambda: pressed())
    return result


def picture(icon: str, role: str, size: int = 16) -> QLabel:
    """A label that shows one icon."""
    label = plain()
    label.setPixmap(icons.pixmap(icon, role, size))
    label.setFixedSize(size, size)
    return label


def frame(name: str) -> QFrame:
    """A frame that the style sheet knows by name."""
    result = QFrame()
    result.setObjectName(name)
    return result


class Chip(QFrame):
    """A few words with an icon on a coloured ground."""

    def __init__(self, icon: str, text: str, tone: str) -> None:
        super().__init__()
        self.setObjectName("chip")
        self._icon, self._text = picture(icon, tone, 14), plain(text, 12, tone)
        layout = QHBoxLayout(self)
        tidy(layout, (8, 3, 8, 3), 6)
        layout.addWidget(self._icon)
        layout.addWidget(self._text)
        self.setProperty("tone", tone)

    def show_words(self, icon: str, text: str, tone: str) -> None:
        """Say something else."""
        self._icon.setPixmap(icons.pixmap(icon, tone, 14))
        self._text.setText(text)
        set_tone(self._text, tone)
        set_tone(self, tone)


class Facts(QVBoxLayout):
    """Lines of an icon and a sentence: who can see what."""

    def __init__(self) -> None:
        super().__init__()
        tidy(self, spacing=6)

    def show_lines(self, lines: list[tuple[str, str, str]]) -> None:
        """Show these (icon, role, sentence) lines in place of what was there."""
        while (item := self.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        for icon, role, sentence in lines:
            line = QWidget()
            text = plain(sentence, 13, "ink2", wrap=True)
            layout = QHBoxLayout(line)
            tidy(layout, spacing=8)
            layout.addWidget(picture(icon, role), 0, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(text, 1)
            self.addWidget(line)
