"""Messages on disk: write them once, page through them by key, know which we have."""

import json
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType

from teahouse.crash import crash_point
from teahouse.domain.message import NO_NOTES, Delivery, Message, MessageKey, Reach
from teahouse.store.database import Database

COLUMNS = "id, account, chat, place, time, sender, body, mine, state, mention, detail, clash, reach, notes"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything that names a message on the wire; empty strings are unknown."""

    real_jid: str = ""
    occupant_id: str = ""
    origin_id: str = ""
    archive: str = ""
    stanza_id: str = ""
    """Only a trusted one (XEP-0359 section 4): given by our own archive or by the room that announces it."""
    markable: str = ""
    """Under which its sender wants to hear that it was displayed (XEP-0333); empty when that is not wanted."""


def from_row(row: tuple[object, ...]) -> Message:
    """A row of COLUMNS as a value."""
    (number, account, chat, place, time, sender, body, mine, state, mention, detail, clash, reach, notes) = row
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
        Reach(reach),  # type: ignore[arg-type]
        MappingProxyType(json.loads(notes)) if notes else NO_NOTES,  # type: ignore[arg-type]
    )


class Ahead(IntEnum):
    """Whether a message came by itself before its archive was read so far: what is missing stands in front of it."""

    NO = 0
    LATE = 1
    """It had waited at the server."""
    LIVE = 2
    """It was said while the archive was read."""


def append(db: Database, message: Message, identity: Identity, *, ahead: Ahead = Ahead.NO) -> Message:
    """Write a message down; it gets its number."""
    number = db.run(
        "INSERT INTO message (account, chat, place, time, sender, body, mine, state, mention, detail, clash,"
        " real_jid, occupant_id, origin_id, archive, stanza_id, markable, ahead, notes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            identity.markable,
            ahead,
            json.dumps(dict(message.notes)) if message.notes else "",
        ),
    )
    crash_point("appended")
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
    sealed: bytes | None = None,
) -> Message | None:
    """The message we already have of this identity: by archive and stanza-id, else by sender, id and body.

    One of our own is found under whichever nick it was written (`mine`), and not when it cannot be ours. Of one that is
    encrypted (`sealed`: its digest) no body is known.
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
            f"SELECT {COLUMNS}, stanza_id, (SELECT digest FROM sealed WHERE message = message.id) FROM message"
            " WHERE chat = ? AND origin_id = ? AND origin_id <> ''",
            (chat, identity.origin_id),
        )
        for *row, place, cipher in rows:
            message = from_row(tuple(row))
            same = cipher == sealed and (sealed is not None or message.body == body)
            own = message.mine and mine
            by_sender = message.sender == sender and (may_confirm or not message.mine)
            if (own or by_sender) and not (identity.stanza_id and place) and same:
                return message
    return None


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


_SETTLED = f"({Delivery.RECEIVED:d}, {Delivery.CONFIRMED:d})"


def settled_place(db: Database, chat: int, up_to: Ahead = Ahead.NO) -> int:
    """The order key behind which an archive goes on: of the last message of a chat that it was read to; 0 without one.

    Own messages that nobody has shown to us count for nothing: they stand where they were written. With `up_to` LATE
    what had waited at the server counts, too.
    """
    row = db.one(
        f"SELECT place FROM message WHERE chat = ? AND ahead <= ? AND state IN {_SETTLED}"
        " ORDER BY place DESC, id DESC LIMIT 1",
        (chat, up_to),
    )
    return int(row[0]) if row else 0


def settled_after(db: Database, chat: int, place: int, up_to: Ahead = Ahead.LIVE) -> int:
    """The order key of the first message behind this one that others see, too; 0 when there is none.

    With `up_to` NO what is ahead of its archive counts for nothing.
    """
    row = db.one(
        f"SELECT place FROM message WHERE chat = ? AND place > ? AND ahead <= ? AND state IN {_SETTLED}"
        " ORDER BY place, id LIMIT 1",
        (chat, place, up_to),
    )
    return int(row[0]) if row else 0


