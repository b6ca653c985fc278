"""Messages as the full-text index sees them. A change here needs a new index: it is taken out as it went in."""

from teahouse.domain.search import UNSPACED, has_link

INDEXED = 20_000
"""Characters of one message that can be found."""
ID_BITS = 30
_IDS, _SECONDS = 1 << ID_BITS, 1 << 33


def tokens(text: str) -> str:
    """The text with a space around each character of a script that writes none."""
    return UNSPACED.sub(lambda found: f" {found.group()} ", text[:INDEXED])


def place(time: int, number: int) -> int:
    """Where a message stands in the index: by its second, then by its id, so that the newest are found first."""
    return min(max(time // 1000, 0), _SECONDS - 1) << ID_BITS | number % _IDS


def tags(chat: int, mine: int, body: str) -> str:
    """What can be looked for besides words: the chat, whose it is, whether it holds a link."""
    return f"c{chat} {'own' if mine else 'other'}{' link' if has_link(body[:INDEXED]) else ''}"


FUNCTIONS = (("index_words", 1, tokens), ("index_place", 2, place), ("index_tags", 3, tags))
"""The same for the triggers of the schema: (name, arguments, function)."""
