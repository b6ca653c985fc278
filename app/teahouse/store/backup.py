"""One encrypted file with everything of a profile, and back.

The file is a header of HEADER bytes and an SQLCipher database under a key of its own, which Argon2id (RFC 9106)
makes of the backup passphrase. The header holds the length and the SHA-256 of the database and is itself authenticated
(HMAC-SHA-256) by the other half of what Argon2id made: whoever lacks the passphrase can change nothing unnoticed.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlcipher3 import dbapi2 as sqlite

from teahouse.crash import crash_point
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.store.database import Database, newest
from teahouse.store.files import settle, written
from teahouse.store.vault import stretched

MAGIC, VERSION, HEADER = b"Teahouse backup\n", 1, 4096
CHUNK = 1 << 20
SESSIONS = 16
"""The schema since which sessions are kept."""
_HEX = re.compile("[0-9a-f]{32}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the database."""

    salt: str
    size: int
    sha256: str

    def packed(self, authority: bytes) -> bytes:
        """As bytes: the words, a checksum against damage, and the proof that they were written by the passphrase."""
        words = json.dumps({"version": VERSION, "salt": self.salt, "size": self.size, "sha256": self.sha256}).encode()
        sums = hashlib.sha256(words).hexdigest(), hmac.digest(authority, words, "sha256").hex()
        return (MAGIC + b"\n".join([words, *(one.encode() for one in sums), b""])).ljust(HEADER, b"\0")


def back_up(db: Database, path: Path, passphrase: str) -> None:
    """Write the whole database as it is at one moment, while others go on with it. Slow; raises Trouble.

    `db` is a connection of this thread's own.
    """
    scratch = db.path.with_name(f"backup-{secrets.token_hex(4)}.tmp")
    salt = secrets.token_hex(16)
    made = stretched(passphrase, salt, 64)
    for leftover in db.path.parent.glob("backup-*.tmp"):
        leftover.unlink()
    try:
        os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        db.copy_to(scratch, made[:32])
        crash_point("backup-copied")
        with written(path) as out, scratch.open("rb") as payload:
            out.write(bytes(HEADER))
            digest, size = hashlib.sha256(), 0
            while chunk := payload.read(CHUNK):
                digest.update(chunk)
                size += out.write(chunk)
            out.seek(0)
            out.write(Header(salt, size, digest.hexdigest()).packed(made[32:]))
    except OSError as error:
        raise Trouble(Problem(Fault.NOT_WRITABLE, str(scratch), str(error.strerror or ""))) from error
    finally:
        scratch.unlink(missing_ok=True)


def unpack(path: Path, passphrase: str, fresh: Path, key: bytes) -> None:
    """Bring the database of a backup to a new file under another key; on any trouble there is no file. Slow.

    Raises Trouble (BACKUP_FOREIGN, BACKUP_DAMAGED, BACKUP_NEWER, WRONG_PASSPHRASE, DISK_FULL, NOT_WRITABLE).
    """
    try:
        with path.open("rb") as file:
            header, made = _opened(file, str(path), passphrase)
            with written(fresh) as out:
                _copied(file, out, header, str(path))
    except OSError as error:
        raise Trouble(Problem(Fault.BACKUP_FOREIGN, str(path), str(error.strerror or ""))) from error
    try:
        _rekeyed(fresh, made[:32], key, str(path))
    except BaseException:
        for leftover in (fresh, fresh.with_name(fresh.name + "-journal")):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)
        raise
    settle(fresh.parent)


def _opened(file: BinaryIO, path: str, passphrase: str) -> tuple[Header, bytes]:
    block = file.read(HEADER)
    if not block.startswith(MAGIC):
        raise Trouble(Problem(Fault.BACKUP_FOREIGN, path))
    damaged = Trouble(Problem(Fault.BACKUP_DAMAGED, path))
    words, checksum, proof, *_rest = [*block[len(MAGIC) :].split(b"\n", 3), b"", b""][:4]
    if len(block) < HEADER or hashlib.sha256(words).hexdigest().encode() != checksum:
        raise damaged
    try:
        told = json.loads(words)
        if told["version"] != VERSION:
            raise Trouble(Problem(Fault.BACKUP_NEWER, path))
        header = Header(str(told["salt"]), int(told["size"]), str(told["sha256"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise damaged from None
    if not (_HEX.fullmatch(header.salt) and _HEX.fullmatch(header.sha256)):
        raise damaged
    made = stretched(passphrase, header.salt, 64)
    if not hmac.compare_digest(hmac.digest(made[32:], words, "sha256").hex().encode(), proof):
        raise Trouble(Problem(Fault.WRONG_PASSPHRASE))
    return header, made


def _copied(file: BinaryIO, out: BinaryIO, header: Header, path: str) -> None:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += out.write(chunk)
        if size > header.size:
            break
    if size != header.size or not hmac.compare_digest(digest.hexdigest(), header.sha256):
        raise Trouble(Problem(Fault.BACKUP_DAMAGED, path))


def _rekeyed(fresh: Path, old: bytes, key: bytes, path: str) -> None:
    box = sqlite.connect(str(fresh), isolation_level=None)
    try:
        box.execute("PRAGMA cipher_log_level = NONE")
        box.execute(f"PRAGMA key = \"x'{old.hex()}'\"")
        version = box.execute("PRAGMA user_version").fetchone()[0]
        if version > newest():
            raise Trouble(Problem(Fault.BACKUP_NEWER, path))
        if box.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
            raise Trouble(Problem(Fault.BACKUP_DAMAGED, path))
        if version >= SESSIONS:
            # Whatever goes on there now must not be taken over by a copy.
            box.execute("DELETE FROM session")
            box.execute("DELETE FROM under_way")
        box.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"")
    except sqlite.DatabaseError as error:
        fault = Fault.DISK_FULL if "full" in str(error).lower() else Fault.BACKUP_DAMAGED
        raise Trouble(Problem(fault, path)) from error
    finally:
        box.close()
