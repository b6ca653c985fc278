"""Chats on disk: rooms and people, their drafts and counters."""

from dataclasses import dataclass

from teahouse.domain.chat import Chat, ChatKind, End, Ending
from teahouse.domain.message import Message
from teahouse.domain.settings import KEEP
from teahouse.store.database import Database

_COLUMNS = (
    "id, account, jid, kind, title, nick, unread, mentions, read_up_to, last_text, last_sender, last_time,"
    " draft, subject, pinned, joined, exposed, keep_days, telling, ended, end_reason, end_actor, end_venue"
)
PREVIEW = 200
"""Characters of the last message kept in the chat's row."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A room that is entered again whenever its account is online."""

    chat: int
    jid: str
    nick: str
    password: str


def _chat(row: tuple[object, ...]) -> Chat:
    number, account, jid, kind, title, nick, unread, mentions, read, text, sender, time, draft, *more = row
    subject, pinned, joined, exposed, keep, telling, ended, *told = more
    return Chat(
        id=int(str(number)),
        account=int(str(account)),
        jid=str(jid),
        kind=ChatKind(kind),
        title=str(title),
        nick=str(nick),
        unread=int(str(unread)),
        mentions=int(str(mentions)),
        read_up_to=int(str(read)),
        last_text=str(text),
        last_sender=str(sender),
        last_time=int(str(time)),
        draft=str(draft),
        subject=str(subject),
        pinned=bool(pinned),
        joined=bool(joined),
        exposed=bool(exposed),
        keep_days=int(str(keep)),
        telling=str(telling),
        ending=Ending(End(ended), *map(str, told)) if ended else None,
    )


def every(db: Database) -> tuple[Chat, ...]:
    """All chats, the one spoken in last first."""
    return tuple(_chat(r) for r in db.all(f"SELECT {_COLUMNS} FROM chat ORDER BY pinned DESC, last_time DESC, id"))


def get(db: Database, number: int) -> Chat | None:
    """One chat, or None when it is gone."""
    row = db.one(f"SELECT {_COLUMNS} FROM chat WHERE id = ?", (number,))
    return _chat(row) if row else None


def find(db: Database, account: int, jid: str) -> Chat | None:
    """The chat with this address, or None."""
    row = db.one(f"SELECT {_COLUMNS} FROM chat WHERE account = ? AND jid = ?", (account, jid))
    return _chat(row) if row else None


def ensure(db: Database, account: int, jid: str, kind: ChatKind, title: str) -> Chat:
    """The chat with this address, made when there is none; a new one keeps its history as long as new ones do."""
    db.run(
        "INSERT INTO chat (account, jid, kind, title, keep_days) VALUES (?, ?, ?, ?,"
        " coalesce((SELECT CAST(value AS INTEGER) FROM preference WHERE key = ?), 0)) ON CONFLICT DO NOTHING",
        (account, jid, kind.value, title, KEEP.key),
    )
    chat = find(db, account, jid)
    assert chat is not None
    return chat


def become_room(db: Database, number: int) -> None:
    """What was taken for a person turned out to be a room."""
    db.run("UPDATE chat SET kind = ? WHERE id = ?", (ChatKind.ROOM.value, number))


def set_joined(db: Database, number: int, nick: str, password: str) -> None:
    """Enter this room again from now on."""
    db.run("UPDATE chat SET joined = 1, nick = ?, password = ? WHERE id = ?", (nick, password, number))


def set_left(db: Database, number: int) -> None:
    """Do not enter this room again by itself."""
    db.run("UPDATE chat SET joined = 0, ended = '' WHERE id = ?", (number,))


def set_ended(db: Database, number: int, ending: Ending) -> None:
    """We are out of this room; it is entered again by itself only when that can be mended without the user."""
    keep = ending.end in (End.SHUT, End.EXPOSED)
    db.run(
        "UPDATE chat SET joined = joined AND ?, ended = ?, end_reason = ?, end_actor = ?, end_venue = ? WHERE id = ?",
        (keep, ending.end.value, ending.reason, ending.actor, ending.venue, number),
    )


def set_exposed(db: Database, number: int, exposed: bool) -> None:
    """The user accepts that everybody in this room sees the address, or there is nothing to accept any more."""
    db.run("UPDATE chat SET exposed = ? WHERE id = ?", (exposed, number))


def password(db: Database, number: int) -> str:
    """The password with which a room was entered."""
    row = db.one("SELECT password FROM chat WHERE id = ?", (number,))
    return str(row[0]) if row else ""


def joined(db: Database, account: int) -> tuple[Joined, ...]:
    """The rooms to enter when the account is online, last spoken in first."""
    rows = db.all(
        "SELECT id, jid, nick, password FROM chat WHERE account = ? AND joined = 1 ORDER BY last_time DESC", (account,)
    )
    return tuple(Joined(*row) for row in rows)


def set_title(db: Database, number: int, title: str) -> None:
    """Rename a chat in the list."""
    db.run("UPDATE chat SET title = ? WHERE id = ?", (title, number))


def set_nick(db: Database, number: int, nick: str) -> None:
    """Keep the nick we have in a room."""
    db.run("UPDATE chat SET nick = ? WHERE id = ?", (nick, number))


def set_inside(db: Database, number: int, nick: str) -> None:
    """We are in a room, under this nick: whatever kept us out is over."""
    db.run("UPDATE chat SET nick = ?, ended = '' WHERE id = ?", (nick, number))


def set_subject(db: Database, number: int, subject: str) -> None:
    """Keep a room's subject."""
    db.run("UPDATE chat SET subject = ? WHERE id = ?", (subject, number))


def set_telling(db: Database, number: int, telling: str) -> None:
    """Keep what the person of a chat is told of their messages."""
    db.run("UPDATE chat SET telling = ? WHERE id = ?", (telling, number))


def set_draft(db: Database, number: int, text: str) -> None:
    """Keep what stands in the composer."""
    db.run("UPDATE chat SET draft = ? WHERE id = ?", (text, number))


def spoken(db: Database, number: int, last: Message, unread: int, mentions: int) -> None:
    """Count new messages, and keep the newest for the list."""
    db.run("UPDATE chat SET unread = unread + ?, mentions = mentions + ? WHERE id = ?", (unread, mentions, number))
    db.run(
        "UPDATE chat SET last_text = ?, last_sender = ?, last_time = ? WHERE id = ? AND last_time <= ?",
        (last.body[:PREVIEW], last.sender, last.time, number, last.time),
    )


def mark_read(db: Database, number: int, up_to: int) -> None:
    """The user has seen the chat up to this order key; a key beyond the newest message means that one."""
    newest = db.one("SELECT max(place) FROM message WHERE chat = ?", (number,))[0]
    up_to = min(up_to, newest or 0)
    unread, mentions = db.one(
        "SELECT count(*), coalesce(sum(mention), 0) FROM (SELECT mention FROM message"
        " WHERE chat = ? AND place > ? AND mine = 0 LIMIT 1000)",
        (number, up_to),
    )
    db.run(
        "UPDATE chat SET read_up_to = max(read_up_to, ?), unread = ?, mentions = ? WHERE id = ?",
        (up_to, unread, mentions, number),
    )


def remove(db: Database, number: int) -> None:
    """Take a chat and all that was said in it off the disk."""
    with db.transaction():
        db.run("DELETE FROM message WHERE chat = ?", (number,))
        db.run("DELETE FROM chat WHERE id = ?", (number,))
