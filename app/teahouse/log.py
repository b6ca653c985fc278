"""The log: 2,000 lines in memory and the terminal, without bodies, passwords, keys or addresses. Never a file."""

import logging
import re
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

RING_LINES = 2_000
_LAYOUT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _blob(found: re.Match[str]) -> str:
    """Long runs of base64 look random; long paths and words do not."""
    run = found.group()
    mixed = any(c.isupper() for c in run) and any(c.islower() for c in run) and any(c.isdigit() for c in run)
    return "[data]" if mixed or run.endswith("=") else run


_SECRET_ELEMENTS = (
    "body|password|auth|challenge|response|success|initial-response|additional-data|token|data|payload|openpgp|html"
)
_RULES: list[Rule] = [
    (re.compile(rf"<((?:\w+:)?(?:{_SECRET_ELEMENTS}))\b[^>]*(?<!/)>.*?(?:</\1\s*>|\Z)", re.DOTALL), r"<\1>[…]</\1>"),
    (re.compile(r"(?i)\b(body|pass(?:word|phrase|wd)?|secret|token)(['\"]?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;)}<>]+)"),
     r"\1\2[…]"),
    (re.compile(r"[^\s<>\"'@,;:()\[\]{}/=]+@[\w.\-]*\w(?:/[^\s<>\"',;()\[\]{}]*)?"), "[address]"),
    (re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}"), _blob),
]
_HOME = str(Path.home())


def redact(text: str) -> str:
    """The text without what could name a person or open a door."""
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text.replace(_HOME, "~") if len(_HOME) > 5 else text


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, and only then takes the secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        """One redacted entry."""
        return redact(super().format(record))


class LogRing(logging.Handler):
    """The last lines of the log, for the log window."""

    def __init__(self, lines: int = RING_LINES) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=lines)
        self.setFormatter(RedactingFormatter(_LAYOUT))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one entry."""
        self._lines.append(self.format(record))

    def lines(self) -> tuple[str, ...]:
        """The entries kept, oldest first."""
        return tuple(self._lines)


def set_up(level: str = "warning") -> LogRing:
    """Send the whole program's log to the ring and, from this level on, to the terminal."""
    ring = LogRing()
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(level.upper())
    terminal.setFormatter(RedactingFormatter(_LAYOUT))
    root = logging.getLogger()
    root.handlers[:] = [ring, terminal]
    root.setLevel(logging.DEBUG if level == "debug" else logging.INFO)
    logging.getLogger("slixmpp").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    return ring
