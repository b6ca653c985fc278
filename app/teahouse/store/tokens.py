"""Words as the full-text index sees them: one token per character of a script that writes no spaces."""

import re

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
INDEXED = 20_000
"""Characters of one message that can be found."""


def tokens(text: str) -> str:
    """The text with a space around each character of a script that writes none."""
    return UNSPACED.sub(lambda found: f" {found.group()} ", text[:INDEXED])
