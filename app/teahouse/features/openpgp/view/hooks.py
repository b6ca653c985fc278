"""What OpenPGP gives the window."""

from collections.abc import Callable
from typing import Any

from teahouse.domain.openpgp import SLOT
from teahouse.features.openpgp.view.marks import Line, height, line_of, paint, scheme_line
from teahouse.features.openpgp.view.shield import OpenPgpShield
from teahouse.ui.hooks import Decoration, Hooks


def openpgp_hooks() -> Hooks:
    """Who can read a chat, and what is said of a message."""
    return Hooks(decorations=(_decoration(SLOT, line_of), _decoration("scheme", scheme_line)), shield=OpenPgpShield)


def _decoration(slot: str, line: Callable[[Any], Line | None]) -> Decoration:
    return Decoration(
        slot,
        lambda value, width: height(line(value)),
        lambda painter, area, value: paint(painter, area, line(value)),
    )
