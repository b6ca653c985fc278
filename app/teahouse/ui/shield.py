"""Who can read what is written in a chat, in words: in the header, above the box, in the details.

Without a feature that encrypts, the server can read it, and so it is said. Such a feature puts its own in this place.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from teahouse.domain.chat import Chat, ChatKind
from teahouse.i18n import _


@dataclass(frozen=True, slots=True)
class Words:
    """An icon and its tone; `short` for the header, `whole` above the box, `told` for whoever wants to know more."""

    icon: str
    tone: str
    short: str
    whole: str
    told: str


@dataclass(frozen=True, slots=True)
class Act:
    """A button: its words, and what it does with a widget to stand before."""

    verb: str
    do: Callable[[QWidget], None]


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands above the box until the user has answered."""

    icon: str
    tone: str
    title: str
    advice: str
    acts: tuple[Act, ...]


class Shield(QObject):
    """Nothing is encrypted."""

    changed = Signal(int)
    """What is said of a chat is something else now."""

    def attend(self, chat: Chat) -> None:
        """A chat is open."""

    def words(self, chat: Chat) -> Words:
        """Who can read what is written there."""
        return Words(
            "lock",
            "amber",
            _("Not encrypted"),
            _("Not encrypted: the server can read this"),
            _("Messages here are protected on their way to the server, but the server can read them."),
        )

    def fact(self, chat: Chat) -> tuple[str, str, str]:
        """The same as a line of the details."""
        if chat.kind is ChatKind.PERSON:
            return ("lock", "amber", _("Not encrypted: your servers can read this."))
        return ("lock", "amber", _("Not encrypted: the server can read this."))

    def acts(self, chat: Chat) -> tuple[Act, ...]:
        """What can be done about it."""
        return ()

    def bar(self, chat: Chat) -> Bar | None:
        """What the user has to answer before anything goes on."""
        return None
