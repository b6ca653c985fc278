"""Messages on disk: write them once, page through them by key, know which we have."""

import hashlib
from dataclasses import dataclass, replace

from teahouse.domain.message import Delivery, Message, MessageKey
from teahouse.store.database import Database

COLUMNS = "id, account, chat, place, time, sender, body, mine, state, mention, detail, clash"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything that names a message on the wire; empty strings are unknown."""

    real_jid: str = ""
    occupant_id: str = ""
    origin_id: str = ""
    archive: str = ""
    stanza_id: str = ""
    """Only a trusted one (XEP-0359 section 4): given by our own archive or by the room that announces it."""


def from_row(row: tuple[object, ...]) -> Message:
    """A row of COLUMNS as a value."""
    (number, account, chat, place, time, sender, body, mine, state, mention, detail, clash) = row
    return Message(
        number,  # type: ignore[arg-type]
        account,  # type: ignore[arg-type]
        chat,  # type: ignore[arg-type]
        place,  # type: ignore[arg-type]
        time,  # type: ignore[arg-type]
        sender,  # type: ignore[arg-type]
        body,  # type: ignore[arg-type]
        bool(mine),
        Delivery(state),  # type: ignore[arg-type]
        bool(mention),
        detail,  # type: ignore[arg-type]
        bool(clash),
    )


def append(db: Database, message: Message, identity: Identity) -> Message:
    """Write a message down; it gets its number."""
    number = db.run(
        "INSERT INTO message (account, chat, place, time, sender, body, mine, state, mention, detail, clash,"
        " real_jid, occupant_id, origin_id, archive, stanza_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.account,
            message.chat,
            message.order,
            message.time,
            message.sender,
            message.body,
            message.mine,
            int(message.state),
            message.mention,
            message.detail,
            message.clash,
            identity.real_jid,
            identity.occupant_id,
            identity.origin_id,
            identity.archive,
            identity.stanza_id,
        ),
    )
    return replace(message, id=number)


def known(
    db: Database,
    account: int,
    chat: int,
    sender: str,
    body: str,
    identity: Identity,
    *,
    mine: bool = False,
    may_confirm: bool = True,
) -> Message | None:
    """The message we already have of this identity: by archive and stanza-id, else by sender, id and body.

    One of our own is found under whichever nick it was written (`mine`), and not when it cannot be ours.
    """
    # SQLite takes a partial index only when the query repeats its condition, hence the <> ''.
    if identity.stanza_id:
        found = db.one(
            f"SELECT {COLUMNS} FROM message WHERE account = ? AND archive = ? AND stanza_id = ? AND stanza_id <> ''",
            (account, identity.archive, identity.stanza_id),
        )
        if found:
            return from_row(found)
    if identity.origin_id:
        rows = db.all(
            f"SELECT {COLUMNS}, stanza_id FROM message WHERE chat = ? AND origin_id = ? AND origin_id <> ''",
            (chat, identity.origin_id),
        )
        wanted = _digest(body)
        for *row, place in rows:
            message = from_row(tuple(row))
            own = message.mine and mine
            by_sender = message.sender == sender and (may_confirm or not message.mine)
            if (own or by_sender) and not (identity.stanza_id and place) and _digest(message.body) == wanted:
                return message
    return None


def _digest(body: str) -> bytes:
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()


def get(db: Database, number: int) -> Message | None:
    """One message, or None."""
    row = db.one(f"SELECT {COLUMNS} FROM message WHERE id = ?", (number,))
    return from_row(row) if row else None


def origin_id(db: Database, number: int) -> str:
    """The id under which an own message goes out, every time it is tried."""
    row = db.one("SELECT origin_id FROM message WHERE id = ?", (number,))
    return str(row[0]) if row else ""


def last_place(db: Database, chat: int) -> int:
    """The order key of the newest message of a chat, 0 when it is empty."""
    row = db.one("SELECT place FROM message WHERE chat = ? ORDER BY place DESC, id DESC LIMIT 1", (chat,))
    return int(row[0]) if row else 0


def newest(db: Database) -> int:
    """The number of the message that was written down last."""
    row = db.one("SELECT max(id) FROM message")
    return int(row[0] or 0)


_OPEN = f"({Delivery.QUEUED:d}, {Delivery.SENT:d}, {Delivery.UNSURE:d}, {Delivery.FAILED:d})"


def settled_place(db: Database, chat: int, newest: int) -> int:
    """The order key of the last message of a chat that has arrived and is no newer than this number; 0 without one."""
    row = db.one(
        f"SELECT place FROM message WHERE chat = ? AND id <= ? AND state NOT IN {_OPEN}"
        " ORDER BY place DESC, id DESC LIMIT 1",
        (chat, newest),
    )
    return int(row[0]) if row else 0


def settled_after(db: Database, chat: int, place: int) -> int:
    """The order key of the first message of a chat behind this one that has arrived; 0 when there is none."""
    row = db.one(
        f"SELECT place FROM message WHERE chat = ? AND place > ? AND state NOT IN {_OPEN} ORDER BY place, id LIMIT 1",
        (chat, place),
    )
    return int(row[0]) if row else 0


def place_of(db: Database, account: int, archive: str, stanza_id: str) -> int:
    """The order key of an archived message, 0 when we have it not."""
    row = db.one(
        "SELECT place FROM message WHERE account = ? AND archive = ? AND stanza_id = ? AND stanza_id <> ''",
        (account, archive, stanza_id),
    )
    return int(row[0]) if row else 0


def name(db: Database, number: int, identity: Identity) -> None:
    """A message that had no name in an archive has one."""
    db.run(
        "UPDATE message SET archive = ?, stanza_id = ? WHERE id = ? AND stanza_id = ''"
        " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.account = message.account AND m.archive = ?"
        " AND m.stanza_id = ? AND m.stanza_id <> '')",
        (identity.archive, identity.stanza_id, number, identity.archive, identity.stanza_id),
    )


def before(db: Database, chat: int, key: MessageKey, limit: int) -> tuple[Message, ...]:
    """The page that ends before this key, in order."""
    rows = db.all(
        f"SELECT {COLUMNS} FROM message WHERE chat = ? AND (place, id) < (?, ?) ORDER BY place DESC, id DESC LIMIT ?",
        (chat, *key, limit),
    )
    return tuple(from_row(row) for row in reversed(rows))


def after(db: Database, chat: int, key: MessageKey, limit: int) -> tuple[Message, ...]:
    """The page that begins after this key, in order."""
    rows = db.all(
        f"SELECT {COLUMNS} FROM message WHERE chat = ? AND (place, id) > (?, ?) ORDER BY place, id LIMIT ?",
        (chat, *key, limit),
    )
    return tuple(from_row(row) for row in rows)


def set_state(db: Database, number: int, state: Delivery, detail: str = "") -> Message | None:
    """Move an own message on; what it now is."""
    db.run("UPDATE message SET state = ?, detail = ? WHERE id = ?", (int(state), detail, number))
    return get(db, number)


def confirm(db: Database, number: int, place: int, identity: Identity) -> Message | None:
    """An own message came back: it stands where everybody sees it, and has the archive's name."""
    db.run(
        "UPDATE message SET state = ?, detail = '', place = ?, archive = ?, stanza_id = ?, occupant_id = ?"
        " WHERE id = ?",
        (int(Delivery.CONFIRMED), place, identity.archive, identity.stanza_id, identity.occupant_id, number),
    )
    return get(db, number)


def remove(db: Database, number: int) -> None:
    """Take one message off the disk."""
    db.run("DELETE FROM message WHERE id = ?", (number,))
