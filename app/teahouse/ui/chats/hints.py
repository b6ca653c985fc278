"""What can be typed into a search besides words: the operators, and what could stand behind each."""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem

from teahouse.domain.chat import ChatKind
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.known import Known

MOST = 6
_LAST = re.compile(r'(?:(from|in|before|after|has)[:：](?:"([^"]*)|([^\s"]*))|([^\s":：]*))$', re.IGNORECASE)
_VALUE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Hint:
    """What would stand in the box, what is shown of it, and what it means."""

    text: str
    shown: str
    meaning: str = ""


def hints(text: str, known: Known) -> list[Hint]:
    """What could be typed at the end of a text."""
    found = _LAST.search(text)
    if found is None:
        return []
    operator, quoted, bare, word = found.groups()
    before = text[: found.start()]
    if operator is None:
        if text and (not word or text.endswith(" ")):
            return []
        starts = [(name, words) for name, words in _operators() if name.startswith(word.lower()) and name != word]
        return [Hint(f"{before}{name}", name, words) for name, words in starts]
    value = (quoted or bare or "").casefold()
    values = _values(operator.lower(), value, known)
    return [
        Hint(f"{before}{operator}:{_quoted(given)} ", shown, words)
        for given, shown, words in values
        if given.casefold() != value
    ][:MOST]


def _operators() -> tuple[tuple[str, str], ...]:
    return (
        ("from:", _("who wrote it")),
        ("in:", _("the room or person")),
        ("after:", _("that day or later, like 2026-01-31")),
        ("before:", _("earlier than that day")),
        ("has:link", _("with a link in it")),
    )


def _values(operator: str, value: str, known: Known) -> Iterable[tuple[str, str, str]]:
    if operator == "from":
        names = dict.fromkeys(name for name in _people(known) if value in name.casefold() and '"' not in name)
        return [(name, isolated(label(name, 40)), "") for name in list(names)[:MOST]]
    if operator == "in":
        return _chats(value, known)
    if operator in ("before", "after"):
        today = datetime.date.today()
        ago = ((0, _("today")), (7, _("a week ago")), (30, _("30 days ago")), (365, _("a year ago")))
        days = [(str(today - datetime.timedelta(days)), words) for days, words in ago]
        return [(day, day, words) for day, words in days if day.startswith(value)]
    return [("link", "has:link", _("with a link in it"))]


def _people(known: Known) -> Iterator[str]:
    for chat in known.chats.values():
        if chat.kind is ChatKind.PERSON:
            yield chat.jid
        else:
            yield from known.occupants.get(chat.id, ())


def _chats(value: str, known: Known) -> list[tuple[str, str, str]]:
    found = []
    for chat in sorted(known.chats.values(), key=lambda chat: -chat.last_time):
        if value in f"{chat.title} {chat.jid}".casefold():
            # People are called by names that only this window knows.
            plain = chat.kind is ChatKind.ROOM and '"' not in chat.title
            found.append((chat.title if plain else chat.jid, isolated(label(chat.title, 40)), label(chat.jid, 40)))
    return found[:MOST]


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


class HintList(QListWidget):
    """Hints below the box; the keyboard stays in the box and moves the row here."""

    taken = Signal(str)
    """What the box is to hold now."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self._known = known
        self.setObjectName("hints")
        self.setAccessibleName(_("What can be typed here"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportMargins(8, 0, 8, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(lambda item: self.taken.emit(item.data(_VALUE)))
        self.hide()

    def offer(self, text: str) -> None:
        """Show what could be typed at the end of this text."""
        self.clear()
        for hint in hints(text, self._known):
            item = QListWidgetItem(f"{hint.shown}   {hint.meaning}".rstrip())
            item.setData(_VALUE, hint.text)
            self.addItem(item)
        self.setFixedHeight(max(1, self.count()) * max(self.sizeHintForRow(0), theme.scaled(26)) + 4)
        self.setVisible(bool(self.count()))

    def step(self, by: int) -> bool:
        """Go to the next or previous hint; False when there is none."""
        at = self.currentRow() + by
        if not self.isVisible() or at < -1 or at >= self.count():
            return False
        self.setCurrentRow(at)
        return True

    def take(self, *, first: bool) -> bool:
        """Take the current hint, or else the first one if that is wanted."""
        item = self.currentItem() or (self.item(0) if first else None)
        if not self.isVisible() or item is None:
            return False
        self.taken.emit(item.data(_VALUE))
        return True
