"""The look as tokens: palettes, fonts and colours of names. The style sheet made of them is in style.py."""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from teahouse.ui.hues import contrast, hue

__all__ = ["DARK", "LIGHT", "Palette", "contrast", "current", "font", "name_color", "paint", "turn", "use"]


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme's colours by role; amber means look here, rust danger or new, jade safe and ours."""

    name: str
    paper: str
    surface: str
    sunken: str
    line: str
    ink: str
    ink2: str
    ink3: str
    selection: str
    hover: str
    jade: str
    jade_ground: str
    amber: str
    amber_ground: str
    rust: str
    rust_ground: str
    own: str
    on_jade: str
    name_lightness: float


LIGHT = Palette(
    "light", "#FAF8F3", "#FFFFFF", "#F2EFE7", "#E5E0D4", "#1D2420", "#55605A", "#5F6962", "#E4F0E9", "#F6F4EE",
    "#2B6A4D", "#E4F0E9", "#8A5A00", "#FBF0D9", "#A8402A", "#FAE6E0", "#F0F6F2", "#FFFFFF", 42.0,
)  # fmt: skip
DARK = Palette(
    "dark", "#161A18", "#1D2220", "#141816", "#2E3632", "#E6EBE7", "#A6B0AA", "#98A29B", "#22382E", "#232926",
    "#79C6A0", "#22382E", "#E3B566", "#3A2F1C", "#EE9079", "#3B241E", "#202A25", "#141816", 72.0,
)  # fmt: skip
AVATAR_LIGHTNESS = 42.0
BASE = 14
_GENERIC = {"", "Sans Serif", "Sans", "DejaVu Sans", "sans-serif"}
_PREFERRED = ("Inter", "Noto Sans", "Cantarell", "Ubuntu")
_FALLBACK = ("Noto Sans CJK SC", "Noto Color Emoji")


class _State:
    """What this process shows now; only the GUI thread touches it."""

    palette = LIGHT
    scale = 1.0
    compact = False
    turn = 0
    families: tuple[str, ...] = ()


def current() -> Palette:
    """The palette in use."""
    return _State.palette


def paint(role: str) -> QColor:
    """The colour of a role in the palette in use."""
    return QColor(str(getattr(_State.palette, role)))


def turn() -> int:
    """A number that changes with every change of the look, for whoever keeps something drawn."""
    return _State.turn


def compact() -> bool:
    """Whether lists stand close."""
    return _State.compact


def scaled(pixels: float) -> int:
    """A length of text at the font scale."""
    return round(pixels * _State.scale)


def use(name: str, scale: float = 1.0, compact: bool = False) -> None:
    """Take a palette ('light' or 'dark'), a font scale and a density for the whole application."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a QApplication comes first")
    _State.palette, _State.scale = (DARK if name == "dark" else LIGHT), scale
    _State.compact, _State.turn = compact, _State.turn + 1
    _State.families = _families()
    app.setFont(font())
    app.setPalette(_qt_palette(_State.palette))


def font(size: float = BASE, weight: QFont.Weight = QFont.Weight.Normal, mono: bool = False) -> QFont:
    """A font of this size in unscaled pixels, with CJK and emoji behind it."""
    if mono:
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        result = QFont(["Noto Sans Mono", "DejaVu Sans Mono", fixed, *_FALLBACK])
    else:
        result = QFont(list(_State.families or _families()))
    result.setPixelSize(max(8, scaled(size)))
    result.setWeight(weight)
    return result


def name_color(name: str) -> str:
    """The colour of a nick as text on any ground of a conversation."""
    return hue(name, _State.palette.name_lightness)


def avatar_color(name: str) -> str:
    """The colour of an initials avatar; white is readable on it."""
    return hue(name, AVATAR_LIGHTNESS)


def _families() -> tuple[str, ...]:
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    if system in _GENERIC:
        known = set(QFontDatabase.families())
        system = next((name for name in _PREFERRED if name in known), system or "sans-serif")
    return (system, *_FALLBACK)


def _qt_palette(look: Palette) -> QPalette:
    result = QPalette()
    for role, color in (
        (QPalette.ColorRole.Window, look.paper),
        (QPalette.ColorRole.Base, look.surface),
        (QPalette.ColorRole.AlternateBase, look.sunken),
        (QPalette.ColorRole.Button, look.surface),
        (QPalette.ColorRole.WindowText, look.ink),
        (QPalette.ColorRole.Text, look.ink),
        (QPalette.ColorRole.ButtonText, look.ink),
        (QPalette.ColorRole.PlaceholderText, look.ink3),
        (QPalette.ColorRole.Highlight, look.jade),
        (QPalette.ColorRole.HighlightedText, look.on_jade),
        (QPalette.ColorRole.ToolTipBase, look.surface),
        (QPalette.ColorRole.ToolTipText, look.ink),
        (QPalette.ColorRole.Link, look.jade),
    ):
        result.setColor(role, QColor(color))
    return result
