"""What has happened: past tense, frozen, subscribed by class. All that travels from the engine to the window."""

from dataclasses import dataclass

from teahouse.domain.account import Account, Link, Route
from teahouse.domain.chat import Chat, Occupant, RoomFacts
from teahouse.domain.contact import Contact
from teahouse.domain.history import Gap
from teahouse.domain.key import KnownKey
from teahouse.domain.message import Message
from teahouse.domain.problem import Problem
from teahouse.domain.request import Request
from teahouse.domain.tor import BridgeSearch, Circuit, TorStatus
from teahouse.domain.vault import VaultMode, VaultState


@dataclass(frozen=True, slots=True)
class Event:
    """Base of everything the engine may announce."""


@dataclass(frozen=True, slots=True)
class VaultChanged(Event):
    """The database became readable, or wants a passphrase, or has yet to be made."""

    state: VaultState
    mode: VaultMode


@dataclass(frozen=True, slots=True)
class AccountStored(Event):
    """An account was added or changed."""

    account: Account


@dataclass(frozen=True, slots=True)
class LinkChanged(Event):
    """An account's connection is in another state; `problem` says why it is not online."""

    account: int
    link: Link
    problem: Problem | None = None
    retry_in: int = 0
    """Seconds until the next attempt, 0 when none is planned."""
    route: Route = Route.DIRECT
    onion: bool = False
    """Online at an onion address; by Tor otherwise through an exit."""


@dataclass(frozen=True, slots=True)
class TorChanged(Event):
    """Tor is further, or ready, or not any more."""

    status: TorStatus


@dataclass(frozen=True, slots=True)
class BridgesSought(Event):
    """The search for bridges is further, or over."""

    search: BridgeSearch


@dataclass(frozen=True, slots=True)
class CircuitShown(Event):
    """The circuit of an account's connection, None when tor cannot tell."""

    account: int
    circuit: Circuit | None


@dataclass(frozen=True, slots=True)
class CertificateDoubted(Event):
    """A server's certificate could not be verified; the user may compare `fingerprint` (SHA-256) and trust it."""

    account: int
    host: str
    fingerprint: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyChanged(Event):
    """A server showed another public key (SHA-256) than the last one of `known`, and was not signed in to."""

    account: int
    host: str
    key: str
    known: tuple[KnownKey, ...]
    """In the order they were accepted; never empty."""


@dataclass(frozen=True, slots=True)
class ClockDoubted(Event):
    """The clock is so far ahead of the last known moment (both milliseconds UTC) that nothing was deleted by it."""

    now: int
    known: int


@dataclass(frozen=True, slots=True)
class ChatStored(Event):
    """A chat is new or has changed (unread, last line, presence, occupants ...)."""

    chat: Chat


@dataclass(frozen=True, slots=True)
class ChatRemoved(Event):
    """A chat and its history are gone."""

    chat: int


@dataclass(frozen=True, slots=True)
class MessageStored(Event):
    """A new message is on disk."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageChanged(Event):
    """A message on disk has changed: its state, or a feature's note."""

    message: Message


@dataclass(frozen=True, slots=True)
class MessageRemoved(Event):
    """A message was discarded."""

    chat: int
    message: int


@dataclass(frozen=True, slots=True)
class GapsChanged(Event):
    """All that is known to be missing in a chat, in order."""

    chat: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class OccupantsChanged(Event):
    """Who is in a room: `present` are new or changed, `gone` are nicks that left; `whole` means all who are there."""

    chat: int
    present: tuple[Occupant, ...] = ()
    gone: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class RoomDescribed(Event):
    """What a room says of itself arrived or changed."""

    chat: int
    facts: RoomFacts


@dataclass(frozen=True, slots=True)
class ContactsChanged(Event):
    """The whole roster of an account as it now is."""

    account: int
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class RequestsChanged(Event):
    """All that strangers want of an account, newest first; `lost` older ones were not kept."""

    account: int
    requests: tuple[Request, ...]
    lost: int = 0


@dataclass(frozen=True, slots=True)
class WentWrong(Event):
    """A problem that belongs to no open question."""

    problem: Problem
    account: int = 0
    chat: int = 0


@dataclass(frozen=True, slots=True)
class Answered(Event):
    """A command or query of this ticket was carried out."""

    ticket: int
    value: object


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """A command or query of this ticket failed, in an expected way."""

    ticket: int
    problem: Problem
