"""Words for every Fault: what happened, and what to do about it."""

from teahouse.domain.problem import Fault, Problem
from teahouse.domain.text import isolated, label
from teahouse.i18n import _

_OWN = (Fault.PROFILE_DAMAGED, Fault.NOT_WRITABLE, Fault.DISK_FULL, Fault.KEYRING_MISSING, Fault.BAD_PROVISION)
"""Problems of this computer: nobody else said anything."""


def words(problem: Problem) -> tuple[str, str]:
    """(what happened, what to do) in the user's language; plain text."""
    happened, advice = _sentences(problem.fault)
    about = isolated(label(problem.about)) or _("this")
    happened = happened.replace("{about}", about)
    if detail := label(problem.detail, 240):
        said = () if problem.fault in _OWN else (_("The other side said:"),)
        advice = " ".join((advice, *said, detail)).strip()
    return happened, advice.replace("{about}", about)


def sentence(problem: Problem) -> str:
    """Both halves on one line."""
    return " ".join(words(problem)).strip()


def _sentences(fault: Fault) -> tuple[str, str]:
    keys = _keys() | _key_backups()
    return {**_connection(), **_history(), **_routes(), **_accounts(), **_rooms(), **keys, **_here()}[fault]


def _history() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.HISTORY_GONE: (
            _("{about} does not keep history that far back."),
            _("What is missing here cannot be fetched any more."),
        ),
        Fault.HISTORY_NOWHERE: (
            _("{about} keeps no history."),
            _("What was said while you were away cannot be fetched."),
        ),
        Fault.NO_ARCHIVING: (
            _("Your server does not let you choose what it keeps."),
            _("Whoever runs it decides that."),
        ),
    }


def _connection() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.BAD_ADDRESS: (
            _("“{about}” is not an address."),
            _("An address looks like name@server.example."),
        ),
        Fault.WRONG_PASSWORD: (
            _("{about} did not accept the password."),
            _("Check the address and the password, then try again."),
        ),
        Fault.UNKNOWN_HOST: (
            _("There is no server named {about}."),
            _("Check the part of the address after the @, and that you are online."),
        ),
        Fault.UNREACHABLE: (
            _("{about} cannot be reached."),
            _("It may be down, or your network blocks it. Teahouse keeps trying."),
        ),
        Fault.CERTIFICATE_REFUSED: (
            _("{about} could not prove who it is."),
            _("Nothing was sent. Somebody may be between you and the server; ask its administrator."),
        ),
        Fault.KEY_CHANGED: (
            _("{about} shows another key than before."),
            _("Nothing was sent. Ask its administrator whether the key is theirs, then connect again to accept it."),
        ),
        Fault.NO_ENCRYPTION: (
            _("{about} offers no encrypted connection."),
            _("Nothing was sent. Teahouse never signs in over an open line; choose another server."),
        ),
        Fault.NO_SAFE_LOGIN: (
            _("{about} offers no safe way to sign in."),
            _("Your password was not sent. Ask its administrator to allow SCRAM."),
        ),
        Fault.SERVER_MISBEHAVED: (
            _("{about} answered in a way that makes no sense."),
            _("The connection was closed. Try again later, or tell its administrator."),
        ),
        Fault.CONNECTION_LOST: (
            _("The connection to {about} broke."),
            _("Teahouse connects again by itself. What you write is kept and sent later."),
        ),
        Fault.OFFLINE: (_("You are offline."), _("This needs a connection. Try again when you are online.")),
        Fault.TIMED_OUT: (_("{about} did not answer in time."), _("Try again in a moment.")),
        Fault.SESSION_REPLACED: (
            _("This identity was signed in elsewhere."),
            _("Connect again to take it back here."),
        ),
    }


