"""Colours stay readable, words stay complete."""

import dataclasses

import pytest
from PySide6.QtWidgets import QApplication

from teahouse.domain.problem import Fault, Problem
from teahouse.ui import icons, style, theme
from teahouse.ui.hues import angle, contrast, hue
from teahouse.ui.problems import words
from teahouse.ui.shortcuts import table
from teahouse.ui.widgets import plain

GROUNDS = ("paper", "surface", "sunken", "selection", "hover", "own", "amber_ground")
PAIRS = [
    *((text, ground) for text in ("ink", "ink2", "ink3") for ground in GROUNDS),
    *(("jade", ground) for ground in ("paper", "surface", "own", "selection", "jade_ground", "amber_ground", "sunken")),
    *(("amber", ground) for ground in ("paper", "surface", "amber_ground", "own", "sunken")),
    *(("rust", ground) for ground in ("paper", "surface", "rust_ground", "own", "sunken")),
    ("ink", "rust_ground"),
    ("on_jade", "jade"),
    ("on_jade", "ink3"),
]


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_keeps_its_contrast(look: theme.Palette, text: str, ground: str) -> None:
    assert contrast(getattr(look, text), getattr(look, ground)) >= 4.5


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_names_keep_their_contrast(look: theme.Palette) -> None:
    for number in range(400):
        color = hue(f"nick{number}", look.name_lightness)
        for ground in ("surface", "own", "amber_ground", "selection"):
            assert contrast(color, getattr(look, ground)) >= 4.5, (number, ground)
        assert contrast("#FFFFFF", hue(f"nick{number}", theme.AVATAR_LIGHTNESS)) >= 4.5


def test_hue_angles_of_the_standard() -> None:
    """XEP-0392 section 13.2, test vectors."""
    assert angle("Romeo") == pytest.approx(327.255249, abs=1e-4)
    assert angle("juliet@capulet.lit") == pytest.approx(209.410400, abs=1e-4)
    assert angle("council") == pytest.approx(359.994507, abs=1e-4)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_has_words(fault: Fault) -> None:
    happened, advice = words(Problem(fault, "room\n\u202e<b>", "because"))
    assert happened.strip() and advice.strip()
    assert "{" not in happened + advice and "\u202e" not in happened and "\n" not in happened
    assert "because" in advice


def test_style_sheet_and_icons_are_whole(qapp: QApplication) -> None:
    for look in (theme.LIGHT, theme.DARK):
        assert "%(" not in style.sheet(look) and look.jade in style.sheet(look)
    for name in icons.PATHS:
        assert not icons.pixmap(name, "ink", 18).isNull()
    assert not icons.mark(32, "jade").isNull()


def test_keys_are_unique() -> None:
    keys = [key for entry in table() for key in entry.keys]
    assert len(keys) == len(set(keys))
    assert all(entry.label for entry in table())


def test_labels_never_read_markup(qapp: QApplication) -> None:
    assert plain("<b>x</b>").text() == "<b>x</b>"
    assert plain("x").textFormat() == plain("x").textFormat().PlainText


def test_palettes_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        theme.LIGHT.ink = "#000000"  # type: ignore[misc]
