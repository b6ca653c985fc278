"""What the user wants: imperative, frozen, routed by class to the engine thread.

Each command is answered once: with the value its docstring names (None where it names none) or with a Problem.
"""

from dataclasses import dataclass, field

from teahouse.domain.account import ANYWHERE, Proxy, Route, Server
from teahouse.domain.tor import TorSource
from teahouse.domain.vault import VaultMode


@dataclass(frozen=True, slots=True)
class Command:
    """Base of every wish."""


@dataclass(frozen=True, slots=True)
class CreateVault(Command):
    """Make the database of a new profile."""

    mode: VaultMode
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnlockVault(Command):
    """Open the database with the user's passphrase."""

    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AddAccount(Command):
    """Sign in with an existing account and keep it once that worked. Answers Account."""

    jid: str
    password: str = field(repr=False)
    nick: str = ""
    server: Server = ANYWHERE
    allow_plain: bool = False
    route: Route = Route.DIRECT
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class OpenRegistration(Command):
    """Ask a server for its form, over verified TLS and by the route of the account to be. Answers RegistrationForm."""

    domain: str
    server: Server = ANYWHERE
    route: Route = Route.DIRECT
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class SubmitRegistration(Command):
    """Send the filled form; the account is kept and goes online. Answers Account."""

    ticket: int
    values: tuple[tuple[str, str], ...] = field(repr=False)
    nick: str = ""


@dataclass(frozen=True, slots=True)
class CancelRegistration(Command):
    """Drop the connection of a registration that the user left."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Connect(Command):
    """Take an account online and keep it there."""

    account: int


@dataclass(frozen=True, slots=True)
class Disconnect(Command):
    """Take an account offline until told otherwise."""

    account: int


@dataclass(frozen=True, slots=True)
class SetRoute(Command):
    """Take another way from now on; the connection is closed first. Answers Account."""

    account: int
    route: Route
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class StartTor(Command):
    """Start tor, or use one that is there. Nothing is sent to a network before this, or before an account needs it.

    `without_bridge` is the user's word that it may dial its own relays where no bridge is kept, though one was sought.
    """

    source: TorSource = TorSource.OWN
    without_bridge: bool = False


@dataclass(frozen=True, slots=True)
class UseBridges(Command):
    """Reach Tor only by the bridges of these lines, kept for the next start; empty goes back to tor's own relays.

    Before StartTor it makes sure that nothing else is dialed. Answers how many there are.
    """

    lines: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindBridges(Command):
    """Look for bridges until Tor is reached by some, and keep those; announced as BridgesSought. Answers how many there
    are, 0 when it was stopped. UseBridges and StopFinding stop it. From then on Tor is never dialed without a bridge,
    unless the user says so by UseBridges or StartTor."""


@dataclass(frozen=True, slots=True)
class StopFinding(Command):
    """Look for no more bridges."""


@dataclass(frozen=True, slots=True)
class NewCircuit(Command):
    """Give one account a new circuit: it reconnects, and no other account notices."""

    account: int


@dataclass(frozen=True, slots=True)
class ShowCircuit(Command):
    """Look up the circuit of an account; announced as CircuitShown. Answers Circuit, or None."""

    account: int


@dataclass(frozen=True, slots=True)
class TrustCertificate(Command):
    """Pin the certificate whose SHA-256 the user has compared and confirmed."""

    account: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class AcceptKey(Command):
    """The user says that this new public key (SHA-256) is the server's: it is known by it from now on."""

    account: int
    key: str


@dataclass(frozen=True, slots=True)
class BrowseRooms(Command):
    """List the rooms of a service, or of the account's own server when empty. Answers tuple[RoomListing, ...]."""

    account: int
    service: str = ""


@dataclass(frozen=True, slots=True)
class AskRoom(Command):
    """Ask a room what it says of itself before joining. Answers RoomFacts."""

    account: int
    jid: str


@dataclass(frozen=True, slots=True)
class JoinRoom(Command):
    """Enter a room and keep it in the chat list. Answers Chat once inside.

    A room that shows everybody's address to everybody is entered only when the user has accepted that: now (`exposed`)
    or before. An empty password stands for the one that was used before.
    """

    account: int
    jid: str
    nick: str
    password: str = field(default="", repr=False)
    exposed: bool = False


@dataclass(frozen=True, slots=True)
class AcceptExposure(Command):
    """Stay in a room although everybody in it sees the address."""

    chat: int


