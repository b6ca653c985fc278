"""The roster on disk, with the version that the server gave it (RFC 6121 section 2.6)."""

import json
from collections.abc import Iterable

from teahouse.domain.contact import Contact
from teahouse.store.database import Database


def every(db: Database, account: int) -> dict[str, Contact]:
    """Who stands in an account's roster, by bare address; nobody is known to be reachable."""
    rows = db.all("SELECT jid, name, subscription, groups FROM contact WHERE account = ? ORDER BY jid", (account,))
    return {
        jid: Contact(account, jid, name, subscription, groups=tuple(json.loads(groups)))
        for jid, name, subscription, groups in rows
    }


def version(db: Database, account: int) -> str:
    """The version of that roster; empty when there is none."""
    row = db.one("SELECT roster_version FROM account WHERE id = ?", (account,))
    return str(row[0]) if row else ""


def keep(
    db: Database, account: int, kept: Iterable[Contact], gone: Iterable[str], version: str, *, whole: bool
) -> None:
    """Write down who is in the roster now, who is not any more, and the version; `whole`: nobody else is in it."""
    with db.transaction():
        if whole:
            db.run("DELETE FROM contact WHERE account = ?", (account,))
        for jid in gone:
            db.run("DELETE FROM contact WHERE account = ? AND jid = ?", (account, jid))
        for one in kept:
            groups = json.dumps(one.groups, ensure_ascii=False)
            db.run(
                "INSERT OR REPLACE INTO contact VALUES (?, ?, ?, ?, ?)",
                (account, one.jid, one.name, one.subscription, groups),
            )
        db.run("UPDATE account SET roster_version = ? WHERE id = ?", (version, account))
