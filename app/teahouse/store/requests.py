"""Requests on disk: bounded, whoever asks and however often."""

from dataclasses import dataclass

from teahouse.domain.request import Asking, Request
from teahouse.store.database import Database
from teahouse.store.messages import Identity

MOST = 200
"""Requests that are kept of one account: strangers make as many addresses as they like."""
OF_ONE = 5
"""Requests that are kept of one sender."""
SAID, BODY, TEXT = 10, 4_000, 500
"""Messages that are kept of one stranger, characters of each, and of what the list shows."""
_COLUMNS = (
    "id, account, kind, jid, sender, inviter, text, time,"
    " (SELECT count(*) FROM request_message WHERE request = request.id), lost, password"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a stranger."""

    time: int
    """Milliseconds UTC."""
    body: str
    identity: Identity
    cipher: bytes | None = None
    """What is encrypted in it."""
    legacy: bool = False
    """Whether that is of the old way (XEP-0027)."""


def _request(row: tuple[object, ...]) -> Request:
    number, account, kind, *rest = row
    return Request(number, account, Asking(kind), *rest)  # type: ignore[arg-type]


def every(db: Database, account: int) -> tuple[Request, ...]:
    """The requests of an account, newest first."""
    rows = db.all(f"SELECT {_COLUMNS} FROM request WHERE account = ? ORDER BY time DESC, id DESC", (account,))
    return tuple(_request(row) for row in rows)


def get(db: Database, number: int) -> Request | None:
    """One request, or None when it is gone."""
    row = db.one(f"SELECT {_COLUMNS} FROM request WHERE id = ?", (number,))
    return _request(row) if row else None


def of_person(db: Database, account: int, jid: str) -> Request | None:
    """What somebody wrote who was not answered yet."""
    where = (account, Asking.TALK.value, jid, jid)
    row = db.one(f"SELECT {_COLUMNS} FROM request WHERE account = ? AND kind = ? AND jid = ? AND sender = ?", where)
    return _request(row) if row else None


def hold(db: Database, request: Request) -> int:
    """Keep a request, in place of an older one of the same kind by the same; its number."""
    key = (request.account, request.kind.value, request.jid, request.sender)
    told = (request.inviter, request.password, request.text[:TEXT], request.time)
    db.run(
        "INSERT INTO request (account, kind, jid, sender, inviter, password, text, time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET inviter = excluded.inviter, password = excluded.password, text = excluded.text,"
        " time = excluded.time",
        (*key, *told),
    )
    where = "account = ? AND kind = ? AND jid = ? AND sender = ?"
    return int(db.one(f"SELECT id FROM request WHERE {where}", key)[0])


def has(db: Database, request: int, said: Said) -> bool:
    """Whether this message of a stranger is there already: an archive tells it again."""
    name = said.identity
    twin = (
        "SELECT 1 FROM request_message WHERE request = ? AND ((origin_id <> '' AND origin_id = ? AND body = ?)"
        " OR (stanza_id <> '' AND archive = ? AND stanza_id = ?))"
    )
    return bool(db.one(twin, (request, name.origin_id, _cut(said.body), name.archive, name.stanza_id)))


def _cut(body: str) -> str:
    return body if len(body) <= BODY else body[: BODY - 1] + "…"


def say(db: Database, request: int, said: Said) -> None:
    """Keep a message of a stranger, unless it is there already; beyond SAID the oldest one goes."""
    if has(db, request, said):
        return
    name, body = said.identity, _cut(said.body)
    db.run(
        "INSERT INTO request_message (request, time, body, origin_id, archive, stanza_id, cipher, legacy)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (request, said.time, body, name.origin_id, name.archive, name.stanza_id, said.cipher, said.legacy),
    )
    surplus = db.all(
        "SELECT id FROM request_message WHERE request = ? ORDER BY id DESC LIMIT -1 OFFSET ?", (request, SAID)
    )
    for (number,) in surplus:
        db.run("DELETE FROM request_message WHERE id = ?", (number,))
    if surplus:
        db.run("UPDATE request SET lost = lost + ? WHERE id = ?", (len(surplus), request))


def said(db: Database, request: int) -> list[Said]:
    """The messages of a stranger, in the order they came."""
    columns = "time, body, cipher, legacy, origin_id, archive, stanza_id"
    rows = db.all(f"SELECT {columns} FROM request_message WHERE request = ? ORDER BY id", (request,))
    return [
        Said(time, body, Identity("", "", *name), cipher, bool(legacy)) for time, body, cipher, legacy, *name in rows
    ]


def trim(db: Database, account: int, sender: str) -> None:
    """Let the oldest requests go when there are too many, of this sender or at all, and count them."""
    by_sender = "SELECT id FROM request WHERE account = ? AND sender = ? ORDER BY time DESC, id DESC LIMIT -1 OFFSET ?"
    at_all = "SELECT id FROM request WHERE account = ? ORDER BY time DESC, id DESC LIMIT -1 OFFSET ?"
    for surplus in (db.all(by_sender, (account, sender, OF_ONE)), db.all(at_all, (account, MOST))):
        for (number,) in surplus:
            db.run("DELETE FROM request WHERE id = ?", (number,))
        db.run("UPDATE account SET requests_lost = requests_lost + ? WHERE id = ?", (len(surplus), account))


def lost(db: Database, account: int) -> int:
    """How many requests were let go since there was none."""
    row = db.one("SELECT requests_lost FROM account WHERE id = ?", (account,))
    return int(row[0]) if row else 0


def remove(db: Database, request: Request) -> None:
    """It is answered. With the last one the account of those that were let go is closed, too."""
    with db.transaction():
        db.run("DELETE FROM request WHERE id = ?", (request.id,))
        db.run(
            "UPDATE account SET requests_lost = 0 WHERE id = ?"
            " AND NOT EXISTS (SELECT 1 FROM request WHERE account = account.id)",
            (request.account,),
        )


def ignore(db: Database, account: int, jid: str) -> None:
    """The user wants to hear no more of this address."""
    db.run("INSERT INTO ignored (account, jid) VALUES (?, ?) ON CONFLICT DO NOTHING", (account, jid))


def heed(db: Database, account: int, jid: str) -> None:
    """The user wants to hear of this address again."""
    db.run("DELETE FROM ignored WHERE account = ? AND jid = ?", (account, jid))


def ignored(db: Database, account: int) -> set[str]:
    """All of whom the user wants to hear no more."""
    return {str(jid) for (jid,) in db.all("SELECT jid FROM ignored WHERE account = ?", (account,))}
