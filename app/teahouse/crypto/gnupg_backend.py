"""OpenPGP by GnuPG: the keyring of one identity, and signing, encrypting, decrypting and verifying with it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from teahouse.crypto.gpg_home import GpgHome, program
from teahouse.crypto.gpg_many import open_all
from teahouse.crypto.gpg_process import Gpg, Reading
from teahouse.crypto.gpg_secret import protected_anew, with_code, without_code
from teahouse.domain.jid import Jid
from teahouse.domain.openpgp import (
    Key,
    KeyState,
    Opened,
    Recipients,
    Sealed,
    Verdict,
    is_fingerprint,
    user_id,
)
from teahouse.domain.problem import Fault, Problem, Trouble

KEY_BYTES, MESSAGE_BYTES, PLAIN_BYTES, SECONDS = 1 << 17, 1 << 20, 1 << 20, 10.0
"""Bounds of a key, of a message and of what is in it; and how long one call of gpg may take."""
LASTS = 60.0
"""Seconds for which a key is as good as it was when it was looked at, unless something came in."""
_CHANGING = frozenset({"import", "generate", "delete"})
_DAY = 86_400
_NEW_KEY = """Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign
Subkey-Type: ECDH
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: {user_id}
Creation-Date: seconds={created}
Expire-Date: 0
%commit
"""


class GnupgBackend:
    """A `CryptoBackend`. `home` keeps the keyring; `run` is a 0700 folder with a short name for its sockets.

    Raises Trouble: GPG_MISSING, GPG_OLD, TIMED_OUT, GPG_FAILED; `seconds` is the limit of one call, `search` the PATH.
    """

    def __init__(self, home: Path, run: Path, seconds: float = SECONDS, search: str | None = None) -> None:
        self._run = run
        self._home = GpgHome(program(search, seconds), home, run)
        self._gpg = Gpg(self._home, seconds)
        self._lists = Gpg(self._home, seconds, "utf-8")
        self._states: dict[str, KeyState] = {}
        self._looked = 0.0
        if not (home / "trustdb.gpg").exists():
            # Not used, but without it gpg dies of a revoked key.
            self._call(["--trust-model", "pgp", "--check-trustdb"], b"", "import")

    def generate(self, bare: str, passphrase: str) -> Key:
        """A new Ed25519/cv25519 key of this address, made at the start of this day (UTC), without an end."""
        wanted = _NEW_KEY.format(user_id=_user_id(bare), created=int(time.time()) // _DAY * _DAY)
        made = self._call(["--gen-key"], wanted.encode(), "generate", phrase=passphrase)
        self._home.forget_revocations()
        if not made.fingerprint:
            raise Trouble(Problem(Fault.GPG_FAILED))
        return self._key(made.fingerprint)

    def rotate(self, bare: str, old: str, old_passphrase: str, passphrase: str) -> Key:
        """A new key in place of an old one, which is revoked; its secret stays, to read what was sent to it."""
        new = self.generate(bare, passphrase)
        self.revoke(old, old_passphrase)
        return new

    def revoke(self, fingerprint: str, passphrase: str) -> bytes:
        """Revoke a key of ours; the public key with its revocation, to publish."""
        answers = f"y\n3\n\ny\n{_phrase(passphrase)}\n".encode()  # 3: no longer used
        arguments = ["--no-batch", "--command-fd", "0", "--gen-revoke", _checked(fingerprint)]
        revocation = self._call(arguments, answers, "export").data
        self._call(["--import"], revocation, "import")
        if self._key(fingerprint).state is not KeyState.REVOKED:
            raise Trouble(Problem(Fault.KEY_LOCKED))
        return self.export_public(fingerprint)

    def import_public(self, data: bytes, fingerprint: str, bare: str) -> Key:
        """Take in one public key, binary or armored; Trouble(KEY_FOREIGN) unless it is this key of this address."""
        self._looked_at(data, "pub", bare, fingerprint)
        self._call(["--import-options", "import-minimal", "--import"], data, "import")
        return self._key(fingerprint, bare)

    def import_secret(self, data: bytes, bare: str, passphrase: str, new_passphrase: str) -> Key:
        """Take in a secret key of ours from a file, and protect it anew. `passphrase` may be empty: it has none."""
        fingerprint = self._looked_at(data, "sec", bare).fingerprint
        new = _phrase(new_passphrase)
        anew = protected_anew(self._home, self._run, self._gpg.seconds, data, fingerprint, passphrase, new)
        self._call(["--import"], anew, "import")
        return self._key(fingerprint, bare)

    def export_public(self, fingerprint: str) -> bytes:
        """A public key, binary and minimal, as XEP-0373 section 4 publishes it."""
        arguments = ["--export-options", "export-minimal", "--export", _checked(fingerprint)]
        return _some(self._call(arguments, b"", "export").data, Fault.KEY_UNREADABLE)

    def export_secret(self, fingerprint: str, passphrase: str) -> bytes:
        """A secret key, binary, under its passphrase."""
        arguments = ["--export-secret-keys", _checked(fingerprint)]
        return _some(self._call(arguments, b"", "export", phrase=passphrase).data, Fault.KEY_LOCKED)

    def keys(self, secret: bool = False) -> tuple[Key, ...]:
        """All keys, or those that are ours."""
        return self._listed([], secret)

    def usable(self, fingerprints: Sequence[str]) -> Recipients:
        """Which of these can be encrypted to now."""
        asked = tuple(dict.fromkeys(map(_checked, fingerprints)))
        if not 0 <= time.monotonic() - self._looked < LASTS:
            self._states, self._looked = {}, time.monotonic()
        known = self._states
        states = {one: known[one] for one in asked if one in known}
        if unknown := [one for one in asked if one not in states]:
            listed = _decoded(self._lists, self._call(["--list-keys", *unknown], b"", "list", self._lists))
            found = {one["fingerprint"]: _state(one) for one in listed}
            states |= {one: found.get(one, KeyState.UNKNOWN) for one in unknown}
            # Into what was known when it was begun: that is forgotten when something has changed meanwhile.
            soon = {one["fingerprint"] for one in listed if 0 < _end(one) < time.time() + 2 * LASTS}
            known.update((one, state) for one, state in states.items() if one not in soon)
        good = tuple(one for one in asked if states[one] is KeyState.USABLE)
        return Recipients(good, tuple((one, states[one]) for one in asked if states[one] is not KeyState.USABLE))

    def seal(self, data: bytes, recipients: Sequence[str], signer: str, passphrase: str) -> Sealed:
        """Sign, and encrypt to the signer and to all recipients that are usable; the others are named."""
        sorted_ = self.usable([signer, *recipients])
        if signer not in sorted_.usable:
            raise Trouble(Problem(Fault.GPG_FAILED))
        arguments = ["--sign", "--encrypt", "--default-key", signer]
        arguments += [word for one in sorted_.usable for word in ("--recipient", one)]
        done = self._call(arguments, data, "crypt", phrase=passphrase)
        if not done.ok or done.returncode != 0 or not done.data:
            # One that is no good any more fails it for all: look at every key the next time.
            self._states = {}
            raise Trouble(Problem(Fault.GPG_FAILED))
        return Sealed(done.data, sorted_.usable, sorted_.unusable)

    def open(self, data: bytes, passphrase: str) -> Opened:
        """Decrypt a binary message and verify its one signature."""
        if len(data) > MESSAGE_BYTES:
            return Opened(Verdict.TOO_LARGE)
        reading = Reading(self._gpg)
        arguments = ["--passphrase-fd", "0", "--max-output", str(PLAIN_BYTES), "--decrypt"]
        self._gpg.call(arguments, _phrase(passphrase).encode() + b"\n" + data, reading)
        return Opened(Verdict.TOO_SLOW) if self._gpg.late else reading.opened(reading.data, PLAIN_BYTES)

    def open_many(self, messages: Sequence[bytes], passphrase: str) -> tuple[Opened, ...]:
        """The same for many at once, some ten times faster than one by one; answers in the order of the messages."""
        sound = [data if len(data) <= MESSAGE_BYTES else b"" for data in messages]
        found = open_all(self._gpg, self._run, sound, _phrase(passphrase), PLAIN_BYTES)
        # What hides its recipients is tried with every key: in a call of its own, so that it delays no other.
        pairs = zip(messages, found, strict=True)
        return tuple(self.open(data, passphrase) if one is None else one for data, one in pairs)

    def back_up(self, fingerprint: str, passphrase: str, code: str) -> bytes:
        """A secret key encrypted with a backup code alone (XEP-0373 section 5)."""
        secret = self.export_secret(fingerprint, passphrase)
        bare = protected_anew(self._home, self._run, self._gpg.seconds, secret, fingerprint, _phrase(passphrase), "")
        return with_code(self._gpg, bare, code)

    def restore(self, backup: bytes, bare: str, code: str, new_passphrase: str) -> Key:
        """Take in the key of a backup; Trouble(WRONG_BACKUP_CODE) when the code does not open it."""
        return self.import_secret(without_code(self._gpg, backup, code, KEY_BYTES), bare, "", new_passphrase)

    def close(self) -> None:
        """End whatever runs for this keyring, above all the agent that remembers passphrases. May be called twice."""
        self._home.close()

    def _looked_at(self, data: bytes, kind: str, bare: str | None, fingerprint: str = "") -> Key:
        """A key before it is taken in: the only one there, of the kind, key and address (None: of any) expected."""
        if not data or len(data) > KEY_BYTES:
            raise Trouble(Problem(Fault.KEY_UNREADABLE))
        found = self._call(["--dry-run", "--import-options", "import-show", "--import"], data, "scan", self._lists)
        listed = _decoded(self._lists, found)
        if len(listed) != 1 or listed[0]["type"] != kind:
            raise Trouble(Problem(Fault.KEY_UNREADABLE))
        there = str(listed[0].get("fingerprint", ""))
        named = bare is None or listed[0]["uids"] == [_user_id(bare)]
        if not is_fingerprint(there) or there != (fingerprint or there) or not named:
            raise Trouble(Problem(Fault.KEY_FOREIGN, bare or ""))
        return _read(listed[0], kind == "sec")

    def _key(self, fingerprint: str, bare: str = "") -> Key:
        found = self._listed([_checked(fingerprint)])
        # GnuPG keeps a key without a user id that the key itself has not signed.
        if bare and [key.user_ids for key in found] != [(user_id(bare),)]:
            raise Trouble(Problem(Fault.KEY_FOREIGN, bare))
        if len(found) != 1:
            raise Trouble(Problem(Fault.GPG_FAILED))
        return found[0]

    def _listed(self, fingerprints: Sequence[str], secret: bool = False) -> tuple[Key, ...]:
        which = "--list-secret-keys" if secret else "--list-keys"
        listed = _decoded(self._lists, self._call([which, *fingerprints], b"", "list", self._lists))
        own = set() if secret else {key.fingerprint for key in self._listed(fingerprints, secret=True)}
        return tuple(_read(one, secret or one["fingerprint"] in own) for one in listed)

    def _call(
        self, arguments: Sequence[str], data: bytes, kind: str, gpg: Gpg | None = None, phrase: str | None = None
    ) -> Any:
        gpg = gpg or self._gpg
        if kind in _CHANGING:
            self._states = {}
        if phrase is not None:
            arguments, data = ["--passphrase-fd", "0", *arguments], _phrase(phrase).encode() + b"\n" + data
        result = gpg.call(arguments, data, gpg.result_map[kind](gpg))
        if gpg.late:
            raise Trouble(Problem(Fault.TIMED_OUT, "GnuPG"))
        return result


def _decoded(gpg: Gpg, result: Any) -> Any:
    lines = result.data.split(b"\n")
    if any(len(line.decode(gpg.encoding, "replace").splitlines()) > 1 for line in lines):
        raise Trouble(Problem(Fault.KEY_UNREADABLE))
    try:
        return gpg._decode_result(result)
    except (LookupError, AttributeError, ValueError):
        raise Trouble(Problem(Fault.KEY_UNREADABLE)) from None


def _read(listed: Any, secret: bool) -> Key:
    expires = int(listed["expires"] or 0)
    created = int(listed["date"] or 0)
    return Key(listed["fingerprint"], tuple(listed["uids"]), _state(listed), created, expires, secret)


def _end(listed: Any) -> int:
    """When a key, or the first part of it, expires (seconds UTC); 0: never."""
    parts = [listed, *listed.get("subkey_info", {}).values()]
    return min((int(part["expires"]) for part in parts if part["expires"]), default=0)


def _state(listed: Any) -> KeyState:
    if listed["trust"] in "re":
        return KeyState.REVOKED if listed["trust"] == "r" else KeyState.EXPIRED
    # Capitals: what the key as a whole can do now.
    fit = listed["trust"] not in "idn" and "E" in listed["cap"] and "D" not in listed["cap"]
    return KeyState.USABLE if fit else KeyState.UNFIT


def _checked(fingerprint: str) -> str:
    if not is_fingerprint(fingerprint):
        raise ValueError("not a fingerprint")
    return fingerprint


def _phrase(passphrase: str) -> str:
    # With an empty one, python-gnupg writes no line, and gpg takes the first line of the message for it.
    if len(passphrase) < 16 or not passphrase.isascii() or not passphrase.isprintable():
        raise ValueError("not a passphrase of the vault")
    return passphrase


def _some(data: bytes, otherwise: Fault) -> bytes:
    if not data:
        raise Trouble(Problem(otherwise))
    return data


def _user_id(bare: str) -> str:
    if Jid.parse(bare).bare != bare:
        raise Trouble(Problem(Fault.BAD_ADDRESS, bare[:80]))
    return user_id(bare)
