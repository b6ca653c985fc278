"""How long history stays on this computer, and how it is taken off for good.

Deleted rows are overwritten (`secure_delete`), the index forgets them by its triggers, and `Database.fold` empties the
write-ahead log; tests/security/test_forgotten.py looks at every page.
"""

import hashlib
from dataclasses import dataclass

from teahouse.crash import crash_point
from teahouse.domain.message import Delivery
from teahouse.domain.settings import KEEP, UNTIL_QUIT
from teahouse.store import chats, messages, preferences
from teahouse.store.database import Database
from teahouse.store.messages import Identity

DAY = 86_400_000
"""Milliseconds."""
REPLAYED = 500
"""Messages of a cleared chat whose names are kept: more than a room tells again, by whatever clock."""
DOUBT = 600_000
"""Milliseconds before a clearing in which another clock may already have had the next message: there names decide."""
CLOCK = "history.clock"
"""The preference that says when it was last known what time it is, in milliseconds UTC."""
_ROOM = "SELECT id FROM chat WHERE kind = 'room'"
_WAITING = ", ".join(str(int(state)) for state in (Delivery.QUEUED, Delivery.SENT, Delivery.UNSURE))


@dataclass(frozen=True, slots=True)
class Due:
    """A chat whose messages up to an id, and older than a moment, are to go."""

    chat: int
    forget_id: int
    before: int


def set_days(db: Database, chat: int, days: int) -> None:
    """Keep what is said in a chat for so many days; 0 is for ever."""
    db.run("UPDATE chat SET keep_days = ? WHERE id = ?", (days, chat))


def last_known(db: Database) -> int:
    """A moment that has certainly been: of the last look, else of the newest message; 0 when there is neither."""
    row = db.one("SELECT value FROM preference WHERE key = ?", (CLOCK,))
    return int(row[0]) if row else db.one("SELECT coalesce(max(last_time), 0) FROM chat")[0]


def set_last_known(db: Database, now: int) -> None:
    """The clock says so and is believed."""
    preferences.put(db, CLOCK, str(now))


def due(db: Database, now: int) -> list[Due]:
    """What is to go now; by age only what the clock is believed for, nothing for 0."""
    rows = db.all("SELECT id, forget_id, keep_days FROM chat WHERE forget_id > 0 OR keep_days > 0")
    return [Due(chat, upto, now - days * DAY if days and now else 0) for chat, upto, days in rows]


def shrink(db: Database, what: Due, limit: int) -> list[int]:
    """Take some of it off the disk; the numbers of those messages, none when all is done. What waits is sent first."""
    forgotten = "SELECT id FROM message WHERE chat = ? AND id <= ? ORDER BY time LIMIT ?"
    old = f"SELECT id FROM message WHERE chat = ? AND time < ? AND state NOT IN ({_WAITING}) ORDER BY time LIMIT ?"
    rows = db.all(forgotten, (what.chat, what.forget_id, limit)) if what.forget_id else []
    rows = rows or db.all(old, (what.chat, what.before, limit))
    _delete(db, rows)
    crash_point("shrunk")
    return [number for (number,) in rows]


def _delete(db: Database, rows: list[tuple[int]]) -> None:
    with db.transaction():
        for row in rows:
            db.run("DELETE FROM message WHERE id = ?", row)
            crash_point("shrinking")


def done(db: Database, what: Due) -> None:
    """All of it is gone, and it is neither to come back with a room's history nor to be fetched from an archive."""
    if what.before > 0:
        _stop_fetching(db, what.chat, what.before * 1000)
    db.run(
        "UPDATE chat SET forget_id = CASE WHEN forget_id <= ? THEN 0 ELSE forget_id END,"
        " forget_before = max(forget_before, ?) WHERE id = ?",
        (what.forget_id, what.before - 1, what.chat),
    )


def retell(db: Database, chat: int) -> None:
    """Make the last line and the counters of a chat those of what is left in it."""
    kept = chats.get(db, chat)
    newest = "SELECT body, sender, time FROM message WHERE chat = ? ORDER BY time DESC, id DESC LIMIT 1"
    body, sender, time = db.one(newest, (chat,)) or ("", "", 0)
    if kept is not None:
        db.run(
            "UPDATE chat SET last_text = ?, last_sender = ?, last_time = ? WHERE id = ?",
            (body[: chats.PREVIEW], sender, time, chat),
        )
        chats.mark_read(db, chat, kept.read_up_to)


