"""People in the roster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """One person in an account's roster (RFC 6121 section 2). `show` is empty when they are offline."""

    account: int
    jid: str
    name: str = ""
    subscription: str = "none"
    asking: bool = False
    """They want to see when we are online, and wait for our answer."""
    show: str = ""
    groups: tuple[str, ...] = ()
