"""Full-text search over every message, in every script: one token per Han character, found again as phrases.

Every operator is a term of the index or a range of its row ids, so that a rare sender of a common word costs no scan.
"""

from teahouse.domain.search import UNSPACED, SearchPage, Word, excerpt, parse
from teahouse.store import messages
from teahouse.store.database import Database
from teahouse.store.tokens import ID_BITS, place, tokens

MOST_CHATS = 100
"""Chats that one `in:` may mean."""
_ANYTHING = 'tags : ("own" OR "other")'
_COLUMNS = ", ".join("m." + column for column in messages.COLUMNS.split(", "))


def find(db: Database, words: str, chat: int, limit: int, older: tuple[int, int] | None = None) -> SearchPage:
    """Messages that meet all the terms, newest first; of one chat, or of all for 0; older than (time, id)."""
    terms = parse(words)
    if terms.empty or terms.wrong or (asked := _words(terms.words)) is None:
        return SearchPage()
    wanted = [{chat}] if chat else []
    for name in terms.chats:
        if not (named := _named(db, name)):
            return SearchPage(nowhere=name)
        wanted.append(named)
    if wanted:
        asked.append(_among(set.intersection(*wanted)))
    asked += [_sent(db, sender) for sender in terms.senders]
    if terms.link:
        asked.append('tags : "link"')
    begin = place(terms.after, 0)
    end = min(place(*older) if older else 1 << 62, place(terms.before, 0) if terms.before else 1 << 62)
    rows = db.all(
        f"SELECT {_COLUMNS} FROM (SELECT rowid AS place FROM message_text WHERE message_text MATCH ?"
        " AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) AS found"
        f" CROSS JOIN message m ON m.id = found.place & {(1 << ID_BITS) - 1}",
        (" AND ".join(f"({one})" for one in asked or [_ANYTHING]), begin, end, limit + 1),
    )
    hits = tuple(excerpt(messages.from_row(row), terms) for row in rows[:limit])
    return SearchPage(hits, len(rows) > limit)


def _words(words: tuple[Word, ...]) -> list[str] | None:
    """Each word as a phrase in quotes, so that none is an operator of FTS5; None when no letter is among them."""
    asked = []
    for word in words:
        if phrase := _phrase(word.text):
            asked.append(f"body : {phrase}{'*' if word.open and not UNSPACED.search(word.text) else ''}")
    return None if words and not asked else asked


def _phrase(text: str) -> str:
    words = " ".join(tokens(text.replace('"', " ")).split())
    return f'"{words}"' if any(c.isalnum() for c in words) else ""


def _among(chats: set[int]) -> str:
    names = " OR ".join(f'"c{number}"' for number in sorted(chats)) or '"c0"'
    return f"tags : ({names})"


def _sent(db: Database, name: str) -> str:
    """By whoever has these words in the nick or address, or in the name under which we write to them."""
    ways = [f"sender : {phrase}"] if (phrase := _phrase(name)) else []
    if people := _named(db, name, "person"):
        ways.append(f'({_among(people)} AND tags : "other")')
    return " OR ".join(ways) or 'tags : "nobody"'


def _named(db: Database, name: str, kind: str = "") -> set[int]:
    """The chats that are called so: the whole title or address if one is, else those that hold these words."""
    wanted = name.casefold()
    rows = db.all("SELECT id, title, jid FROM chat WHERE ? IN ('', kind)", (kind,))
    whole = {number for number, *names in rows if wanted in (str(n).casefold() for n in names)}
    part = [number for number, *names in rows if any(wanted in str(n).casefold() for n in names)]
    return whole or set(part[:MOST_CHATS])
