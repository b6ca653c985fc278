"""A failure worth telling the user about: a typed code and its particulars; the window words it."""

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """What can go wrong in ways we expect. Each has a sentence and an advice in `ui/problems.py`."""

    BAD_ADDRESS = "bad-address"
    WRONG_PASSWORD = "wrong-password"
    UNKNOWN_HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    CERTIFICATE_REFUSED = "certificate-refused"
    KEY_CHANGED = "key-changed"
    NO_ENCRYPTION = "no-encryption"
    NO_SAFE_LOGIN = "no-safe-login"
    SERVER_MISBEHAVED = "server-misbehaved"
    CONNECTION_LOST = "connection-lost"
    HISTORY_GONE = "history-gone"
    HISTORY_NOWHERE = "history-nowhere"
    OFFLINE = "offline"
    TIMED_OUT = "timed-out"
    REGISTRATION_CLOSED = "registration-closed"
    REGISTRATION_REFUSED = "registration-refused"
    REGISTRATION_ELSEWHERE = "registration-elsewhere"
    NAME_TAKEN = "name-taken"
    NICK_TAKEN = "nick-taken"
    ROOM_FULL = "room-full"
    BANNED = "banned"
    MEMBERS_ONLY = "members-only"
    ROOM_PASSWORD = "room-password"
    ROOM_EXPOSES = "room-exposes"
    ROOM_MISSING = "room-missing"
    NO_ROOMS_HERE = "no-rooms-here"
    NOT_ALLOWED = "not-allowed"
    NOT_DELIVERED = "not-delivered"
    REQUEST_GONE = "request-gone"
    MESSAGE_TOO_LONG = "message-too-long"
    SESSION_REPLACED = "session-replaced"
    ACCOUNT_EXISTS = "account-exists"
    DISK_FULL = "disk-full"
    NOT_WRITABLE = "not-writable"
    PROFILE_DAMAGED = "profile-damaged"
    DATABASE_NEWER = "database-newer"
    DATABASE_DAMAGED = "database-damaged"
    NO_ARCHIVING = "no-archiving"
    BACKUP_FOREIGN = "backup-foreign"
    BACKUP_DAMAGED = "backup-damaged"
    BACKUP_NEWER = "backup-newer"
    PROFILE_FULL = "profile-full"
    WRONG_PASSPHRASE = "wrong-passphrase"
    KEYRING_MISSING = "keyring-missing"
    PROFILE_IN_USE = "profile-in-use"
    PRACTICE_MISSING = "practice-missing"
    BAD_PROVISION = "bad-provision"
    ROUTE_CLOSED = "route-closed"
    BAD_PROXY = "bad-proxy"
    PROXY_UNREACHABLE = "proxy-unreachable"
    PROXY_PASSWORD = "proxy-password"
    PROXY_FAILED = "proxy-failed"
    TOR_MISSING = "tor-missing"
    TOR_DOWN = "tor-down"
    TOR_STALLED = "tor-stalled"
    TOR_NO_INTERNET = "tor-no-internet"
    TOR_BLOCKED = "tor-blocked"
    TOR_CLOCK = "tor-clock"
    TOR_TRANSPORT = "tor-transport"
    TOR_NO_CIRCUIT = "tor-no-circuit"
    NOT_TOR = "not-tor"
    TRANSPORT_MISSING = "transport-missing"
    BAD_BRIDGE = "bad-bridge"
    BRIDGE_SILENT = "bridge-silent"
    BRIDGES_ELSEWHERE = "bridges-elsewhere"
    NO_BRIDGE = "no-bridge"
    NO_BRIDGES_GIVEN = "no-bridges-given"
    BRIDGES_NOT_FOUND = "bridges-not-found"
    MOAT_UNREACHABLE = "moat-unreachable"
    MOAT_NO_TRANSPORT = "moat-no-transport"
    ONION_UNREACHABLE = "onion-unreachable"
    ONION_LOCKED = "onion-locked"
    ONION_INVALID = "onion-invalid"
    ONION_NEEDS_TOR = "onion-needs-tor"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Problem:
    """What happened. `about` names the thing concerned, `detail` is what the other side said (plain, bounded)."""

    fault: Fault
    about: str = ""
    detail: str = ""


class Trouble(Exception):
    """Raise it to end a command and show its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.fault.value)
        self.problem = problem
