"""Secret keys on the move: under another passphrase, and in backups by code (XEP-0373 section 5)."""

import re
import secrets
import tempfile
from pathlib import Path
from typing import Any

from teahouse.crypto.gpg_home import GpgHome
from teahouse.crypto.gpg_process import Gpg
from teahouse.domain.problem import Fault, Problem, Trouble

_LETTERS = "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_CODE = re.compile(rf"[{_LETTERS}]{{4}}(-[{_LETTERS}]{{4}}){{5}}")


def backup_code() -> str:
    """A fresh code of 29 characters: six groups of four of 34 letters and digits, 122 bits (XEP-0373 section 5.3)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(6))


def backup_code_typed(text: str) -> str:
    """A code as typed, put right: case, spaces and hyphens do not matter. Raises Trouble(WRONG_BACKUP_CODE)."""
    plain = "".join(text.upper().replace("-", "").split())
    code = "-".join(plain[i : i + 4] for i in range(0, len(plain), 4))
    if not _CODE.fullmatch(code):
        raise Trouble(Problem(Fault.WRONG_BACKUP_CODE))
    return code


def with_code(gpg: Gpg, secret: bytes, code: str) -> bytes:
    """A secret key encrypted by the code alone, so that `gpg -d` asks for nothing else."""
    arguments = ["--passphrase-fd", "0", "--cipher-algo", "AES256", "--s2k-digest-algo", "SHA512", "--symmetric"]
    # The agent's count is for passphrases that are random; a backup is out in the world.
    arguments += ["--s2k-count", "65011712"]
    done = _asked(gpg, arguments, f"{backup_code_typed(code)}\n".encode() + secret, "crypt")
    if not done.ok or done.returncode != 0:
        raise Trouble(Problem(Fault.GPG_FAILED))
    return bytes(done.data)


def without_code(gpg: Gpg, backup: bytes, code: str, limit: int) -> bytes:
    """What a backup holds, at most `limit` bytes; raises Trouble(WRONG_BACKUP_CODE)."""
    arguments = ["--passphrase-fd", "0", "--max-output", str(limit), "--decrypt"]
    done = _asked(gpg, arguments, f"{backup_code_typed(code)}\n".encode() + backup, "crypt")
    if not done.ok or done.returncode != 0:
        raise Trouble(Problem(Fault.WRONG_BACKUP_CODE))
    return bytes(done.data)


def protected_anew(
    home: GpgHome, run: Path, seconds: float, secret: bytes, fingerprint: str, old: str, new: str
) -> bytes:
    """A secret key under another passphrase, or under none; raises Trouble(KEY_LOCKED) when the old one is wrong.

    It is done in a home that lives for this alone, in memory where there is such a place: GnuPG exports no key without
    protection from a home that protects it.
    """
    if "\n" in old:
        raise Trouble(Problem(Fault.KEY_LOCKED))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else run, prefix="teahouse-") as folder:
        scratch = GpgHome(home.gpg, Path(folder), run)
        try:
            gpg = Gpg(scratch, seconds)
            _asked(gpg, ["--import"], secret, "import")
            # The new one is asked for again with each subkey, and lines that nobody asks for do no harm.
            answers = (f"{old}\n" if old else "") + f"{new}\n" * 16
            change = ["--no-batch", "--command-fd", "0", "--change-passphrase", fingerprint]
            _asked(gpg, change, answers.encode(), "sign")
            arguments = ["--passphrase-fd", "0", "--export-secret-keys", fingerprint]
            anew = _asked(gpg, arguments, f"{new}\n".encode(), "export")
        finally:
            scratch.close()
    # It leaves out what it cannot open, and says so by its code alone.
    if not anew.data or anew.returncode != 0:
        raise Trouble(Problem(Fault.KEY_LOCKED))
    return bytes(anew.data)


def _asked(gpg: Gpg, arguments: list[str], data: bytes, kind: str) -> Any:
    result = gpg.call(arguments, data, gpg.result_map[kind](gpg))
    if gpg.late:
        raise Trouble(Problem(Fault.TIMED_OUT, "GnuPG"))
    return result
