"""What OpenPGP gives the window."""

from collections.abc import Callable
from typing import Any

from teahouse.domain.openpgp import SLOT
from teahouse.features.openpgp.view.group import NewGroupSheet
from teahouse.features.openpgp.view.marks import Line, height, line_of, paint, scheme_line
from teahouse.features.openpgp.view.own import OwnKeysSheet
from teahouse.features.openpgp.view.shield import OpenPgpShield
from teahouse.i18n import _
from teahouse.ui.hooks import Decoration, Entry, Hooks, Place


def openpgp_hooks() -> Hooks:
    """Who can read a chat, what is said of a message, our own keys, and new groups."""
    decorations = (_decoration(SLOT, line_of), _decoration("scheme", scheme_line))
    entries = (
        Entry(lambda: _("New secret group…"), lambda place: NewGroupSheet(place).open()),
        Entry(lambda: _("OpenPGP keys…"), _own_keys),
    )
    return Hooks(decorations=decorations, shield=OpenPgpShield, entries=entries)


def _own_keys(place: Place) -> None:
    OwnKeysSheet(place.window, place.bridge, place.account).open()


def _decoration(slot: str, line: Callable[[Any], Line | None]) -> Decoration:
    return Decoration(
        slot,
        lambda value, width: height(line(value)),
        lambda painter, area, value: paint(painter, area, line(value)),
        lambda value: (line(value) or ("", "", ""))[2],
    )
