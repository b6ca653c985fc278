"""Archives on disk: how far each was read, and what is known to be missing."""

from teahouse.crash import crash_point
from teahouse.domain.chat import ChatKind
from teahouse.domain.history import Gap
from teahouse.store.database import Database


def cursor(db: Database, account: int, jid: str) -> str | None:
    """The id up to which everything is held; empty when that is the archive's beginning, None when nothing is known."""
    row = db.one("SELECT cursor FROM archive WHERE account = ? AND jid = ?", (account, jid))
    return str(row[0]) if row else None


def origin(db: Database, account: int, jid: str) -> str:
    """The id with which reading began; empty when that was the archive's beginning."""
    row = db.one("SELECT origin FROM archive WHERE account = ? AND jid = ?", (account, jid))
    return str(row[0]) if row else ""


def set_cursor(db: Database, account: int, jid: str, cursor: str) -> None:
    """Everything up to this id is held."""
    db.run(
        "INSERT INTO archive (account, jid, cursor, origin) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET cursor = excluded.cursor",
        (account, jid, cursor, cursor),
    )
    crash_point("cursor")


def held_before(db: Database, account: int, jid: str, message: int) -> str | None:
    """The id of an archived message that was on disk before this one was written, with all that is before it there;
    None when there is none."""
    # Not by the index of archive and id: it would have to sort the whole archive.
    row = db.one(
        "SELECT stanza_id FROM message WHERE id < ? AND +account = ? AND +archive = ? AND +stanza_id <> ''"
        " AND ahead = 0 ORDER BY id DESC LIMIT 1",
        (message, account, jid),
    )
    return str(row[0]) if row else None


def oldest(db: Database, account: int, jid: str) -> str:
    """The id of the message of this archive that was written down first; empty when we have none."""
    row = db.one(
        "SELECT stanza_id FROM message WHERE account = ? AND archive = ? AND stanza_id <> '' ORDER BY id LIMIT 1",
        (account, jid),
    )
    return str(row[0]) if row else ""


def edge(db: Database, chat: int, archive: str, *, newest: bool) -> str:
    """The id of the oldest or newest message of a chat that this archive holds; empty when it holds none."""
    order = "DESC" if newest else "ASC"
    row = db.one(
        "SELECT stanza_id FROM message WHERE chat = ? AND archive = ? AND stanza_id <> ''"
        f" ORDER BY place {order}, id {order} LIMIT 1",
        (chat, archive),
    )
    return str(row[0]) if row else ""


def gaps(db: Database, chat: int) -> tuple[Gap, ...]:
    """What is known to be missing in a chat, in order."""
    rows = db.all("SELECT id, chat, place, before FROM gap WHERE chat = ? ORDER BY place, id", (chat,))
    return tuple(Gap(*row) for row in rows)


def gap(db: Database, number: int) -> Gap | None:
    """One gap, or None when it was filled."""
    row = db.one("SELECT id, chat, place, before FROM gap WHERE id = ?", (number,))
    return Gap(*row) if row else None


def open_gap(db: Database, chat: int, place: int, before: str = "") -> None:
    """Something is missing behind an order key, up to the archived message `before` where that is known.

    Where reading stopped is kept once: it goes on from there.
    """
    if not before:
        db.run("DELETE FROM gap WHERE chat = ? AND before = ''", (chat,))
    db.run("INSERT INTO gap (chat, place, before) VALUES (?, ?, ?)", (chat, place, before))


def shrink_gap(db: Database, number: int, before: str) -> None:
    """Some of it was filled, from its end."""
    db.run("UPDATE gap SET before = ? WHERE id = ?", (before, number))


def close_gap(db: Database, number: int) -> None:
    """It is filled."""
    db.run("DELETE FROM gap WHERE id = ?", (number,))


def read_on(db: Database, account: int, room: int = 0) -> tuple[int, ...]:
    """Reading has come to the archive's end: the gaps of a room, or of all people, that waited for it are filled.

    Answers the chats that had some.
    """
    where = "chat = ?" if room else "chat IN (SELECT id FROM chat WHERE account = ? AND kind = ?)"
    values = (room,) if room else (account, ChatKind.PERSON.value)
    chats = db.all(f"SELECT DISTINCT chat FROM gap WHERE before = '' AND {where}", values)
    db.run(f"DELETE FROM gap WHERE before = '' AND {where}", values)
    crash_point("caught-up")
    return tuple(int(chat) for (chat,) in chats)


def people_with_history(db: Database, account: int) -> tuple[int, ...]:
    """The 1:1 chats of an account in which anything was said."""
    rows = db.all(
        "SELECT id FROM chat WHERE account = ? AND kind = ? AND EXISTS (SELECT 1 FROM message WHERE chat = chat.id)",
        (account, ChatKind.PERSON.value),
    )
    return tuple(int(number) for (number,) in rows)


def is_whole(db: Database, chat: int) -> bool:
    """Whether the archive holds nothing older of a chat than we do."""
    row = db.one("SELECT whole FROM chat WHERE id = ?", (chat,))
    return bool(row and row[0])


def set_whole(db: Database, chat: int) -> None:
    """The archive holds nothing older of this chat."""
    db.run("UPDATE chat SET whole = 1 WHERE id = ?", (chat,))
