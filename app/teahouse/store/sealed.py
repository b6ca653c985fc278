"""Encrypted messages on disk: as they came until they are opened, and as they went out as long as they may go again."""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Message
from teahouse.domain.openpgp import OPENING, SLOT
from teahouse.store import messages
from teahouse.store.database import Database


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is to be opened, and what is known of it from outside."""

    message: int
    chat: int
    kind: ChatKind
    jid: str
    """The bare address of the chat."""
    nick: str
    sender: str
    """The bare address of whoever sent it; empty where the room did not tell."""
    mine: bool
    time: int
    """Milliseconds UTC."""
    stanza_id: str
    number: str
    """The id of the stanza."""
    data: bytes
    counts: bool
    legacy: bool = False
    """Whether it is of the old way (XEP-0027): nobody signs there."""


class Kept(Enum):
    """Why a message that was not opened is kept all the same."""

    NO = 0
    KEYLESS = 2
    """Only a key is missing: until one is brought."""
    SLOW = 3
    """It took too long, perhaps since much else was going on: until the next start, once."""


def digest(data: bytes) -> bytes:
    """By which an encrypted message is known again."""
    return hashlib.sha256(data).digest()


def came(db: Database, message: Message, data: bytes, number: str, *, counts: bool, legacy: bool = False) -> None:
    """Keep what a message holds until it is opened; it `counts` as unread then. `legacy`: as XEP-0027 has it."""
    values = (message.id, message.account, digest(data), data, number, counts and not message.mine, legacy)
    columns = "message, account, digest, data, number, counts, legacy, waits"
    db.run(f"INSERT INTO sealed ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, 1)", values)


def goes(db: Database, message: int, account: int, data: bytes) -> None:
    """Keep what an own message is sent as, every time it is tried."""
    values = (message, account, digest(data), data)
    db.run("INSERT INTO sealed (message, account, digest, data) VALUES (?, ?, ?, ?)", values)


def arrived(db: Database, account: int) -> None:
    """Let go of what need not go again."""
    db.run(
        "UPDATE sealed SET data = NULL WHERE account = ? AND waits = 0 AND data IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM message WHERE id = sealed.message AND state = 4)",
        (account,),
    )


def same(db: Database, message: int, data: bytes) -> bool:
    """Whether a message that we have came, or went out, as this."""
    row = db.one("SELECT digest FROM sealed WHERE message = ?", (message,))
    return bool(row) and bytes(row[0]) == digest(data)


def waiting(db: Database, account: int, most: int) -> tuple[Waiting, ...]:
    """What is to be opened, in the order in which it came."""
    rows = db.all(
        "SELECT m.id, m.chat, c.kind, c.jid, c.nick, m.real_jid, m.mine, m.time, m.stanza_id, s.number,"
        " s.data, s.counts, s.legacy"
        " FROM sealed s JOIN message m ON m.id = s.message JOIN chat c ON c.id = m.chat"
        " WHERE s.account = ? AND s.waits = 1 ORDER BY s.message LIMIT ?",
        (account, most),
    )
    return tuple(_waiting(*row) for row in rows)


def waits(db: Database, message: int) -> bool:
    """Whether this one is still there, and to be opened."""
    return bool(db.one("SELECT 1 FROM sealed WHERE message = ? AND waits = 1", (message,)))


def untried(db: Database, message: int) -> bool:
    """Whether nobody has tried to open this one yet."""
    found = messages.get(db, message)
    return found is not None and found.notes.get(SLOT) == [OPENING]


def _waiting(message: int, chat: int, kind: str, *rest: Any) -> Waiting:
    jid, nick, sender, mine, time, stanza_id, number, data, counts, legacy = rest
    told = (jid, nick, sender, bool(mine), time, stanza_id, number)
    return Waiting(message, chat, ChatKind(kind), *told, bytes(data), bool(counts), bool(legacy))


def opened(
    db: Database,
    message: int,
    body: str,
    notes: dict[str, Any],
    *,
    mention: bool = False,
    markable: str = "",
    kept: Kept = Kept.NO,
) -> Message | None:
    """A message was opened, or cannot be: what it says, and what is to be said of it.

    What is `kept` may be opened another time; it is no news then.
    """
    if kept is not Kept.NO:
        db.run("UPDATE sealed SET waits = ?, counts = 0 WHERE message = ?", (kept.value, message))
    else:
        db.run("UPDATE sealed SET waits = 0, data = NULL WHERE message = ?", (message,))
    db.run(
        "UPDATE message SET body = ?, notes = ?, mention = ?, markable = ? WHERE id = ?",
        (body, json.dumps(notes), mention, markable, message),
    )
    return messages.get(db, message)


def again(db: Database, account: int, kept: Kept) -> None:
    """What was kept for this reason is to be opened now."""
    db.run("UPDATE sealed SET waits = 1 WHERE account = ? AND waits = ?", (account, kept.value))


def silent(db: Database, account: int, message: int, data: bytes) -> None:
    """There was nothing in it to be shown: it is taken away, and does not come back."""
    db.run("INSERT OR IGNORE INTO sealed_silent (account, digest) VALUES (?, ?)", (account, digest(data)))
    messages.remove(db, message)


def is_silent(db: Database, account: int, data: bytes) -> bool:
    """Whether this was opened before, and showed nothing."""
    where = (account, digest(data))
    return bool(db.one("SELECT 1 FROM sealed_silent WHERE account = ? AND digest = ?", where))
