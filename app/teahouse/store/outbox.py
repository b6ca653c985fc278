"""Own messages that have not arrived for certain, in the order in which they were written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Delivery
from teahouse.store import sessions
from teahouse.store.database import Database


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as the outbox sees it."""

    id: int
    chat: int
    kind: ChatKind
    to: str
    body: str
    origin_id: str
    place: int
    state: Delivery
    account: int
    notes: Mapping[str, Any]
    """What features pin to it, by their name."""
    sealed: bytes | None
    """What it is sent as when it is encrypted, every time it is tried; None as long as it is not."""


_SELECT = (
    "SELECT m.id, m.chat, c.kind, c.jid, m.body, m.origin_id, m.place, m.state, m.account,"
    " m.notes, s.data FROM message m JOIN chat c ON c.id = m.chat LEFT JOIN sealed s ON s.message = m.id"
)


def _outgoing(rows: list[tuple[Any, ...]]) -> tuple[Outgoing, ...]:
    return tuple(
        Outgoing(
            r[0], r[1], ChatKind(r[2]), r[3], r[4], r[5], r[6], Delivery(r[7]), r[8], json.loads(r[9] or "{}"), r[10]
        )
        for r in rows
    )


def waiting(db: Database, account: int, *states: Delivery) -> tuple[Outgoing, ...]:
    """The account's messages in these states (QUEUED, SENT, UNSURE or FAILED), oldest first."""
    marks = ", ".join("?" * len(states))
    # The condition of the partial index has to stand in the query, or every message is read.
    rows = db.all(
        f"{_SELECT} WHERE m.account = ? AND m.mine = 1 AND m.state IN (1, 2, 5, 6) AND m.state IN ({marks})"
        " ORDER BY m.id",
        (account, *(int(state) for state in states)),
    )
    return _outgoing(rows)


def unreflected(db: Database, chat: int) -> tuple[Outgoing, ...]:
    """The own messages of a room that were sent, acknowledged or not, and that it has not shown; oldest first."""
    rows = db.all(f"{_SELECT} WHERE m.chat = ? AND m.mine = 1 AND m.state IN (2, 3, 5) ORDER BY m.id", (chat,))
    return _outgoing(rows)


def oldest_in_doubt(db: Database, account: int, room: int = 0) -> int:
    """The number of the oldest own message to people, or in a room, that may or may not have arrived; 0 without one."""
    if room:
        row = db.one("SELECT min(id) FROM message WHERE chat = ? AND mine = 1 AND state IN (2, 3, 5)", (room,))
        return int(row[0] or 0)
    doubtful = [m.id for m in waiting(db, account, Delivery.SENT, Delivery.UNSURE) if m.kind is ChatKind.PERSON]
    return min([*doubtful, *sessions.doubted(db, account)], default=0)


def under(db: Database, chat: int, origin_id: str) -> tuple[int, ...]:
    """The own messages of a chat that were sent under this id and may still turn out not to have arrived."""
    rows = db.all(
        "SELECT id FROM message WHERE chat = ? AND origin_id = ? AND origin_id <> '' AND mine = 1"
        " AND state IN (2, 3, 5)",
        (chat, origin_id),
    )
    return tuple(int(number) for (number,) in rows)
