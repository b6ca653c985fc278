"""Open, page and search a chat with many stored messages, on the encrypted store."""

import tempfile
import time
from pathlib import Path

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.message import LATEST, Message
from teahouse.store import accounts, chats, messages, search
from teahouse.store.database import Database
from teahouse.store.messages import Identity

KEY = bytes(32)
ROUNDS = 7


def open_and_search(count: int) -> dict[str, list[float]]:
    """Milliseconds to open the database and read the last page, to page up, and to find a rare and a common word."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "teahouse.db"
        chat = _filled(path, count)
        figures: dict[str, list[float]] = {"open ms": [], "page ms": [], "search ms": [], "search Han ms": []}
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            db = Database(path, KEY, read_only=True)
            page = messages.before(db, chat, LATEST, 80)
            figures["open ms"].append((time.perf_counter() - begun) * 1e3)
            begun = time.perf_counter()
            assert messages.before(db, chat, page[0].key, 80)
            figures["page ms"].append((time.perf_counter() - begun) * 1e3)
            for name, words in (("search ms", "lantern"), ("search Han ms", "茶会")):
                begun = time.perf_counter()
                assert search.find(db, words, 0, 50)
                figures[name].append((time.perf_counter() - begun) * 1e3)
            db.close()
        return figures


def _filled(path: Path, count: int) -> int:
    db = Database(path, KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    chat = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    fill(db, chat, count)
    db.close()
    return chat.id


def fill(db: Database, chat: Chat, count: int) -> None:
    """Put so many messages into a chat, one word in a thousand rare."""
    db.run("PRAGMA synchronous = OFF")
    with db.transaction():
        for number in range(count):
            rare = " lantern" if number % 1_000 == 0 else ""
            body = f"message {number} lorem ipsum 今天晚上的茶会{rare}"
            sender = "plum" if number % 3 else "willow"
            messages.append(
                db,
                Message(0, chat.account, chat.id, number * 1_000, number, sender, body),
                Identity(origin_id=f"o{number}", archive=chat.jid, stanza_id=f"s{number}"),
            )