def _keys() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.GPG_MISSING: (
            _("GnuPG is not installed."),
            _("OpenPGP needs it. Install the package gnupg, then try again."),
        ),
        Fault.NO_KEY: (
            _("There is no OpenPGP key for {about}."),
            _("Nothing was sent. Ask them to switch OpenPGP on in their program."),
        ),
        Fault.LEFT_OUT: (
            _("Somebody in {about} cannot read this."),
            _("Nothing was sent. Decide whether to send it without them."),
        ),
        Fault.ROOM_UNFIT: (
            _("{about} is not a room of known people."),
            _("Nothing can be encrypted there: it must be for members only, who all see each other's addresses."),
        ),
        Fault.NO_MEMORY_DISK: (
            _("There is no folder in memory for GnuPG."),
            _("It would leave on the disk whose keys you have. Ask whoever runs this computer for /dev/shm."),
        ),
        Fault.GPG_OLD: (
            _("GnuPG {about} is too old."),
            _("OpenPGP needs version 2.2.27 or newer. Update the package gnupg, then try again."),
        ),
        Fault.GPG_FAILED: (
            _("GnuPG could not do this."),
            _("Nothing was sent. Try again; if it stays so, the keys of this identity may be damaged."),
        ),
        Fault.KEY_FOREIGN: (
            _("This is not the OpenPGP key of {about}."),
            _("It was not taken. Ask them for the key that names this address."),
        ),
        Fault.KEY_UNREADABLE: (
            _("There is no usable OpenPGP key in this."),
            _("Choose the file of exactly one key, in the form that GnuPG exports."),
        ),
        Fault.KEY_LOCKED: (
            _("The passphrase does not open this OpenPGP key."),
            _("Enter the passphrase that protects the key, and mind upper and lower case."),
        ),
    }


def _key_backups() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.NO_KEY_BACKUP: (
            _("Your server keeps no backup of a key."),
            _("Use the file of the backup, if you have one."),
        ),
        Fault.BACKUP_NOT_KEPT: (
            _("Your server does not keep the backup, or would show it to others."),
            _("Nothing was given to it. Save the file."),
        ),
        Fault.WRONG_BACKUP_CODE: (
            _("This code does not open the backup of the key."),
            _("Enter all 24 letters and digits of the code; it has neither the letter O nor a zero."),
        ),
    }


def _routes() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.ROUTE_CLOSED: (
            _("This profile allows no other route than Tor."),
            _("Nothing was sent. Choose Tor, or use another profile for other routes."),
        ),
        Fault.BAD_PROXY: (
            _("{about} cannot be used as a proxy."),
            _("Enter the host and the port of a SOCKS5 proxy, and a password if there is a user."),
        ),
        Fault.PROXY_UNREACHABLE: (
            _("Your proxy {about} cannot be reached."),
            _("Nothing was sent beside it. Start the proxy, or check its host and port."),
        ),
        Fault.PROXY_PASSWORD: (
            _("Your proxy did not accept its user and password."),
            _("Correct them in the route of this identity."),
        ),
        Fault.PROXY_FAILED: (
            _("Your proxy could not connect to {about}."),
            _("Nothing was sent beside it. Check the proxy; Teahouse keeps trying."),
        ),
        Fault.ONION_UNREACHABLE: (
            _("The onion service {about} does not answer."),
            _("It may be down. Teahouse keeps trying."),
        ),
        Fault.ONION_LOCKED: (
            _("The onion service {about} lets only those in who have its key."),
            _("Ask its administrator for another address."),
        ),
        Fault.ONION_INVALID: (_("{about} is not an onion address."), _("Check it: all 56 letters and digits count.")),
        Fault.ONION_NEEDS_TOR: (
            _("{about} is an onion address: only Tor leads there."),
            _("Nothing was sent. Choose Tor as the route of this identity."),
        ),
        **_tor(),
        **_bridges(),
    }


