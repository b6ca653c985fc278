"""The key of the database: wrapped by a passphrase, kept by the OS keyring, or open by explicit choice.

A random 32-byte key encrypts the database. The file `vault` says how to get at it. With a passphrase the key is
sealed under Argon2id (RFC 9106) by an encrypted database of its own, so that no cipher is written here.
"""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from teahouse.crash import crash_point
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.store.files import settle

MEMORY_KIB, PASSES, LANES = 256 * 1024, 3, 2
_SERVICE = "Teahouse"
Bring = Callable[[Path, bytes], None]


class Vault:
    """The key to one profile folder's database."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file, self._sealed = folder, folder / "vault", folder / "vault.key"
        self.database, self._restored = folder / "teahouse.db", folder / "restored.db"

    def state(self) -> tuple[VaultState, VaultMode]:
        """What has to be done before the database can be read; raises Trouble(DATABASE_DAMAGED)."""
        if not self._file.exists():
            return VaultState.NEW, VaultMode.PASSPHRASE
        mode = VaultMode(self._read()["mode"])
        self._settle()
        return (VaultState.LOCKED if mode is VaultMode.PASSPHRASE else VaultState.OPEN), mode

    def create(self, mode: VaultMode, passphrase: str = "", bring: Bring | None = None) -> bytes:
        """Make and keep a new key; raises Trouble(KEYRING_MISSING). Slow with a passphrase (0.5 to 1.4 s).

        `bring` puts a database under this key into a file; if it fails there is no vault, and if the program ends at
        any moment there is either none or one with that database.
        """
        key, record = secrets.token_bytes(32), {"mode": mode.value}
        for leftover in self._folder.glob("*restored.db*"):
            leftover.unlink()
        crash_point("key-made")
        if bring is not None:
            bring(self._restored, key)
        if mode is VaultMode.OPEN:
            record["key"] = key.hex()
        elif mode is VaultMode.KEYRING:
            record["name"] = secrets.token_hex(16)
            _keyring_put(record["name"], key)
        else:
            record["salt"] = secrets.token_hex(16)
            self._seal(stretched(passphrase, record["salt"]), key)
        self._write(record)
        self._settle()
        return key

    def _settle(self) -> None:
        """A database that was brought takes its place once its key is kept."""
        if self._file.exists() and self._restored.exists() and not self.database.exists():
            self._restored.replace(self.database)
            settle(self._folder)

    def key(self, passphrase: str = "") -> bytes:
        """The key; raises Trouble (WRONG_PASSPHRASE, KEYRING_MISSING, DATABASE_DAMAGED). Slow with a passphrase."""
        record = self._read()
        mode = VaultMode(record["mode"])
        if mode is VaultMode.OPEN:
            return bytes.fromhex(record["key"])
        if mode is VaultMode.KEYRING:
            return _keyring_get(record["name"])
        return self._unseal(stretched(passphrase, record["salt"]))

    def _seal(self, wrapping: bytes, key: bytes) -> None:
        from sqlcipher3 import dbapi2 as sqlite

        self._sealed.unlink(missing_ok=True)
        box = sqlite.connect(str(self._sealed), isolation_level=None)
        box.execute(f"PRAGMA key = \"x'{wrapping.hex()}'\"")
        box.execute("CREATE TABLE sealed (key BLOB NOT NULL)")
        box.execute("INSERT INTO sealed VALUES (?)", (key,))
        box.close()

    def _unseal(self, wrapping: bytes) -> bytes:
        from sqlcipher3 import dbapi2 as sqlite

        if not self._sealed.exists():
            raise Trouble(Problem(Fault.DATABASE_DAMAGED, str(self._sealed)))
        box = sqlite.connect(str(self._sealed), isolation_level=None)
        try:
            box.execute("PRAGMA cipher_log_level = NONE")
            box.execute(f"PRAGMA key = \"x'{wrapping.hex()}'\"")
            return bytes(box.execute("SELECT key FROM sealed").fetchone()[0])
        except sqlite.DatabaseError:
            raise Trouble(Problem(Fault.WRONG_PASSPHRASE)) from None
        finally:
            box.close()

    def _read(self) -> dict[str, str]:
        try:
            record: dict[str, str] = json.loads(self._file.read_text())
            VaultMode(record["mode"])
            return record
        except (ValueError, KeyError, OSError, TypeError):
            raise Trouble(Problem(Fault.DATABASE_DAMAGED, str(self._file))) from None

    def _write(self, record: dict[str, str]) -> None:
        fresh = self._file.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(record, out)
            out.flush()
            os.fsync(out.fileno())
        crash_point("key-written")
        fresh.replace(self._file)
        settle(self._folder)
        crash_point("key-kept")


def stretched(passphrase: str, salt: str, length: int = 32) -> bytes:
    """What Argon2id makes of a passphrase and a salt in hexadecimal; raises ValueError for another salt. Slow."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        passphrase.encode("utf-8", "surrogatepass"), bytes.fromhex(salt), PASSES, MEMORY_KIB, LANES, length, Type.ID
    )


def keyring_ready() -> bool:
    """Whether this computer has a keyring that keeps secrets secret."""
    import keyring

    name = type(keyring.get_keyring()).__module__.lower()
    return not any(weak in name for weak in ("fail", "null", "plaintext", "chainer"))


def _keyring_put(name: str, key: bytes) -> None:
    import keyring
    from keyring.errors import KeyringError

    if not keyring_ready():
        raise Trouble(Problem(Fault.KEYRING_MISSING))
    try:
        keyring.set_password(_SERVICE, name, key.hex())
    except KeyringError as error:
        raise Trouble(Problem(Fault.KEYRING_MISSING, detail=str(error)[:200])) from error


def _keyring_get(name: str) -> bytes:
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(_SERVICE, name)
    except KeyringError as error:
        raise Trouble(Problem(Fault.KEYRING_MISSING, detail=str(error)[:200])) from error
    if not kept:
        raise Trouble(Problem(Fault.KEYRING_MISSING))
    return bytes.fromhex(kept)