@dataclass(frozen=True, slots=True)
class LeaveRoom(Command):
    """Leave a room, or stay out of it; its history stays."""

    chat: int


@dataclass(frozen=True, slots=True)
class ChangeNick(Command):
    """Take another nick in a room."""

    chat: int
    nick: str


@dataclass(frozen=True, slots=True)
class SetSubject(Command):
    """Change a room's subject."""

    chat: int
    subject: str


@dataclass(frozen=True, slots=True)
class OpenPerson(Command):
    """Start, or find, a 1:1 chat. Answers Chat."""

    account: int
    jid: str


@dataclass(frozen=True, slots=True)
class RemoveChat(Command):
    """Leave and take a chat with its history off this computer."""

    chat: int


@dataclass(frozen=True, slots=True)
class SendMessage(Command):
    """Write a message down and send it when the account is online. Answers Message."""

    chat: int
    body: str


@dataclass(frozen=True, slots=True)
class SendAgain(Command):
    """Queue an unsure or failed message once more."""

    message: int


@dataclass(frozen=True, slots=True)
class FetchOlder(Command):
    """Fetch what is older than all that is held of a chat. Answers whether there may be more."""

    chat: int


@dataclass(frozen=True, slots=True)
class FetchGap(Command):
    """Fetch what is missing in a gap."""

    gap: int


@dataclass(frozen=True, slots=True)
class DiscardMessage(Command):
    """Take an unsure, failed or queued message away."""

    message: int


@dataclass(frozen=True, slots=True)
class MarkRead(Command):
    """The user has seen a chat up to this order key."""

    chat: int
    up_to: int


@dataclass(frozen=True, slots=True)
class SaveDraft(Command):
    """Keep what stands in the composer."""

    chat: int
    text: str


@dataclass(frozen=True, slots=True)
class AddContact(Command):
    """Put somebody into the roster and ask to see when they are online."""

    account: int
    jid: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AnswerContact(Command):
    """Accept or refuse somebody who asks to see when we are online."""

    account: int
    jid: str
    accept: bool


@dataclass(frozen=True, slots=True)
class AcceptRequest(Command):
    """Talk to a stranger: what they wrote goes into a chat. Answers Chat. An invitation is taken by JoinRoom."""

    request: int


@dataclass(frozen=True, slots=True)
class DropRequest(Command):
    """Take a request away without a word; from now on `ignore` whoever sent it.

    With `decline` the room that passed an invitation on is told, and shows whoever invited us our address.
    """

    request: int
    ignore: bool = False
    decline: bool = False


@dataclass(frozen=True, slots=True)
class SetRetention(Command):
    """Keep the messages of a chat for so many days, 0 for ever, -1 until the program ends.

    Older ones are deleted at once. Answered when done.
    """

    chat: int
    days: int


@dataclass(frozen=True, slots=True)
class DeleteMessage(Command):
    """Take one message off this computer, also from what a room tells again on joining."""

    message: int


@dataclass(frozen=True, slots=True)
class ClearHistory(Command):
    """Take all messages of a chat off this computer, or of every chat (0) and what strangers said. The chats stay."""

    chat: int = 0


@dataclass(frozen=True, slots=True)
class TrustClock(Command):
    """The user says that the clock is right, about which a ClockDoubted was announced: what is due is deleted."""

    now: int


@dataclass(frozen=True, slots=True)
class ExportHistory(Command):
    """Write a chat, or all (0), to a file that anybody can read; `form` is text or json. Answers how many messages."""

    path: str
    chat: int = 0
    form: str = "text"


@dataclass(frozen=True, slots=True)
class BackUp(Command):
    """Write everything of this profile to one file that only this passphrase opens."""

    path: str
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RestoreBackup(Command):
    """Make a new profile of a backup: all of it or nothing. `mode` and `fresh` protect it as CreateVault does."""

    path: str
    passphrase: str = field(repr=False)
    mode: VaultMode = VaultMode.PASSPHRASE
    fresh: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SetPreference(Command):
    """Keep one preference."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Provision(Command):
    """Apply the provision file at this path. Answers how many accounts are new."""

    path: str


@dataclass(frozen=True, slots=True)
class AnnounceAll(Command):
    """Say again all that only memory knows (connections, occupants, contacts), for a window that has just opened."""