def _tor() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.TOR_MISSING: (
            _("Tor is not installed on this computer."),
            _("Nothing was sent. Install the package “tor”; Teahouse then goes on by itself."),
        ),
        Fault.TOR_DOWN: (
            _("Tor has stopped."),
            _("Nothing is sent without it. Teahouse starts it again; what you write is kept and sent later."),
        ),
        Fault.TOR_STALLED: (
            _("Tor does not get on."),
            _("Your network is slow or blocks Tor. Wait a little, or use a bridge."),
        ),
        Fault.TOR_NO_INTERNET: (
            _("This computer has no way to the internet."),
            _("Connect to a network; Tor then goes on by itself."),
        ),
        Fault.TOR_BLOCKED: (
            _("Your network does not let Tor through."),
            _("Use a bridge: it hides from the network that you use Tor."),
        ),
        Fault.TOR_CLOCK: (
            _("The clock of this computer is wrong, so Tor trusts nobody."),
            _("Set date, time and time zone, then Tor goes on by itself."),
        ),
        Fault.TOR_NO_CIRCUIT: (
            _("Tor found no way to {about}."),
            _("Teahouse keeps trying; a new circuit may help."),
        ),
        Fault.BRIDGES_ELSEWHERE: (
            _("The Tor that runs here is not Teahouse's: bridges given here do not reach it."),
            _("Nothing was sent. Set the bridges there and none here, or use Teahouse's own Tor."),
        ),
        Fault.NOT_TOR: (
            _("No Tor answers there."),
            _("Nothing was sent. Start Tor there, or let Teahouse run its own."),
        ),
    }


def _bridges() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.TOR_TRANSPORT: (
            _("The program that hides Tor did not start."),
            _("Install it again, or use a bridge of another kind."),
        ),
        Fault.TRANSPORT_MISSING: (
            _("Bridges of the kind {about} need a program that is not on this computer."),
            _("For obfs4 install the package “obfs4proxy”, for snowflake “snowflake-client”, else “lyrebird”."),
        ),
        Fault.BAD_BRIDGE: (
            _("This is not a bridge: {about}"),
            _("Paste the whole line as it was given to you, one bridge to a line."),
        ),
        Fault.BRIDGE_SILENT: (
            _("The bridge does not answer."),
            _("It may be gone or blocked. Teahouse keeps trying; another bridge may work."),
        ),
        **_found_bridges(),
    }


def _found_bridges() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.NO_BRIDGE: (
            _("There is no bridge yet."),
            _("Nothing is sent to Tor without one here. Look for bridges, or paste one that you were given."),
        ),
        Fault.NO_BRIDGES_GIVEN: (
            _("The Tor Project’s service gave no bridge that fits."),
            _("Another try on another day may bring some."),
        ),
        Fault.BRIDGES_NOT_FOUND: (
            _("No bridge was found that works."),
            _("Nothing went beside a bridge. Paste one that you were given, or look again in another network."),
        ),
        Fault.MOAT_UNREACHABLE: (
            _("The Tor Project’s service for bridges cannot be reached."),
            _("Your network may block the way to it. Paste a bridge that you were given, or look again later."),
        ),
        Fault.MOAT_NO_TRANSPORT: (
            _("To ask for bridges unseen takes a program that is not on this computer."),
            _("Install the package “obfs4proxy” or “lyrebird”, then look again."),
        ),
    }


def _accounts() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.REGISTRATION_CLOSED: (
            _("{about} takes no new accounts this way."),
            _("Choose another server, or make the account on its web site."),
        ),
        Fault.REGISTRATION_REFUSED: (
            _("{about} did not accept what was filled in."),
            _("Check the answers and try again."),
        ),
        Fault.REGISTRATION_ELSEWHERE: (
            _("{about} makes accounts only on its web site."),
            _("Make the account there, then sign in here."),
        ),
        Fault.NAME_TAKEN: (_("The name {about} is taken."), _("Choose another name.")),
        Fault.ACCOUNT_EXISTS: (_("{about} is already one of your identities."), _("Nothing needs to be added.")),
    }


