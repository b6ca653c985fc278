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
MINUTE = 60_000
"""Between two messages, so that a million of them span two years."""
BEGAN = 365 * 24 * 60 * MINUTE
"""The first one was said as 1971 began."""
SEARCHES = {
    "search ms": "lantern",
    "search Han ms": "茶会",
    "search beginning ms": "lant",
    "search common beginning ms": "me",
    "search common word ms": "message ",
    "search common and rare ms": "message lantern 茶会",
    "search from ms": "from:plum",
    "search common, rare sender ms": "message from:heron",
    "search in, link ms": "in:tea has:link",
    "search days ms": "message after:1971-02-01 before:1971-02-03",
    "search all ms": "lorem from:plum in:tea after:1971-01-05 before:1971-03-01",
}


def open_and_search(count: int) -> dict[str, list[float]]:
    """Milliseconds to open the database and read the last page, to page up, and to find a rare and a common word."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "teahouse.db"
        chat = _filled(path, count)
        figures: dict[str, list[float]] = {name: [] for name in ("open ms", "page ms", *SEARCHES)}
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            db = Database(path, KEY, read_only=True)
            page = messages.before(db, chat, LATEST, 80)
            figures["open ms"].append((time.perf_counter() - begun) * 1e3)
            begun = time.perf_counter()
            assert messages.before(db, chat, page[0].key, 80)
            figures["page ms"].append((time.perf_counter() - begun) * 1e3)
            for name, words in SEARCHES.items():
                begun = time.perf_counter()
                assert search.find(db, words, 0, 50).hits
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
            link = " https://tea.test" if number % 2_000 == 7 else ""
            body = f"message {number} lorem ipsum 今天晚上的茶会{rare}{link}"
            sender = "heron" if number % 5_000 == 9 else "plum" if number % 3 else "willow"
            messages.append(
                db,
                Message(0, chat.account, chat.id, number * 1_000, BEGAN + number * MINUTE, sender, body),
                Identity(origin_id=f"o{number}", archive=chat.jid, stanza_id=f"s{number}"),
            )
