"""Accounts and the state of their connections."""

from dataclasses import dataclass, field
from enum import Enum


class Route(Enum):
    """How an account reaches its server."""

    DIRECT = "direct"
    PROXY = "proxy"
    TOR = "tor"


class Link(Enum):
    """The state of one account's connection, in the order it is gone through."""

    OFF = "off"
    WAITING = "waiting"
    TOR_WAIT = "tor-wait"
    """Tor is not ready; nothing of the account is open."""
    DIALING = "dialing"
    SECURING = "securing"
    SIGNING_IN = "signing-in"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to dial, when it is not what the address says. Empty host and port 0 mean: find out."""

    host: str = ""
    port: int = 0
    direct_tls: bool = False
    ca_file: str = ""
    pin: str = ""
    """SHA-256 of the certificate (64 hex digits) that the user confirmed, or empty."""


ANYWHERE = Server()
"""Found out by the address alone."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A SOCKS5 proxy of the user's. Without a user it is asked for no authentication."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """One identity on one server, without its password."""

    id: int
    jid: str
    nick: str
    route: Route = Route.DIRECT
    server: Server = ANYWHERE
    allow_plain: bool = False
    enabled: bool = True
    proxy: Proxy | None = None
    """Where Route.PROXY leads; kept when another route is chosen."""
    onion: Server = ANYWHERE
    """An onion address of the server that worked before (host, port, direct_tls)."""
    key: str = ""
    """SHA-256 of the server's public key (64 hex digits) by which it is known; empty before it was seen by Tor."""
