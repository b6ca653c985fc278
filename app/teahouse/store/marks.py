"""How far messages have come with people, and how far we have read theirs: what both sides say of it, on disk."""

from teahouse.domain.message import Delivery, Message, Reach
from teahouse.store import messages
from teahouse.store.database import Database

MOST = 500
"""Own messages that one word of the other side takes along."""
_SENT = f"({Delivery.SENT:d}, {Delivery.ACKED:d}, {Delivery.CONFIRMED:d}, {Delivery.UNSURE:d})"
_ARRIVED = f"({Delivery.ACKED:d}, {Delivery.CONFIRMED:d})"


def reached(
    db: Database, account: int, jid: str, origin_id: str, reach: Reach, *, ahead: bool = False
) -> tuple[Message, ...]:
    """The person with this bare address has what was sent to them under this id; the messages that changed.

    It is confirmed with that. What they have seen was behind all before it, as far as that has arrived. `ahead` says
    that something may be missing in front of it.
    """
    row = db.one(
        "SELECT m.id, m.chat, m.place FROM message m JOIN chat c ON c.id = m.chat WHERE c.account = ? AND c.jid = ?"
        " AND c.kind = 'person' AND m.origin_id = ? AND m.origin_id <> '' AND m.mine = 1",
        (account, jid, origin_id),
    )
    if not row:
        return ()
    named, chat, place = row
    db.run(
        "UPDATE message SET ahead = ?, state = ?, detail = '' WHERE id = ? AND state <> ?",
        (ahead, Delivery.CONFIRMED, named, Delivery.CONFIRMED),
    )
    numbers = [named, *(_before(db, chat, place) if reach is Reach.DISPLAYED else ())]
    changed = []
    for number in numbers:
        if db.one("SELECT 1 FROM message WHERE id = ? AND reach < ?", (number, reach)):
            db.run("UPDATE message SET reach = ? WHERE id = ?", (reach, number))
            changed.append(messages.get(db, number))
    return tuple(message for message in changed if message is not None)


def _before(db: Database, chat: int, place: int) -> list[int]:
    last = db.one("SELECT max(place) FROM message WHERE chat = ? AND reach = 2", (chat,))[0] or 0
    rows = db.all(
        "SELECT id FROM message WHERE chat = ? AND place > ? AND place < ? AND mine = 1"
        f" AND state IN {_ARRIVED} ORDER BY place DESC LIMIT ?",
        (chat, last, place, MOST),
    )
    return [number for (number,) in rows]


def wrote_to(db: Database, account: int, jid: str) -> bool:
    """Whether the user has written to this bare address, and it went out."""
    return bool(
        db.one(
            "SELECT 1 FROM chat c WHERE c.account = ? AND c.jid = ? AND c.kind = 'person' AND EXISTS"
            f" (SELECT 1 FROM message m WHERE m.chat = c.id AND m.mine = 1 AND m.state IN {_SENT})",
            (account, jid),
        )
    )


def owe(db: Database, chat: int) -> bool:
    """Whoever is at the other end of a chat is to hear how far it was read; whether that is new."""
    row = db.one(
        "SELECT m.markable FROM message m JOIN chat c ON c.id = m.chat WHERE m.chat = ? AND m.place <= c.read_up_to"
        " AND m.mine = 0 ORDER BY m.place DESC, m.id DESC LIMIT 1",
        (chat,),
    )
    if not row or not row[0]:
        return False
    new = "UPDATE chat SET marker = ?, marker_owed = 1 WHERE id = ? AND marker <> ? RETURNING id"
    return bool(db.all(new, (row[0], chat, row[0])))


def owed(db: Database, account: int) -> tuple[tuple[int, str, str], ...]:
    """(chat, bare address, id of the message) of what people have yet to hear."""
    return tuple(db.all("SELECT id, jid, marker FROM chat WHERE account = ? AND marker_owed = 1", (account,)))


def paid(db: Database, chat: int) -> None:
    """They have been told, or are not to be."""
    db.run("UPDATE chat SET marker_owed = 0 WHERE id = ?", (chat,))


def place_of(db: Database, account: int, jid: str, origin_id: str) -> tuple[int, int]:
    """(chat, order key) of what a person wrote to us under this id; zeros when we have it not."""
    row = db.one(
        "SELECT m.chat, m.place FROM message m JOIN chat c ON c.id = m.chat WHERE c.account = ? AND c.jid = ?"
        " AND c.kind = 'person' AND m.origin_id = ? AND m.origin_id <> '' AND m.mine = 0",
        (account, jid, origin_id),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def written(db: Database, chat: int, origin_id: str) -> int:
    """The order key of what we wrote in a chat under this id; 0 when we have it not."""
    row = db.one(
        "SELECT place FROM message WHERE chat = ? AND origin_id = ? AND origin_id <> '' AND mine = 1",
        (chat, origin_id),
    )
    return int(row[0]) if row else 0
