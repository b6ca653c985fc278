"""Colours of names: a hue from the text (XEP-0392), at a lightness that stays readable."""

import hashlib
import math
from functools import lru_cache

_WHITE_U, _WHITE_V = 0.19783000664283, 0.46831999493879


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Relative luminance of a #rrggbb colour."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def angle(text: str) -> float:
    """XEP-0392 section 5.1: the hue angle of a text, in degrees."""
    digest = hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return (digest[0] + 256 * digest[1]) / 65536 * 360


@lru_cache(maxsize=4096)
def hue(text: str, lightness: float, chroma: float = 62.0) -> str:
    """The text's colour with this CIE lightness, as colourful as sRGB and `chroma` allow."""
    turn = math.radians(angle(text))
    low, high = 0.0, chroma
    if _in_gamut(_rgb(lightness, high, turn)):
        low = high
    for _step in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if _in_gamut(_rgb(lightness, middle, turn)) else (low, middle)
    return "#" + "".join(f"{round(255 * min(max(c, 0.0), 1.0)):02x}" for c in _rgb(lightness, low, turn))


def _in_gamut(color: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= c <= 1.0005 for c in color)


def _rgb(lightness: float, chroma: float, turn: float) -> tuple[float, float, float]:
    u = math.cos(turn) * chroma / (13 * lightness) + _WHITE_U
    v = math.sin(turn) * chroma / (13 * lightness) + _WHITE_V
    y = ((lightness + 16) / 116) ** 3
    x = y * 9 * u / (4 * v)
    z = y * (12 - 3 * u - 20 * v) / (4 * v)
    linear = (
        3.240969941904521 * x - 1.537383177570093 * y - 0.498610760293 * z,
        -0.96924363628087 * x + 1.87596750150772 * y + 0.041555057407175 * z,
        0.055630079696993 * x - 0.20397695888897 * y + 1.056971514242878 * z,
    )
    red, green, blue = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
    return red, green, blue
