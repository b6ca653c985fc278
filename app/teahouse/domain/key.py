"""The public key of a server, as it is remembered: a pin (RFC 7469 section 2.4) and its history."""

from dataclasses import dataclass
from enum import Enum


class Acceptance(Enum):
    """How a key came to be the one that a server is known by."""

    FIRST = "first"
    """It was there on the first verified connection."""
    CONFIRMED = "confirmed"
    """The user was asked, and said yes."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One key of one server: SHA-256 of its SubjectPublicKeyInfo in 64 hex digits; times in milliseconds UTC."""

    host: str
    key: str
    first_seen: int
    last_seen: int
    accepted: Acceptance
