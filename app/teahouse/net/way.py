"""Places and ways: what is dialed, and by which way. A way is all that a dialer may use; none leads to another."""

from dataclasses import dataclass, field
from pathlib import Path

from teahouse.domain.account import Proxy


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to dial, and whether TLS begins at once there."""

    host: str
    port: int
    direct_tls: bool


@dataclass(frozen=True, slots=True)
class Direct:
    """From this computer straight to the place; names are resolved here."""


@dataclass(frozen=True, slots=True)
class ByProxy:
    """Through the user's SOCKS5 proxy, which resolves names."""

    proxy: Proxy


@dataclass(frozen=True, slots=True)
class ByTor:
    """Through tor's Unix SOCKS socket. Streams with the same user and password may share circuits, others never do."""

    socks: Path
    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.user or not self.password:
            raise ValueError("without credentials all accounts would share circuits")


@dataclass(frozen=True, slots=True)
class ByMeek:
    """Through a meek_lite transport at a Unix socket: hidden in HTTPS to `front`, which hands it on to the host of
    `url`, and that to one fixed place. Without a front the host of `url` is called by its name."""

    socks: Path
    url: str
    front: str = ""

    @property
    def arguments(self) -> str:
        """As pt-spec.txt (section 3.5) wants them in the credentials."""
        given = (("url", self.url), ("front", self.front))
        return ";".join(f"{key}={_escaped(value)}" for key, value in given if value)


Way = Direct | ByProxy | ByTor | ByMeek


def is_onion(host: str) -> bool:
    """Whether a name is an onion address: never to be asked of a resolver (RFC 7686)."""
    return host.rstrip(".").lower().endswith(".onion")


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\;=" else sign for sign in text)
