"""On disk: the key that the user compared and wants used with a person the old way."""

from teahouse.store.database import Database


def chosen(db: Database, account: int, jid: str) -> tuple[str, bytes] | None:
    """The fingerprint and the key (binary or armored) for a bare address; None without one."""
    row = db.one("SELECT fingerprint, public FROM openpgp_legacy WHERE account = ? AND jid = ?", (account, jid))
    return (row[0], bytes(row[1])) if row else None


def choose(db: Database, account: int, jid: str, fingerprint: str, public: bytes) -> None:
    """The user has compared this one; it takes the place of another."""
    values = (account, jid, fingerprint, public)
    db.run("INSERT OR REPLACE INTO openpgp_legacy (account, jid, fingerprint, public) VALUES (?, ?, ?, ?)", values)