def forget_chat(db: Database, chat: int) -> tuple[Due, list[int]]:
    """From now on all that was said in a chat is on the way out, with its draft; what waited is gone at once.

    Answers what is to go, and the numbers of those that waited.
    """
    with db.transaction():
        newest = "SELECT coalesce(max(id), 0), coalesce(max(time), 0) FROM message WHERE chat = ?"
        upto, last = db.one(newest, (chat,))
        waiting = db.all(f"SELECT id FROM message WHERE chat = ? AND state IN ({_WAITING})", (chat,))
        _remember(db, chat, "chat = ? ORDER BY place DESC LIMIT ?", (chat, REPLAYED))
        _delete(db, waiting)
        _stop_fetching(db, chat, messages.last_place(db, chat))
        db.run(
            "UPDATE chat SET forget_id = ?, forget_before = max(forget_before, ?), draft = '', last_text = '',"
            " last_sender = '', last_time = 0, unread = 0, mentions = 0 WHERE id = ?",
            (upto, last - DOUBT, chat),
        )
    return Due(chat, upto, 0), [number for (number,) in waiting]


def _stop_fetching(db: Database, chat: int, before: int) -> None:
    """What an archive holds of a chat before this order key is not wanted."""
    db.run("DELETE FROM gap WHERE chat = ? AND place < ?", (chat, before))
    db.run("UPDATE chat SET whole = 1 WHERE id = ?", (chat,))


def forget_message(db: Database, number: int) -> int:
    """Take one message off the disk, for good; the number of its chat, 0 when it is gone already."""
    row = db.one("SELECT chat FROM message WHERE id = ?", (number,))
    if not row:
        return 0
    (chat,) = row
    with db.transaction():
        _remember(db, chat, "id = ?", (number,))
        db.run("DELETE FROM message WHERE id = ?", (number,))
        retell(db, chat)
    return int(chat)


def _remember(db: Database, chat: int, which: str, values: tuple[int, ...]) -> None:
    """Keep the hashed names of messages, so that they are known when a room tells them again."""
    for names in db.all(f"SELECT origin_id, archive, stanza_id FROM message WHERE {which}", values):
        for name in _names(Identity("", "", *names)):
            db.run("INSERT INTO forgotten VALUES (?, ?) ON CONFLICT DO NOTHING", (chat, name))


def forgotten(db: Database, chat: int, stamp: int, identity: Identity, now: int) -> bool:
    """Whether a message of a history was taken off this computer, or would be at once; moments in milliseconds UTC."""
    row = db.one("SELECT forget_before FROM chat WHERE id = ?", (chat,))
    # A moment that is still to come was set by a wrong clock.
    if row and stamp <= row[0] <= now + DAY:
        return True
    names = _names(identity)
    return any(db.one("SELECT 1 FROM forgotten WHERE chat = ? AND name = ?", (chat, name)) for name in names)


def trim_requests(db: Database, now: int) -> bool:
    """Let go of what strangers said longer ago than new chats keep; whether there was any."""
    days = _new_chats(db)
    if days <= 0 or not now:
        return False
    before = db.one("SELECT count(*) FROM request WHERE time < ?", (now - days * DAY,))[0]
    db.run("DELETE FROM request WHERE time < ?", (now - days * DAY,))
    return bool(before)


def _new_chats(db: Database) -> int:
    return int(KEEP.sound(preferences.every(db).get(KEEP.key, "")))


def end_visit(db: Database) -> None:
    """The program ends, or has ended without a word: what is kept only until then goes, read or not.

    Own messages stay until it is known that they have arrived, and go at the end after that; of all others the hashed
    names alone are left, by which they are known when they are told again.
    """
    gone = [_end_visit(db, chat) for (chat,) in db.all("SELECT id FROM chat WHERE keep_days = ?", (UNTIL_QUIT,))]
    if _new_chats(db) == UNTIL_QUIT:
        gone.append(db.one("SELECT count(*) FROM request")[0])
        clear_requests(db)
    if any(gone):
        db.fold()


def _end_visit(db: Database, chat: int) -> int:
    """How many messages of a chat went."""
    in_doubt = f"state IN ({_WAITING}) OR (state = {Delivery.ACKED:d} AND chat IN ({_ROOM}))"
    going = f"chat = ? AND NOT (mine = 1 AND ({in_doubt}))"
    with db.transaction():
        rows = db.all(f"SELECT id FROM message WHERE {going}", (chat,))
        if rows:
            last = db.one(f"SELECT max(time) FROM message WHERE {going}", (chat,))[0]
            _remember(db, chat, f"{going} ORDER BY place DESC LIMIT ?", (chat, REPLAYED))
            _stop_fetching(db, chat, messages.last_place(db, chat))
            _delete(db, rows)
            db.run("UPDATE chat SET forget_before = max(forget_before, ?) WHERE id = ?", (last - DOUBT, chat))
        db.run("UPDATE chat SET draft = '' WHERE id = ?", (chat,))
        retell(db, chat)
    return len(rows)


def clear_requests(db: Database) -> None:
    """Let go of all that strangers said."""
    db.run("DELETE FROM request")


def _names(identity: Identity) -> list[bytes]:
    named = [("origin", identity.origin_id), (identity.archive, identity.stanza_id)]
    return [hashlib.sha256(f"{kind}\0{name}".encode()).digest() for kind, name in named if name]