def _rooms() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.NICK_TAKEN: (_("Somebody in {about} already has that nick."), _("Choose another nick.")),
        Fault.ROOM_FULL: (_("{about} is full."), _("Try again when somebody has left.")),
        Fault.BANNED: (_("You may not enter {about}."), _("The room has banned you. Its owners can undo that.")),
        Fault.MEMBERS_ONLY: (
            _("Only members may enter {about}."),
            _("Ask somebody who runs the room to make you a member."),
        ),
        Fault.ROOM_PASSWORD: (_("{about} wants a password."), _("Enter the room's password and join again.")),
        Fault.ROOM_EXPOSES: (
            _("Everyone in {about} would see your address."),
            _("You were not taken in. Go in only if that is fine with you."),
        ),
        Fault.ROOM_MISSING: (_("There is no room {about}."), _("Check the address, or browse the server's rooms.")),
        Fault.NO_ROOMS_HERE: (_("{about} has no rooms."), _("Enter the address of a service that has rooms.")),
        Fault.NOT_ALLOWED: (_("You may not do this in {about}."), _("Ask a moderator of the room.")),
        Fault.NOT_DELIVERED: (
            _("The message to {about} was not delivered."),
            _("It is kept: send it again or discard it from its menu."),
        ),
        Fault.REQUEST_GONE: (
            _("This request is not there any more."),
            _("It was answered, or newer ones took its place."),
        ),
        Fault.MESSAGE_TOO_LONG: (_("The message is too long."), _("Shorten it, or send it in parts.")),
    }


def _here() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.DISK_FULL: (
            _("The disk is full: you can read but not write."),
            _("Nothing is sent that cannot be kept. Free some space; Teahouse goes on by itself."),
        ),
        Fault.NOT_WRITABLE: (
            _("Teahouse may not write in its own folder."),
            _("It may belong to somebody else, or lie on a disk that is read-only. Mend that, then try again."),
        ),
        Fault.PROFILE_DAMAGED: (
            _("The settings file of this profile makes no sense."),
            _("Nothing was opened or sent. Mend the file, or move it away."),
        ),
        Fault.DATABASE_NEWER: (
            _("This profile was used by a newer Teahouse."),
            _("Start the newer version; this one leaves the profile untouched."),
        ),
        Fault.DATABASE_DAMAGED: (
            _("The file that holds your messages is damaged."),
            _("Nothing was changed. Restore it from a backup, or start with a new profile."),
        ),
        **_backups(),
        Fault.WRONG_PASSPHRASE: (_("That is not the passphrase."), _("Check the keyboard layout and try again.")),
        Fault.KEYRING_MISSING: (
            _("This desktop has no keyring to keep the key in."),
            _("Choose a passphrase instead."),
        ),
        Fault.PROFILE_IN_USE: (
            _("The profile {about} is open in another window."),
            _("Close it there first, or use another profile."),
        ),
        Fault.PRACTICE_MISSING: (
            _("The practice server is not on this computer."),
            _("Install Prosody, or begin with an account."),
        ),
        Fault.BAD_PROVISION: (_("The set-up file {about} cannot be used."), _("Ask for a new one.")),
        Fault.UNEXPECTED: (
            _("Something went wrong that Teahouse did not expect."),
            _("It was noted in the log, without what you wrote. Try again."),
        ),
    }


def _backups() -> dict[Fault, tuple[str, str]]:
    return {
        Fault.BACKUP_FOREIGN: (
            _("This is not a backup of Teahouse."),
            _("Choose the file that Teahouse has written. Nothing was changed."),
        ),
        Fault.BACKUP_DAMAGED: (
            _("This backup is damaged or not complete."),
            _("Copy it again from where it was kept, or use another one. Nothing was changed."),
        ),
        Fault.BACKUP_NEWER: (
            _("This backup was written by a newer Teahouse."),
            _("Restore it with that version. Nothing was changed."),
        ),
        Fault.PROFILE_FULL: (
            _("This profile already holds something."),
            _("Restore a backup into a new profile: start Teahouse with --profile and another name."),
        ),
    }
