"""Tor as the window shows it: how far it is, which bridges it uses, and the circuit of an account."""

from dataclasses import dataclass
from enum import Enum

from teahouse.domain.problem import Problem


class TorSource(Enum):
    """Whose tor is used."""

    OWN = "own"
    SYSTEM = "system"
    BROWSER = "browser"


class TorPhase(Enum):
    """How far tor is, in the order it is gone through."""

    OFF = "off"
    STARTING = "starting"
    CONNECTING = "connecting"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class TorStatus:
    """`problem` says why it does not get on; it goes on trying all the same."""

    phase: TorPhase = TorPhase.OFF
    progress: int = 0
    """Per cent of the bootstrap."""
    tag: str = ""
    """The step of the bootstrap as tor names it (`conn`, `handshake`, `loading_descriptors` ...)."""
    summary: str = ""
    """The same in tor's English."""
    problem: Problem | None = None
    own: bool = True
    bridges: int = 0
    """How many bridges are in use; 0 means that tor's own relays are dialed."""


class Rung(Enum):
    """Where bridges come from, in the order in which that is tried. Tor's own relays are none of these."""

    GIVEN = "given"
    """Those that the user pasted last."""
    GOOD = "good"
    """Those by which Tor was last reached."""
    SETTINGS = "settings"
    """What the Tor Project's service recommends for where the question comes from."""
    DEFAULTS = "defaults"
    """What it gives to everybody."""
    KNOWN = "known"
    """The public ones that every Tor Browser brings along."""


class SearchStep(Enum):
    """What the search for bridges does."""

    ASKING = "asking"
    TRYING = "trying"
    FAILED = "failed"
    """These bridges, or all of this rung, were of no use; it goes on."""
    FOUND = "found"
    ENDED = "ended"
    """Without bridges: there are no more to try, or the user stopped it."""


@dataclass(frozen=True, slots=True)
class BridgeSearch:
    """How far the search for bridges is."""

    step: SearchStep
    rung: Rung | None = None
    kind: str = ""
    """The transport of the bridges that are tried, or were."""
    bridges: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One relay of a circuit."""

    fingerprint: str
    nickname: str
    country: str = ""
    """ISO 3166 code in small letters, empty when it is not known."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """The way of an account's connection through Tor. An onion's far half is not ours to see."""

    hops: tuple[Hop, ...]
    onion: bool


@dataclass(frozen=True, slots=True)
class Bridge:
    """One bridge line, understood: `[transport] address:port [fingerprint] [key=value ...]`."""

    transport: str
    """Empty for a plain bridge."""
    address: str
    fingerprint: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def line(self) -> str:
        """As torrc wants it."""
        words = [self.transport, self.address, self.fingerprint, *(f"{key}={value}" for key, value in self.arguments)]
        return " ".join(word for word in words if word)
