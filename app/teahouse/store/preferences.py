"""Preferences on disk: keys and values."""

from teahouse.store.database import Database


def every(db: Database) -> dict[str, str]:
    """All that was set."""
    return dict(db.all("SELECT key, value FROM preference"))


def put(db: Database, key: str, value: str) -> None:
    """Keep one."""
    db.run("INSERT INTO preference VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))
