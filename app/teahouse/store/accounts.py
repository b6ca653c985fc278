"""Accounts on disk."""

from typing import Any

from teahouse.domain.account import Account, Proxy, Route, Server
from teahouse.domain.key import Acceptance
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.store import keys
from teahouse.store.database import Database

_COLUMNS = (
    "jid, nick, route, host, port, direct_tls, ca_file, pin, allow_plain, enabled,"
    " proxy_host, proxy_port, proxy_user, proxy_password, onion_host, onion_port, onion_direct_tls"
)

_KEY = "coalesce((SELECT key FROM server_key WHERE server_key.account = account.id ORDER BY id DESC LIMIT 1), '')"


def add(db: Database, account: Account, password: str) -> Account:
    """Keep a new account; raises Trouble(ACCOUNT_EXISTS)."""
    if db.one("SELECT id FROM account WHERE jid = ?", (account.jid,)):
        raise Trouble(Problem(Fault.ACCOUNT_EXISTS, account.jid))
    values = (*_values(account), password)
    marks = ", ".join("?" * len(values))
    with db.transaction():
        number = db.run(f"INSERT INTO account ({_COLUMNS}, password) VALUES ({marks})", values)
        if account.key:
            keys.accept(db, number, account.jid.partition("@")[2], account.key, Acceptance.FIRST)
    return every(db, number)[0]


def _values(account: Account) -> tuple[Any, ...]:
    server, proxy, onion = account.server, account.proxy or Proxy("", 0), account.onion
    return (
        account.jid,
        account.nick,
        account.route.value,
        server.host,
        server.port,
        server.direct_tls,
        server.ca_file,
        server.pin,
        account.allow_plain,
        account.enabled,
        proxy.host,
        proxy.port,
        proxy.user,
        proxy.password,
        onion.host,
        onion.port,
        onion.direct_tls,
    )


def every(db: Database, number: int = 0) -> tuple[Account, ...]:
    """All accounts, oldest first, or the one of this number."""
    where = " WHERE id = ?" if number else ""
    rows = db.all(f"SELECT id, {_COLUMNS}, {_KEY} FROM account{where} ORDER BY id", (number,) if number else ())
    return tuple(_account(row) for row in rows)


def _account(row: tuple[Any, ...]) -> Account:
    number, jid, nick, route, host, port, direct_tls, ca_file, pin, allow_plain, enabled = row[:11]
    return Account(
        number,
        jid,
        nick,
        Route(route),
        Server(host, port, bool(direct_tls), ca_file, pin),
        bool(allow_plain),
        bool(enabled),
        Proxy(*row[11:15]) if row[11] else None,
        Server(row[15], row[16], bool(row[17])),
        row[18],
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


def set_route(db: Database, number: int, route: Route, proxy: Proxy | None) -> None:
    """Which way the account goes from now on."""
    where = proxy or Proxy("", 0)
    db.run(
        "UPDATE account SET route = ?, proxy_host = ?, proxy_port = ?, proxy_user = ?, proxy_password = ? WHERE id = ?",
        (route.value, where.host, where.port, where.user, where.password, number),
    )


def set_onion(db: Database, number: int, onion: Server) -> None:
    """Remember an onion address of the account's server."""
    db.run(
        "UPDATE account SET onion_host = ?, onion_port = ?, onion_direct_tls = ? WHERE id = ?",
        (onion.host, onion.port, onion.direct_tls, number),
    )
