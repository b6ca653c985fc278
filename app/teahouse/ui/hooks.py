"""What a feature may give the window: something under a message, entries for its menu and for the main one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat
from teahouse.domain.commands import Command
from teahouse.domain.message import Message
from teahouse.ui.bridge import Bridge
from teahouse.ui.known import Known
from teahouse.ui.shield import Shield


@dataclass(frozen=True, slots=True)
class Decoration:
    """Draws the note in `slot` of a message below its text; `words` says the same to a screen reader."""

    slot: str
    height: Callable[[Any, int], int]
    paint: Callable[[QPainter, QRect, Any], None]
    words: Callable[[Any], str] = lambda value: ""


@dataclass(frozen=True, slots=True)
class Action:
    """An entry of a message's menu."""

    title: str
    command: Command


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry of the main menu was chosen: before which window, for which identity, and how a chat is shown."""

    window: QWidget
    bridge: Bridge
    known: Known
    account: Account
    show: Callable[[Chat], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the main menu, for the identity in use. `title` gives its words in the language in use."""

    title: Callable[[], str]
    open: Callable[[Place], object]


MenuSource = Callable[[Message], Sequence[Action]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """All that the features gave."""

    decorations: tuple[Decoration, ...] = ()
    menus: tuple[MenuSource, ...] = ()
    shield: Callable[[Bridge], Shield] | None = None
    """Makes what says who can read a chat, where that is not only "the server can"."""
    entries: tuple[Entry, ...] = ()

    def said(self, message: Message) -> str:
        """What is drawn below a message, in words."""
        notes = message.notes
        return ", ".join(filter(None, (one.words(notes[one.slot]) for one in self.decorations if one.slot in notes)))
