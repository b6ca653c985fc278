"""What one person is told of how their messages fare, where the user wants it otherwise than for the identity."""

from dataclasses import dataclass

from teahouse.domain.commands import Command
from teahouse.domain.settings import Setting, marked

TELLING = Setting(
    "telling",
    "",
    marked("Arrived and seen"),
    marked("How far messages have come: told to this person, and asked of them."),
    (
        ("", marked("As this identity does")),
        ("always", marked("Always, with this person")),
        ("never", marked("Never, with this person")),
    ),
)
"""Kept with the chat."""


@dataclass(frozen=True, slots=True)
class SetTelling(Command):
    """Tell the person of a chat, and ask them, as one of the values of TELLING says."""

    chat: int
    telling: str
