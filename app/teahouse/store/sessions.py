"""Sessions on disk (XEP-0198), so that one goes on after a crash: how far either side has counted.

There is one only while it lasts: a session that ended in good order leaves nothing here.
"""

from dataclasses import dataclass

from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Delivery
from teahouse.store.database import Database

TRIES = 3
"""So often a session goes on without anything new being handled; then it is given up, for it may be what kills us."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is needed to go on."""

    id: str
    address: str
    """With its resource."""
    handled: int
    """Stanzas of the server that are dealt with, modulo 2^32."""
    archived: bool
    """Whether the server gives messages ids of their archive, and (`carbons`) sends copies."""
    carbons: bool


def begin(db: Database, account: int, id: str, address: str) -> None:
    """A session has begun, under this id."""
    db.run("INSERT OR REPLACE INTO session (account, id, address) VALUES (?, ?, ?)", (account, id, address))


def know(db: Database, account: int, *, archived: bool, carbons: bool) -> None:
    """What its server does is known."""
    db.run("UPDATE session SET archived = ?, carbons = ? WHERE account = ?", (archived, carbons, account))


def count(db: Database, account: int, handled: int) -> None:
    """So many of the server's stanzas are dealt with; to be written with what they brought."""
    db.run("UPDATE session SET handled = ?, tries = 0 WHERE account = ? AND handled <> ?", (handled, account, handled))


def take(db: Database, account: int) -> Kept | None:
    """The session that may go on, tried once more with this; None when there is none, or it was tried too often."""
    row = db.one("SELECT id, address, handled, archived, carbons, tries FROM session WHERE account = ?", (account,))
    if not row or row[5] >= TRIES:
        return None
    db.run("UPDATE session SET tries = tries + 1 WHERE account = ?", (account,))
    id, address, handled, archived, carbons, _ = row
    return Kept(id, address, handled, bool(archived), bool(carbons))


def end(db: Database, account: int) -> None:
    """It is over."""
    db.run("DELETE FROM session WHERE account = ?", (account,))
    db.run("DELETE FROM under_way WHERE account = ?", (account,))


def sent(db: Database, message: int, account: int, number: int) -> None:
    """An own message is the stanza of this number of those that we send."""
    db.run("INSERT OR REPLACE INTO under_way VALUES (?, ?, ?)", (message, account, number))


def arrived(db: Database, message: int) -> None:
    """The server has it, or it did not go out after all."""
    db.run("DELETE FROM under_way WHERE message = ?", (message,))


def under_way(db: Database, account: int) -> tuple[tuple[int, int], ...]:
    """(message, number) of those of which the server has not said that it has them, in the order they were sent."""
    return tuple(db.all("SELECT message, number FROM under_way WHERE account = ? ORDER BY message", (account,)))


def doubt(db: Database, message: int) -> None:
    """The server said that it has it, and may have died before it did anything with it; in rooms they show it."""
    db.run(
        "INSERT OR REPLACE INTO doubted SELECT m.id, m.account FROM message m JOIN chat c ON c.id = m.chat"
        " WHERE m.id = ? AND m.state = ? AND c.kind = ?",
        (message, int(Delivery.ACKED), ChatKind.PERSON.value),
    )


def doubted(db: Database, account: int) -> tuple[int, ...]:
    """The messages to people that are doubted, oldest first."""
    return tuple(m for (m,) in db.all("SELECT message FROM doubted WHERE account = ? ORDER BY message", (account,)))


def believe(db: Database, account: int) -> None:
    """Nothing is doubted any more."""
    db.run("DELETE FROM doubted WHERE account = ?", (account,))
