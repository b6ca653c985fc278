"""The chat list: rooms, then people, pinned first and last spoken next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.text import isolated, label
from teahouse.i18n import _, ngettext
from teahouse.ui.roomwords import briefly

CHAT = Qt.ItemDataRole.UserRole + 1
MANY = 100
"""From so many people on, a room says how many there are."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Section:
    """A heading between the chats."""

    title: str


class ChatsModel(QAbstractListModel):
    """Rows are sections and chats; one role, CHAT, carries the frozen value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chats: dict[int, Chat] = {}
        self._rows: list[Chat | Section] = []
        self._words: list[str] = []
        self._account = 0

    def rowCount(self, parent: Index | None = None) -> int:
        """How many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row's value, or its words for a screen reader."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == CHAT:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title if isinstance(row, Section) else label(row.title)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.title if isinstance(row, Section) else spoken(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if 0 <= index.row() < len(self._rows) and isinstance(self._rows[index.row()], Section):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def put(self, chats: Iterable[Chat]) -> None:
        """Add chats or take over their changes."""
        fresh = {c.id: c for c in chats}
        self._chats |= fresh
        rows = self._arranged()
        if [_key(r) for r in rows] != [_key(r) for r in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self._rows = rows
        for at, row in enumerate(rows):
            if isinstance(row, Chat) and row.id in fresh:
                self.dataChanged.emit(self.index(at), self.index(at))

    def remove(self, chat: int) -> None:
        """Take a chat out of the list."""
        if self._chats.pop(chat, None) is not None:
            self.put(())

    def filter(self, words: str) -> None:
        """Show only chats whose title, address or subject holds all the words."""
        self._words = words.casefold().split()
        self.put(())

    def only(self, account: int) -> None:
        """Show one identity's chats, or everybody's with 0."""
        self._account = account
        self.put(())

    def order(self) -> list[Chat]:
        """The chats as they stand, without the headings."""
        return [row for row in self._rows if isinstance(row, Chat)]

    def row_of(self, chat: int) -> int:
        """Where a chat stands, or -1."""
        return next((at for at, row in enumerate(self._rows) if isinstance(row, Chat) and row.id == chat), -1)

    def _arranged(self) -> list[Chat | Section]:
        shown = [c for c in self._chats.values() if self._account in (0, c.account) and self._matches(c)]
        shown.sort(key=lambda c: (not c.pinned, -c.last_time, c.title.casefold(), c.id))
        rows: list[Chat | Section] = []
        for kind, title in ((ChatKind.ROOM, _("Rooms")), (ChatKind.PERSON, _("People"))):
            if of_kind := [c for c in shown if c.kind is kind]:
                rows += [Section(title), *of_kind]
        return rows

    def _matches(self, chat: Chat) -> bool:
        text = f"{chat.title} {chat.jid} {chat.subject}".casefold()
        return all(word in text for word in self._words)


def _key(row: Chat | Section) -> int | str:
    return row.title if isinstance(row, Section) else row.id


def marked(chat: Chat) -> tuple[str, str]:
    """(what stands out, the rest) of the second line of a chat: the draft, or how many are here and what was said."""
    if chat.draft.strip():
        whole = _("Draft: {text}")
        mark, _sign, rest = whole.partition("{text}")
        return mark.strip(), f"{isolated(label(chat.draft))}{rest}"
    if chat.ending is not None:
        return briefly(chat.ending), ""
    # What says nothing is encrypted, and could not be opened, or was not yet.
    text = isolated(label(chat.last_text)) or (_("Encrypted message") if chat.last_sender else "")
    if chat.kind is ChatKind.PERSON:
        return "", text
    if chat.last_sender and text:
        text = f"{isolated(label(chat.last_sender))}: {text}"
    if chat.occupants < MANY:
        return "", text
    people = ngettext("{n} person", "{n} people", chat.occupants).format(n=f"{chat.occupants:,}")
    return people, f"· {text}" if text else ""


def preview(chat: Chat) -> str:
    """The second line of a chat in one piece."""
    return " ".join(part for part in marked(chat) if part)


def spoken(chat: Chat) -> str:
    """A chat in words for a screen reader."""
    parts = [label(chat.title), preview(chat)]
    if chat.unread:
        parts.append(ngettext("{n} unread message", "{n} unread messages", chat.unread).format(n=chat.unread))
    if chat.mentions:
        parts.append(ngettext("{n} mention", "{n} mentions", chat.mentions).format(n=chat.mentions))
    return ", ".join(part for part in parts if part)
