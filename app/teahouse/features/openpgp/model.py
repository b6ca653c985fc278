"""What the program and the window know of keys: which one belongs to whom, and what the user thinks of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Trust(Enum):
    """What the user thinks of a key of somebody."""

    VERIFIED = "verified"
    """Compared by the user, all of it."""
    FIRST_USE = "first-use"
    """Taken as it came, since nothing of this person was ever compared."""
    UNDECIDED = "undecided"
    """It came after a key of this person was verified: the user has to say."""
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


def first_trust(known: Iterable[PeerKey]) -> Trust:
    """What a new key is to be thought of, by the other keys of the same person (trust on first use, until the first

    one is verified by hand).
    """
    return Trust.UNDECIDED if any(key.trust is Trust.VERIFIED for key in known) else Trust.FIRST_USE


def spaced(fingerprint: str) -> str:
    """All digits of a fingerprint in groups of four, to be compared by eye."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
