"""What a feature may give the window: something under a message, and entries for its menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from teahouse.domain.commands import Command
from teahouse.domain.message import Message
from teahouse.ui.bridge import Bridge
from teahouse.ui.shield import Shield


@dataclass(frozen=True, slots=True)
class Decoration:
    """Draws the note in `slot` of a message below its text."""

    slot: str
    height: Callable[[Any, int], int]
    paint: Callable[[QPainter, QRect, Any], None]


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of a message's menu."""

    title: str
    command: Command


MenuSource = Callable[[Message], Sequence[Action]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """All that the features gave."""

    decorations: tuple[Decoration, ...] = ()
    menus: tuple[MenuSource, ...] = ()
    shield: Callable[[Bridge], Shield] | None = None
    """Makes what says who can read a chat, where that is not only "the server can"."""
