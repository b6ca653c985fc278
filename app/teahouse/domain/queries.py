"""What the window wants to know from the store: answered by the reader thread, changing nothing."""

from dataclasses import dataclass

from teahouse.domain.message import LATEST, MessageKey


@dataclass(frozen=True, slots=True)
class Query:
    """Base of every question."""


@dataclass(frozen=True, slots=True)
class ListAccounts(Query):
    """Answers tuple[Account, ...]."""


@dataclass(frozen=True, slots=True)
class ListKeys(Query):
    """Answers tuple[KnownKey, ...]: the keys of an account's server in the order they were accepted."""

    account: int


@dataclass(frozen=True, slots=True)
class ListChats(Query):
    """Answers tuple[Chat, ...], last spoken first."""


@dataclass(frozen=True, slots=True)
class HistoryBefore(Query):
    """Answers tuple[Message, ...] in order, the last of which stands before `key`."""

    chat: int
    key: MessageKey = LATEST
    limit: int = 80


@dataclass(frozen=True, slots=True)
class HistoryAfter(Query):
    """Answers tuple[Message, ...] in order, the first of which stands after `key`."""

    chat: int
    key: MessageKey
    limit: int = 80


@dataclass(frozen=True, slots=True)
class ListGaps(Query):
    """Answers tuple[Gap, ...]: what is known to be missing in a chat, in order."""

    chat: int


@dataclass(frozen=True, slots=True)
class SearchMessages(Query):
    """Answers SearchPage, newest first; `chat` 0 searches everywhere, `older` goes on behind a hit's (time, id).

    Answers None when a newer search of the same place was asked for before this one was done.
    """

    words: str
    chat: int = 0
    limit: int = 50
    older: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ReadPreferences(Query):
    """Answers dict[str, str]."""
