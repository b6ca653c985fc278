"""Which routes the accounts of a profile may take."""

from enum import Enum


class Policy(Enum):
    """Kept in profile.toml, readable before the vault is open."""

    TOR = "tor"
    """Tor accounts only; the client is sealed from the start."""
    OPEN = "open"
    """Any route; not sealed."""
