"""Named points at which the tests kill the program, to see that nothing is lost there. In use they do nothing."""

import os
import signal
from collections.abc import Callable
from itertools import count

POINTS = {
    "key-made": "a new vault: nothing is kept yet",
    "key-written": "its key is on the disk, under another name",
    "key-kept": "its key is kept",
    "opened": "the database is open, its schema not looked at",
    "migrating": "before a step of the schema",
    "migrated": "behind a step of the schema",
    "account-kept": "a new account is on disk, and not at work",
    "online": "a session is up",
    "resuming": "a broken session asks to go on",
    "resumed": "it goes on",
    "broken": "a connection broke",
    "entering": "a room is about to be entered",
    "inside": "a room was entered, and it is written down",
    "bookmarks-taken": "the rooms that the server remembers are merged",
    "bookmark-given": "the server remembers a room, and that is not written down",
    "appended": "a message and its words are in the transaction",
    "queued": "an own message is on disk, and not shown",
    "written": "its turn to be sent has come",
    "marked": "it is on disk that it was sent, and it was not",
    "sent": "it was sent",
    "batch": "all that waited was sent",
    "acknowledging": "the server has it, which is not written down",
    "acknowledged": "that is written down",
    "losing": "it is on disk that nobody knows of one whether it arrived",
    "judging": "the archive was asked about those, before what it has not is queued again",
    "judged": "that is done, and nothing is sent",
    "arrived": "messages have come, and are in memory only",
    "storing": "they are in the transaction",
    "stored": "they are on disk, and not shown",
    "confirming": "an own message has come back, in the transaction",
    "answering": "before they are acknowledged to the server",
    "answered": "they are acknowledged",
    "asking": "before a page of an archive is asked for",
    "cursor": "how far an archive is read is in the transaction",
    "bringing": "a page and how far it goes are in the transaction",
    "page": "between two pages of an archive",
    "caught-up": "an archive is read to its end",
    "holding": "what a stranger wants is in the transaction",
    "held": "it is on disk",
    "welcomed": "a stranger was let in, and what was held of them is in the chat",
    "shrinking": "messages are taken out, in the transaction",
    "shrunk": "they are gone",
    "folding": "before the write-ahead log is emptied",
    "folded": "it is empty",
    "backup-copied": "a backup is complete, in a scratch file",
    "file-written": "a file for the user is on the disk, under another name",
    "file-kept": "it has its name",
}
"""Every point, and what is so far."""
at: Callable[[str], None] | None = None
"""What happens there; nothing outside of tests."""


def crash_point(name: str) -> None:
    """The program is at this point."""
    if at is not None:
        at(name)


def dies_at(point: str) -> Callable[[str], None]:
    """Dies without a word at the point of this name, or at the so-manieth time there: `sent`, `sent:3`."""
    wanted, _, hit = point.partition(":")
    passed = count(1)

    def pass_by(name: str) -> None:
        if name == wanted and next(passed) == int(hit or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    return pass_by


if point := os.environ.get("TEAHOUSE_CRASH_AT"):
    at = dies_at(point)
