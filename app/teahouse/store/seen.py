"""How far chats were read, as our server holds it for all our devices (XEP-0490), beside what is true here."""

from dataclasses import dataclass

from teahouse.store import chats
from teahouse.store.database import Database

_OF_CHAT = (
    "SELECT c.account, c.jid, CASE c.kind WHEN 'room' THEN c.jid ELSE a.jid END, c.displayed, c.read_up_to"
    " FROM chat c JOIN account a ON a.id = c.account WHERE c.id = ?"
)
"""With the archive that names what is said there: the room's, or our own account's."""


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a chat was read here: an archived message, by the archive's name for it."""

    jid: str
    archive: str
    stanza_id: str


def hold(db: Database, account: int, jid: str, archive: str, stanza_id: str) -> int:
    """The server holds this for a chat; its number, 0 when there is none, or another archive names what is in it."""
    row = db.one(
        "SELECT c.id FROM chat c JOIN account a ON a.id = c.account WHERE c.account = ? AND c.jid = ?"
        " AND CASE c.kind WHEN 'room' THEN c.jid ELSE a.jid END = ?",
        (account, jid, archive),
    )
    if not row:
        return 0
    db.run("UPDATE chat SET displayed = ? WHERE id = ?", (stanza_id, row[0]))
    return int(row[0])


def settle(db: Database, chat: int) -> bool:
    """Take a chat as read up to what the server holds, if that is here; whether it was less before."""
    account, _, archive, displayed, read = db.one(_OF_CHAT, (chat,)) or (0, "", "", "", 0)
    place = _place(db, account, archive, displayed, chat) if displayed else 0
    if place > read:
        chats.mark_read(db, chat, place)
    return bool(place > read)


def ahead(db: Database, chat: int, *, whole: bool) -> Position | None:
    """Where we are, when that is further than what the server holds.

    What it holds may be here only later, unless all of the archive is (`whole`).
    """
    account, jid, archive, displayed, read = db.one(_OF_CHAT, (chat,)) or (0, "", "", "", 0)
    row = db.one(
        "SELECT stanza_id, place FROM message WHERE chat = ? AND place <= ? AND mine = 0 AND archive = ?"
        " AND stanza_id <> '' ORDER BY place DESC, id DESC LIMIT 1",
        (chat, read, archive),
    )
    if not row or row[0] == displayed:
        return None
    held = _place(db, account, archive, displayed, chat) if displayed else 0
    if held >= row[1] or (not held and not whole):
        return None
    return Position(jid, archive, str(row[0]))


def _place(db: Database, account: int, archive: str, stanza_id: str, chat: int) -> int:
    row = db.one(
        "SELECT place FROM message WHERE account = ? AND archive = ? AND stanza_id = ? AND stanza_id <> ''"
        " AND chat = ?",
        (account, archive, stanza_id, chat),
    )
    return int(row[0]) if row else 0
