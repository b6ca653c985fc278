"""Remote text made safe to show: bounded, one direction, no invisible tricks."""

import re
import unicodedata

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BODY_LIMIT = 100_000
"""Characters of one message that we accept to send."""
BODY_BYTES = 200_000
"""The same in bytes as they stand in a stanza; servers end the stream of whoever sends too much."""
_ESCAPED = {"&": 5, "<": 4, ">": 4, '"': 6, "'": 6}


def illegal_in_xml(text: str) -> bool:
    """Whether the text holds a character that no XML 1.0 stream can carry (production 2)."""
    return bool(_ILLEGAL.search(text))


def excess(text: str) -> int:
    """By about how many characters a message is too long to be sent; 0 when it is not."""
    weight = len(text.encode("utf-8", "replace")) + sum(text.count(c) * (size - 1) for c, size in _ESCAPED.items())
    heavy = -(-(weight - BODY_BYTES) * len(text) // weight) if weight > BODY_BYTES else 0
    return max(0, len(text) - BODY_LIMIT, heavy)


def cleaned(text: str) -> str:
    """Characters that XML cannot carry become U+FFFD, and every end of a line a newline (XML 1.0 section 2.11)."""
    return _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def label(text: str, limit: int = 120) -> str:
    """A name, nick or title from the network on one line: no controls, no direction overrides, bounded."""
    line = " ".join(_BIDI.sub("", cleaned(text[: limit * 4])).split())
    line = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co"))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def initials(name: str) -> str:
    """One or two characters for an avatar: one for Han and other wide scripts, else up to two capitals."""
    words = [w for w in re.split(r"[\s_\-.@]+", name) if w and (w[0].isalnum() or ord(w[0]) > 0x2E80)]
    if not words:
        return name[:1] or "?"
    if unicodedata.east_asian_width(words[0][0]) in ("W", "F"):
        return words[0][0]
    return "".join(w[0] for w in words[:2]).upper()


def isolated(text: str) -> str:
    """A text that holds a right-to-left script, closed off so that it does not reorder what stands beside it."""
    if any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return f"\u2068{text}\u2069"
    return text
