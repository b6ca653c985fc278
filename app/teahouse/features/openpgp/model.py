"""What the program and the window know of keys: which one belongs to whom, and what the user thinks of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from teahouse.domain.problem import Problem


class Trust(Enum):
    """What the user thinks of a key of somebody."""

    VERIFIED = "verified"
    """Compared by the user, all of it."""
    FIRST_USE = "first-use"
    """Taken as it came, since nothing of this person was ever compared."""
    UNDECIDED = "undecided"
    """It came after the user had decided about a key of this person: the user has to say."""
    DISTRUSTED = "distrusted"

    @property
    def counts(self) -> bool:
        """Whether messages may be encrypted to it, and are believed when it signed them."""
        return self in (Trust.VERIFIED, Trust.FIRST_USE)


@dataclass(frozen=True, slots=True)
class PeerKey:
    """A key that belongs to a bare address, as the address itself announces it, or did."""

    jid: str
    fingerprint: str
    trust: Trust
    announced: bool
    """Whether it is on the list at this time; one that is not can only be what signed something before."""
    since: int
    """Milliseconds UTC at which we first saw it."""
    held: bool
    """Whether we have the key itself, not only its fingerprint."""
    dated: int = 0
    """When it was published, as the address said when we took it; seconds UTC, 0 when it does not say."""
    noticed: bool = True
    """Whether the user knows of it; not so for one that came after others of the same address."""

    @property
    def encrypts(self) -> bool:
        """Whether what is sent now may be encrypted to it."""
        return self.announced and self.held and self.trust.counts


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of an account of ours. One that is `retired` only reads what was sent to it."""

    fingerprint: str
    created: int
    """Seconds UTC."""
    retired: bool


@dataclass(frozen=True, slots=True)
class LegacyKey:
    """The key to use with a person the old way (XEP-0027), which the user compared."""

    fingerprint: str
    signs: bool = False
    """Whether they sign their presence with it now: their program knows the old way."""


class Mode(Enum):
    """Whether what is written in a chat is encrypted."""

    UNDECIDED = ""
    """Not yet; it begins by itself when somebody writes encrypted."""
    OFF = "off"
    """Not, as the user wants it."""
    ON = "on"
    LEGACY = "legacy"
    """The old way (XEP-0027), as the user wants it for a person; it never begins by itself."""

    @property
    def encrypts(self) -> bool:
        """Whether what is written goes out encrypted, or not at all."""
        return self in (Mode.ON, Mode.LEGACY)


class Out(Enum):
    """What is said of an own message."""

    WAITING = "waiting"
    """It goes out encrypted, or not at all."""
    SEALED = "sealed"
    WAITING_LEGACY = "waiting-legacy"
    """The same of the old way; what was written for the new one never goes out like this."""
    SEALED_LEGACY = "sealed-legacy"


IN_CLEAR = "in-clear"
"""What is said of a message that came unencrypted into an encrypted chat."""


class Why(Enum):
    """Why somebody cannot read what is sent now."""

    NO_KEY = "no-key"
    SILENT = "silent"
    """Their server did not answer, and nothing was known before."""
    UNDECIDED = "undecided"
    """They have a new key, and the user has to decide about it first."""
    DISTRUSTED = "distrusted"
    UNUSABLE = "unusable"
    """Their keys have expired, are revoked, broken, or not theirs."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is in a chat, with all keys of theirs that count or could; `why` is None for who can read."""

    jid: str
    keys: tuple[PeerKey, ...]
    why: Why | None


@dataclass(frozen=True, slots=True)
class Security:
    """Who can read what is written in a chat now."""

    chat: int
    mode: Mode
    own: str = ""
    """The fingerprint of our key in use; empty without one."""
    people: tuple[Reader, ...] = ()
    """Everybody but us, by address."""
    whole: bool = True
    """Whether the room let us read all of its lists."""
    without: frozenset[str] = frozenset()
    """Who is known not to be able to read it, by the user."""
    problem: Problem | None = None
    """Why nothing can be encrypted at all."""
    held: bool = False
    """Whether something waits for the user to decide."""
    legacy: LegacyKey | None = None
    """What could be used, or is, with a person the old way."""

    @property
    def left_out(self) -> tuple[Reader, ...]:
        """Who cannot read it, and the user has not said that this is well."""
        return tuple(one for one in self.people if one.why is not None and one.jid not in self.without)

    @property
    def changed(self) -> tuple[Reader, ...]:
        """Who has a key that the user does not know of yet, after having had others."""
        return tuple(one for one in self.people if any(key.announced and not key.noticed for key in one.keys))

    @property
    def able(self) -> int:
        """How many can read it, besides us."""
        return sum(one.why is None for one in self.people)


def first_trust(known: Iterable[PeerKey]) -> Trust:
    """What a new key is to be thought of, by the other keys of the same person.

    It is taken as it comes until the user has decided about one by hand: also whoever was distrusted once, perhaps
    since somebody stood in between, is not trusted again for having another.
    """
    return Trust.FIRST_USE if all(key.trust is Trust.FIRST_USE for key in known) else Trust.UNDECIDED


def spaced(fingerprint: str) -> str:
    """All digits of a fingerprint in groups of four, to be compared by eye."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
