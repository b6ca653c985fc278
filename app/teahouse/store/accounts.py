"""Accounts on disk."""

from teahouse.domain.account import Account, Route, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.store.database import Database

_COLUMNS = "id, jid, nick, route, host, port, direct_tls, ca_file, pin, allow_plain, enabled"


def add(db: Database, account: Account, password: str) -> Account:
    """Keep a new account; raises Trouble(ACCOUNT_EXISTS)."""
    if db.one("SELECT id FROM account WHERE jid = ?", (account.jid,)):
        raise Trouble(Problem(Fault.ACCOUNT_EXISTS, account.jid))
    server = account.server
    number = db.run(
        "INSERT INTO account (jid, nick, password, route, host, port, direct_tls, ca_file, pin, allow_plain, enabled)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account.jid,
            account.nick,
            password,
            account.route.value,
            server.host,
            server.port,
            server.direct_tls,
            server.ca_file,
            server.pin,
            account.allow_plain,
            account.enabled,
        ),
    )
    return every(db, number)[0]


def every(db: Database, number: int = 0) -> tuple[Account, ...]:
    """All accounts, oldest first, or the one of this number."""
    where = " WHERE id = ?" if number else ""
    rows = db.all(f"SELECT {_COLUMNS} FROM account{where} ORDER BY id", (number,) if number else ())
    return tuple(
        Account(r[0], r[1], r[2], Route(r[3]), Server(r[4], r[5], bool(r[6]), r[7], r[8]), bool(r[9]), bool(r[10]))
        for r in rows
    )


def password(db: Database, number: int) -> str:
    """The account's password."""
    return str(db.one("SELECT password FROM account WHERE id = ?", (number,))[0])


def set_pin(db: Database, number: int, pin: str) -> None:
    """Keep the certificate that the user confirmed."""
    db.run("UPDATE account SET pin = ? WHERE id = ?", (pin, number))


def set_enabled(db: Database, number: int, enabled: bool) -> None:
    """Whether the account goes online by itself."""
    db.run("UPDATE account SET enabled = ? WHERE id = ?", (enabled, number))