def later_own(db: Database, chat: int, number: int) -> tuple[tuple[int, int], ...]:
    """(number, order key) of the own messages that were written after this one and are not settled, in that order."""
    rows = db.all(
        f"SELECT id, place FROM message WHERE chat = ? AND id > ? AND mine = 1 AND state NOT IN {_SETTLED} ORDER BY id",
        (chat, number),
    )
    return tuple((int(found), int(place)) for found, place in rows)


def move(db: Database, number: int, place: int) -> Message | None:
    """Give a message another place in its chat."""
    db.run("UPDATE message SET place = ? WHERE id = ?", (place, number))
    return get(db, number)


def ahead(db: Database, chat: int, least: Ahead) -> tuple[tuple[int, int], ...]:
    """(number, order key) of the messages of a chat that are ahead of their archive, `least` so much, in order."""
    rows = db.all(
        "SELECT id, place FROM message WHERE chat = ? AND ahead > 0 AND ahead >= ? ORDER BY place, id", (chat, least)
    )
    return tuple((int(number), int(place)) for number, place in rows)


def caught_up(db: Database, account: int, room: int = 0) -> None:
    """An archive was read to its end, a room's or that of the account: nothing of it is ahead any more."""
    which = "chat = ?" if room else "chat IN (SELECT id FROM chat WHERE kind = 'person' AND account = ?)"
    db.run(f"UPDATE message SET ahead = 0 WHERE account = ? AND ahead > 0 AND {which}", (account, room or account))


def reached(db: Database, number: int) -> None:
    """Its archive was read as far as this message: nothing is missing in front of it any more."""
    db.run("UPDATE message SET ahead = 0 WHERE id = ? AND ahead > 0", (number,))


def begun_at(db: Database, account: int, archive: str, stanza_id: str) -> dict[int, int]:
    """An archive is read on from this message, so that nothing is missing in front of it; its chat and order key."""
    db.run(
        "UPDATE message SET ahead = 0 WHERE account = ? AND archive = ? AND stanza_id = ? AND stanza_id <> ''",
        (account, archive, stanza_id),
    )
    return where(db, account, archive, stanza_id)


def where(db: Database, account: int, archive: str, stanza_id: str) -> dict[int, int]:
    """The chat and the order key of an archived message; nothing when we have it not."""
    rows = db.all(
        "SELECT chat, place FROM message WHERE account = ? AND archive = ? AND stanza_id = ? AND stanza_id <> ''",
        (account, archive, stanza_id),
    )
    return {int(chat): int(place) for chat, place in rows}


def place_of(db: Database, account: int, archive: str, stanza_id: str) -> int:
    """The order key of an archived message, 0 when we have it not."""
    return next(iter(where(db, account, archive, stanza_id).values()), 0)


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


def note(db: Database, number: int, slot: str, value: object) -> Message | None:
    """Pin something of a feature to a message; what it now is."""
    before = get(db, number)
    if before is None:
        return None
    db.run("UPDATE message SET notes = ? WHERE id = ?", (json.dumps({**before.notes, slot: value}), number))
    return get(db, number)


def confirm(db: Database, number: int, place: int, identity: Identity, *, ahead: Ahead = Ahead.NO) -> Message | None:
    """An own message came back: it stands where everybody sees it, and has the archive's name."""
    db.run(
        "UPDATE message SET state = ?, detail = '', place = ?, archive = ?, stanza_id = ?, occupant_id = ?,"
        " ahead = ? WHERE id = ?",
        (int(Delivery.CONFIRMED), place, identity.archive, identity.stanza_id, identity.occupant_id, ahead, number),
    )
    return get(db, number)


def remove(db: Database, number: int) -> None:
    """Take one message off the disk."""
    db.run("DELETE FROM message WHERE id = ?", (number,))
