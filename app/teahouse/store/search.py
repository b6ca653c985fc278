"""Full-text search over every message, in every script: one token per Han character, found again as phrases."""

from teahouse.domain.message import Message
from teahouse.store import messages
from teahouse.store.database import Database
from teahouse.store.tokens import UNSPACED, tokens


def expression(words: str) -> str:
    """What FTS5 is asked: every word, the last one as a beginning; quoted, so that no word is an operator."""
    phrases = [" ".join(tokens(word.replace('"', " ")).split()) for word in words.split()]
    quoted = [f'"{phrase}"' for phrase in phrases if any(c.isalnum() for c in phrase)]
    if quoted and not UNSPACED.search(quoted[-1]) and not words.endswith(" "):
        quoted[-1] += "*"
    return " ".join(quoted)


def find(db: Database, words: str, chat: int, limit: int) -> tuple[Message, ...]:
    """Messages that hold all the words, newest first; of one chat, or of all for 0."""
    asked = expression(words[:200])
    if not asked:
        return ()
    rows = db.all(
        f"SELECT {', '.join('m.' + column for column in messages.COLUMNS.split(', '))} FROM message_text t"
        " JOIN message m ON m.id = t.rowid WHERE t.message_text MATCH ? AND (? = 0 OR m.chat = ?)"
        " ORDER BY t.rowid DESC LIMIT ?",
        (asked, chat, chat, limit),
    )
    return tuple(messages.from_row(row) for row in rows)
