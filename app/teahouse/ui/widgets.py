"""Small parts every pane uses: plain labels, chips, cards, lines and buttons."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Dressed(Protocol):
    """A widget that keeps something of the look; told when the look has changed."""

    def dress(self) -> None:
        """Take the look in use."""


class Label(QLabel):
    """Plain text in a size and a tone; keeps them when the look changes."""

    def __init__(
        self, text: str = "", size: float = 14, tone: str = "ink", bold: bool = False, wrap: bool = False
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setProperty("tone", tone)
        self.setWordWrap(wrap)
        self._size, self._weight = size, SEMIBOLD if bold else QFont.Weight.Normal
        self.dress()

    def dress(self) -> None:
        """Take the look in use."""
        self.setFont(theme.font(self._size, self._weight))


class Picture(Label):
    """One icon, or the mark of the program, in a role of the palette."""

    def __init__(self, icon: str, role: str, size: int) -> None:
        self._icon, self._role, self._side = icon, role, size
        super().__init__()
        self.setFixedSize(size, size)

    def show_icon(self, icon: str, role: str) -> None:
        """Show another one."""
        self._icon, self._role = icon, role
        self.dress()

    def dress(self) -> None:
        """Draw it in the look in use."""
        if self._icon == "mark":
            self.setPixmap(icons.mark(self._side, self._role))
        else:
            self.setPixmap(icons.pixmap(self._icon, self._role, self._side))


class Tool(QToolButton):
    """A button that is only an icon; keeps its tint when the look changes."""

    def __init__(self, icon: str, role: str = "ink2", size: int = 18) -> None:
        super().__init__()
        self._icon, self._role, self._side = icon, role, size
        self.dress()

    def dress(self) -> None:
        """Draw it in the look in use."""
        self.setIcon(icons.icon(self._icon, self._role, self._side))
        self.setIconSize(QSize(self._side, self._side))


def plain(text: str = "", size: float = 14, tone: str = "ink", bold: bool = False, wrap: bool = False) -> Label:
    """A label that never reads its text as markup."""
    return Label(text, size, tone, bold, wrap)


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
    result.setAutoDefault(True)
    result.clicked.connect(lambda: pressed())
    return result


def tool(icon: str, name: str, pressed: Callable[[], None]) -> Tool:
    """A button that is only an icon; `name` is its tooltip and its name for screen readers."""
    result = Tool(icon)
    result.setToolTip(name)
    result.setAccessibleName(name)
    result.clicked.connect(lambda: pressed())
    return result


def picture(icon: str, role: str, size: int = 16) -> Picture:
    """A label that shows one icon."""
    return Picture(icon, role, size)


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

    def fold(self, folded: bool) -> None:
        """Show only the icon, or the words too."""
        self._text.setVisible(not folded)

    def show_words(self, icon: str, text: str, tone: str) -> None:
        """Say something else."""
        self._icon.show_icon(icon, tone)
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
                widget.hide()
                widget.deleteLater()
        for icon, role, sentence in lines:
            line = QWidget()
            text = plain(sentence, 13, "ink2", wrap=True)
            layout = QHBoxLayout(line)
            tidy(layout, spacing=8)
            layout.addWidget(picture(icon, role), 0, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(text, 1)
            self.addWidget(line)
