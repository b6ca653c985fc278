"""Rooms as the server remembers them: what it held when it was last asked, beside what is true here."""

from dataclasses import dataclass

from teahouse.store.database import Database


@dataclass(frozen=True, slots=True)
class Remembered:
    """A room of the chat list. `held` is whether the server last had it to be entered, None when it had it not."""

    chat: int
    jid: str
    title: str
    nick: str
    password: str
    joined: bool
    held: bool | None
    put_out: bool
    """Whether we are out of it by another's will: that is nothing that other devices have to follow."""


def every(db: Database, account: int) -> tuple[Remembered, ...]:
    """All rooms of an account."""
    rows = db.all(
        "SELECT id, jid, title, nick, password, joined, bookmarked, ended FROM chat"
        " WHERE account = ? AND kind = 'room' ORDER BY id",
        (account,),
    )
    return tuple(
        Remembered(number, jid, title, nick, password, bool(joined), None if held is None else bool(held), bool(ended))
        for number, jid, title, nick, password, joined, held, ended in rows
    )


def set_held(db: Database, chat: int, held: bool | None) -> None:
    """The server now has it so."""
    db.run("UPDATE chat SET bookmarked = ? WHERE id = ?", (None if held is None else int(held), chat))
