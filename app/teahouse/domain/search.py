"""What somebody looks for: words, "phrases", and operators for who, where, when. Parsed strictly and bounded."""

import datetime
import re
import unicodedata
from dataclasses import dataclass

from teahouse.domain.message import Message
from teahouse.domain.text import cleaned, label

OPERATORS = ("from", "in", "before", "after", "has")
MOST, LONGEST = 20, 300
"""Words of one search, and characters of what is typed; more is not looked at."""
WINDOW, AHEAD_OF_HIT = 160, 20
"""Characters of an excerpt, and how many of them stand before the first hit."""
_TERM = re.compile(r'(?:(from|in|before|after|has)[:：])?(?:"([^"]*)("?)|(\S+))|(\S+)', re.IGNORECASE)
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_LINK = re.compile(r"\b(?:https?://|xmpp:)[^\s<>\"']", re.IGNORECASE)
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
"""A character of a script that writes no spaces: a word of its own."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a phrase; `open` when it is still being typed, so that a beginning will do."""

    text: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A search, all of whose terms a message has to meet. Moments are milliseconds UTC, 0 when there is none."""

    words: tuple[Word, ...] = ()
    senders: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    before: int = 0
    after: int = 0
    link: bool = False
    wrong: tuple[tuple[str, str], ...] = ()
    """Operators that make no sense, each with what was given."""
    begun: bool = False
    """Whether an operator waits for its value."""

    @property
    def empty(self) -> bool:
        """Whether nothing at all is looked for."""
        return not (self.words or self.limited or self.wrong)

    @property
    def limited(self) -> bool:
        """Whether an operator is in use."""
        return bool(self.senders or self.chats or self.before or self.after or self.link)


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, and the part of it around the hit on one line; `marks` are (start, end) in it."""

    message: Message
    excerpt: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits, newest first, and whether there are `more`; `nowhere` is the name of a chat that there is not."""

    hits: tuple[Hit, ...] = ()
    more: bool = False
    nowhere: str = ""


def parse(text: str) -> Terms:
    """Read what was typed; never raises. An operator without a value is still being typed and counts for nothing."""
    text = cleaned(text[:LONGEST])
    words: list[Word] = []
    senders: list[str] = []
    chats: list[str] = []
    wrong: list[tuple[str, str]] = []
    before = after = 0
    link = begun = False
    for found in list(_TERM.finditer(text))[:MOST]:
        operator, quoted, _end, bare, rest = found.groups()
        value = (bare or rest or "") if quoted is None else quoted
        operator, value = (operator or "").lower(), value.strip()
        if not value:
            continue
        if not operator:
            if _bare_operator(value):
                begun = True
            else:
                words.append(Word(value, quoted is None and found.end() == len(text)))
        elif operator == "from":
            senders.append(value)
        elif operator == "in":
            chats.append(value)
        elif operator == "has" and value.casefold() in ("link", "links"):
            link = True
        elif operator in ("before", "after") and (moment := day(value)) is not None:
            before = min(before or moment, moment) if operator == "before" else before
            after = max(after, moment) if operator == "after" else after
        else:
            wrong.append((operator, value))
    return Terms(tuple(words), tuple(senders), tuple(chats), before, after, link, tuple(wrong), begun)


def _bare_operator(value: str) -> bool:
    return value[-1] in ":：" and value[:-1].lower() in OPERATORS


def day(text: str) -> int | None:
    """When a day like 2026-01-31 begins here, in milliseconds UTC; None when there is no such day since 1971."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    year, month, number = map(int, found.groups())
    try:
        begins = datetime.datetime(year, month, number) if 1970 < year < 2200 else None
    except ValueError:
        return None
    return int(begins.timestamp()) * 1000 if begins else None


def has_link(body: str) -> bool:
    """Whether a text holds a web address or that of a room."""
    return bool(_LINK.search(body))


def folded(text: str) -> str:
    """The text without case and accents, each character at its old place."""
    return text if text.isascii() and text.islower() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isascii():
        return character.lower()
    return unicodedata.normalize("NFKD", character.casefold())[:1] or character


def excerpt(message: Message, terms: Terms) -> Hit:
    """The part of a message around the first word that was looked for, on one line, and where the words stand in it."""
    body = message.body[:20_000]
    patterns = [pattern for word in terms.words if (pattern := _pattern(word))]
    starts = [found.start() for pattern in patterns if (found := pattern.search(folded(body)))]
    first = min(starts, default=0)
    begin = max(0, first - AHEAD_OF_HIT)
    if begin and (space := body.find(" ", begin, first)) >= 0:
        begin = space + 1
    line = label(body[begin : begin + WINDOW], WINDOW)
    line = f"{'…' if begin else ''}{line}{'…' if begin + WINDOW < len(body) and not line.endswith('…') else ''}"
    spans = sorted(found.span() for pattern in patterns for found in pattern.finditer(folded(line)))
    marks: list[tuple[int, int]] = []
    for start, end in spans:
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        elif end > start:
            marks.append((start, end))
    return Hit(message, line, tuple(marks))


def _pattern(word: Word) -> re.Pattern[str] | None:
    """What the index takes for this word, as an expression over folded text."""
    parts = [part for part in re.split(r"[\W_]+", UNSPACED.sub(r" \g<0> ", folded(word.text))) if part]
    if not parts:
        return None
    first = "" if UNSPACED.match(parts[0]) else r"(?<![^\W_])"
    last = "" if word.open or UNSPACED.match(parts[-1]) else r"(?![^\W_])"
    return re.compile(first + r"[\W_]{0,100}".join(map(re.escape, parts)) + last)
