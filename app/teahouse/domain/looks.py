"""What a name looks like: names that a reader cannot tell apart have one skeleton (after UTS 39, own table).

A skeleton is only compared, never shown. It is coarse on purpose: a mark too many does less harm than one too few.
"""

import unicodedata

_LIKE = {
    "a": "аαɑ⍺", "b": "ьЬƄ", "c": "сϲⅽ", "d": "ԁժ", "e": "еєҽ℮", "f": "ϝք", "g": "ɡցԍ", "h": "һհ", "i": "іιıɩӏ",
    "j": "јϳ", "k": "кκ", "l": "1|ⅼӀǀ∣ןاƖ", "m": "мⅿ", "n": "ոռпη", "o": "0оοσօѳ๐໐०০੦૦௦๏סه", "p": "рρ", "q": "ԛգզ",
    "r": "гᴦⲅ", "s": "ѕꜱʂ", "t": "тτ", "u": "υսʋц", "v": "νѵⅴ∨", "w": "ԝѡωшա", "x": "хχ×ⅹ", "y": "уγүყ", "z": "ᴢʐ",
    "3": "зӡʒ", "4": "ч", "6": "б", "-": "‐‑‒–—−ー一", ".": "。․", "'": "’‘`´ʹʼ", "_": "‗",
}  # fmt: skip
_FOLD = {ord(look): "l" if plain == "i" else plain for plain, looks in _LIKE.items() for look in looks} | {105: "l"}
_PAIRS = (("rn", "m"), ("vv", "w"))
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u034f\u180b\u180c\u180d\u180f")
"""Letters and marks by their category that show nothing: Hangul fillers, the empty Braille cell and the like."""


def skeleton(name: str) -> str:
    """What a name looks like, empty when nothing of it can be seen."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    folded = "".join(c for c in plain if _shows(c)).translate(_FOLD)
    for pair, one in _PAIRS:
        folded = folded.replace(pair, one)
    return folded


def _shows(c: str) -> bool:
    variation = "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef"
    return not variation and c not in _BLANK and unicodedata.category(c)[0] not in "CZ"
