"""The public keys of servers on disk, each with when it was seen and how it was accepted."""

import time

from teahouse.domain.key import Acceptance, KnownKey
from teahouse.store.database import Database


def history(db: Database, account: int) -> tuple[KnownKey, ...]:
    """The keys of an account's server in the order they were accepted: only the last one counts."""
    columns = "host, key, first_seen, last_seen, accepted"
    rows = db.all(f"SELECT {columns} FROM server_key WHERE account = ? ORDER BY id", (account,))
    return tuple(KnownKey(at, key, first, last, Acceptance(how)) for at, key, first, last, how in rows)


def accept(db: Database, account: int, host: str, key: str, how: Acceptance) -> None:
    """From now on the server is known by this key."""
    now = int(time.time() * 1000)
    values = (account, host, key, now, now, how.value)
    db.run(
        "INSERT INTO server_key (account, host, key, first_seen, last_seen, accepted) VALUES (?, ?, ?, ?, ?, ?)", values
    )


def saw(db: Database, account: int, host: str, key: str) -> None:
    """The server has shown this key; the very first one is kept, any other one must be the one that counts."""
    known = history(db, account)
    if not known:
        return accept(db, account, host, key, Acceptance.FIRST)
    if known[-1].key == key:
        newest = "(SELECT max(id) FROM server_key WHERE account = ?)"
        db.run(f"UPDATE server_key SET last_seen = ? WHERE id = {newest}", (int(time.time() * 1000), account))
