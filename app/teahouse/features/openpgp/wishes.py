"""What the window may want of OpenPGP, and what it is told."""

from dataclasses import dataclass, field

from teahouse.domain.commands import Command
from teahouse.domain.events import Event
from teahouse.features.openpgp.model import Mode, Security, Trust


@dataclass(frozen=True, slots=True)
class SecurityChanged(Event):
    """Who can read what is written in a chat is otherwise now."""

    security: Security


@dataclass(frozen=True, slots=True)
class AskSecurity(Command):
    """Look who can read what is written in a chat; `fresh`: ask everybody for their keys. Answers Security."""

    chat: int
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class SetMode(Command):
    """Encrypt what is written in a chat from now on, or not. The first time a key is made. Answers Security."""

    chat: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class LookAtKey(Command):
    """What is in a file with one public key (binary or armored), before anything is done with it. Answers Key."""

    account: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChooseLegacy(Command):
    """Write to a person the old way (XEP-0027) from now on, with this key, all of which the user compared.

    `key` is empty for one of theirs that was compared before. Answers Security.
    """

    chat: int
    fingerprint: str
    key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SendWithout(Command):
    """Let these (bare addresses) be unable to read what is written in a chat. Answers Security."""

    chat: int
    jids: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewSecretGroup(Command):
    """Make a room for these people (addresses) only, encrypted, and invite them. Answers Chat."""

    account: int
    name: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decide(Command):
    """What the user thinks of a key. Answers the keys of that address, tuple[PeerKey, ...]."""

    account: int
    jid: str
    fingerprint: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class Noticed(Command):
    """The user knows that somebody in a chat has a new key. Answers Security."""

    chat: int


@dataclass(frozen=True, slots=True)
class AskKeys(Command):
    """All keys that a bare address has, or had. Answers tuple[PeerKey, ...]."""

    account: int
    jid: str


@dataclass(frozen=True, slots=True)
class AskOwnKeys(Command):
    """All keys of an account. Answers tuple[OwnKey, ...], that in use first."""

    account: int


@dataclass(frozen=True, slots=True)
class MakeKey(Command):
    """Make a key, publish it and use it from now on; an older one only reads what was sent to it. Answers OwnKey."""

    account: int


@dataclass(frozen=True, slots=True)
class ImportKey(Command):
    """Use this secret key from a file (binary or armored) from now on, and publish it. Answers OwnKey."""

    account: int
    data: bytes = field(repr=False)
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RevokeKey(Command):
    """Withdraw the key in use for good, tell so, and use a new one. Answers OwnKey."""

    account: int


@dataclass(frozen=True, slots=True)
class ExportKey(Command):
    """Our public key in use. Answers bytes, binary."""

    account: int


@dataclass(frozen=True, slots=True)
class BackUpKey(Command):
    """The secret key in use under a backup code (XEP-0373 section 5), to be kept in a file. Answers (code, bytes)."""

    account: int


@dataclass(frozen=True, slots=True)
class KeepBackup(Command):
    """Have the server keep such a backup, for our own devices alone. Answers None."""

    account: int
    backup: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RestoreKey(Command):
    """Use the key of such a backup from now on, and publish it. Answers OwnKey."""

    account: int
    backup: bytes = field(repr=False)
    """Empty: the one that the server keeps."""
    code: str = field(repr=False)
