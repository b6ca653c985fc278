"""Preferences on disk: keys and values."""

from teahouse.domain.account import Account, Route
from teahouse.domain.settings import Setting, kept_as
from teahouse.store.database import Database


def every(db: Database) -> dict[str, str]:
    """All that was set."""
    return dict(db.all("SELECT key, value FROM preference"))


def put(db: Database, key: str, value: str) -> None:
    """Keep one."""
    db.run("INSERT INTO preference VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def wanted(db: Database, setting: Setting, account: Account) -> bool:
    """Whether the user wants this for an account; left to the program, only for one that does not hide."""
    row = db.one("SELECT value FROM preference WHERE key = ?", (kept_as(setting, account.id),))
    chosen = setting.sound(str(row[0]) if row else "")
    return chosen == "always" or (chosen == "auto" and account.route is Route.DIRECT)
