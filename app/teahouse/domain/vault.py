"""How what is kept on this computer is protected."""

from enum import Enum


class VaultMode(Enum):
    """Where the key of the database comes from."""

    PASSPHRASE = "passphrase"
    KEYRING = "keyring"
    OPEN = "open"
    """Unprotected, by the user's explicit choice, or a practice profile that is deleted."""


SHORTEST = 8
"""Characters that a passphrase needs."""


class VaultState(Enum):
    """Whether the database can be read."""

    NEW = "new"
    LOCKED = "locked"
    OPEN = "open"
