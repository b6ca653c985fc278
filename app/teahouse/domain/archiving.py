"""What the server of an account keeps of its messages (XEP-0441), and the wishes about it."""

from dataclasses import dataclass
from enum import Enum

from teahouse.domain.commands import Command


class Archiving(Enum):
    """Which messages of an account its server keeps, but for people of whom it was told otherwise."""

    ALWAYS = "always"
    ROSTER = "roster"
    """Of contacts alone."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class AskArchiving(Command):
    """Ask the server of an account what it keeps. Answers Archiving."""

    account: int


@dataclass(frozen=True, slots=True)
class SetArchiving(Command):
    """Have the server of an account keep this from now on. Answers Archiving, as it then is there."""

    account: int
    archiving: Archiving
