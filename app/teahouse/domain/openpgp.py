"""OpenPGP as every layer may speak of it: keys, what they are good for, and the verdict on an opened message."""

import re
from dataclasses import dataclass
from enum import Enum

SLOT = "openpgp"
"""Under which a message bears what is said of its encryption: a word, and what belongs to that."""
OPENING = "opening"
"""The word while it was not opened yet."""
_FINGERPRINT = re.compile(r"[0-9A-F]{40}")


class KeyState(Enum):
    """Whether messages can be encrypted to a key."""

    USABLE = "usable"
    UNKNOWN = "unknown"
    """It is not in the keyring."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNFIT = "unfit"
    """It has no part that encrypts, or it is broken or disabled."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the keyring: 40 upper-case hex digits (v4), user ids, its begin and end (seconds UTC; 0: never)."""

    fingerprint: str
    user_ids: tuple[str, ...]
    state: KeyState
    created: int
    expires: int = 0
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Recipients:
    """Fingerprints sorted into those that can be encrypted to, and the others with the reason."""

    usable: tuple[str, ...]
    unusable: tuple[tuple[str, KeyState], ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed and encrypted message (binary), whom it is for, and who was left out and why."""

    data: bytes
    recipients: tuple[str, ...]
    left_out: tuple[tuple[str, KeyState], ...] = ()


class Verdict(Enum):
    """What became of opening a message. Only VALID carries content, and UNSIGNED where no signature is expected."""

    VALID = "valid"
    """Encrypted to us, with exactly one signature, good, by a known key that is neither revoked nor expired."""
    UNSIGNED = "unsigned"
    UNKNOWN_SIGNER = "unknown-signer"
    REVOKED_SIGNER = "revoked-signer"
    EXPIRED_SIGNER = "expired-signer"
    SEVERAL_SIGNATURES = "several-signatures"
    BAD_SIGNATURE = "bad-signature"
    NOT_FOR_US = "not-for-us"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    UNREADABLE = "unreadable"
    """Damaged, not encrypted, or no OpenPGP at all."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was opened. All but the verdict is empty unless it is VALID; but for XEP-0027, see there.

    `signer` is the fingerprint of the primary key, `signed_at` seconds UTC, `signature` an id that is the same when the
    same signed message comes again.
    """

    verdict: Verdict
    data: bytes = b""
    signer: str = ""
    signed_at: int = 0
    signature: str = ""


def is_fingerprint(text: str) -> bool:
    """Whether this is a v4 fingerprint as XEP-0373 writes it: 40 upper-case hex digits."""
    return _FINGERPRINT.fullmatch(text) is not None


def user_id(bare: str) -> str:
    """The user id of the keys of a bare address (XEP-0373 section 2)."""
    return f"xmpp:{bare}"
