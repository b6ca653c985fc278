"""The reader thread: answers the window's queries over a read-only connection, past a busy writer."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from teahouse.domain.events import Answered, Event, Refused
from teahouse.domain.problem import Trouble
from teahouse.domain.queries import (
    HistoryAfter,
    HistoryBefore,
    ListAccounts,
    ListChats,
    ListGaps,
    ListKeys,
    Query,
    ReadPreferences,
    SearchMessages,
)
from teahouse.store import accounts, archives, chats, keys, messages, preferences, search
from teahouse.store.database import Database, Unwanted, newest

_ANSWERS: dict[type[Query], Callable[[Database, Any], object]] = {
    ListAccounts: lambda db, q: accounts.every(db),
    ListKeys: lambda db, q: keys.history(db, q.account),
    ListChats: lambda db, q: chats.every(db),
    HistoryBefore: lambda db, q: messages.before(db, q.chat, q.key, q.limit),
    HistoryAfter: lambda db, q: messages.after(db, q.chat, q.key, q.limit),
    ListGaps: lambda db, q: archives.gaps(db, q.chat),
    SearchMessages: lambda db, q: search.find(db, q.words, q.chat, q.limit, q.older),
    ReadPreferences: lambda db, q: preferences.every(db),
}


class Reader:
    """Takes queries from the window and answers each by an event; queries wait until the database is open."""

    def __init__(self, announce: Callable[[Event], None]) -> None:
        self._announce = announce
        self._asked: queue.SimpleQueue[tuple[Query, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._migrated = threading.Event()
        self._searched: dict[int, int] = {}
        """The newest search of each chat, by its ticket: an older one is given up."""

    def ask(self, query: Query, ticket: int) -> None:
        """Put a question; its answer comes as Answered or Refused with this ticket."""
        if isinstance(query, SearchMessages):
            self._searched[query.chat] = ticket
        self._asked.put((query, ticket))

    @property
    def opened(self) -> bool:
        """Whether there is a database to answer from."""
        return self._thread is not None

    def open(self, path: Path, key: bytes, *, migrated: bool = True) -> None:
        """Begin to answer; may be called early, before the writer has seen to the schema, and then again."""
        if migrated:
            self._migrated.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, args=(path, key), name="reader", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._asked.put(None)
        self._migrated.set()
        if self._thread is not None:
            self._thread.join(5)

    def _opened(self, path: Path, key: bytes) -> Database:
        db = Database(path, key, read_only=True)
        if db.version < newest():
            db.close()
            self._migrated.wait()
            db = Database(path, key, read_only=True)
        return db

    def _serve(self, path: Path, key: bytes) -> None:
        db: Database | None = None
        while (wanted := self._asked.get()) is not None:
            query, ticket = wanted
            try:
                db = db or self._opened(path, key)
                self._announce(Answered(ticket, self._answer(db, query, ticket)))
            except Trouble as trouble:
                self._announce(Refused(ticket, trouble.problem))
        if db is not None:
            db.close()

    def _answer(self, db: Database, query: Query, ticket: int) -> object:
        if not isinstance(query, SearchMessages):
            return _ANSWERS[type(query)](db, query)

        def wanted() -> bool:
            return self._searched[query.chat] == ticket

        try:
            with db.while_wanted(wanted):
                return _ANSWERS[SearchMessages](db, query) if wanted() else None
        except Unwanted:
            return None
