"""Where GnuPG works: a folder in memory. What it would write to a disk names everybody whose key we have.

Its keyring holds the addresses of contacts in clear. So the truth is in the vault, encrypted, and GnuPG has a copy that
is gone when the program ends or the computer is switched off.
"""

import hashlib
import os
import shutil
from pathlib import Path

from teahouse.crypto.gpg_home import GpgHome, program
from teahouse.domain.problem import Fault, Problem, Trouble

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_NAME = "teahouse-gpg-"
KEYRING, RUN = "home", "r"
"""In such a folder: what GnuPG calls its home, and the place for short names of it."""


def place(wanted: tuple[Path, ...] | None = None) -> Path:
    """A folder in memory that this user may use, `wanted` or a usual one; raises Trouble(NO_MEMORY_DISK)."""
    usual = (Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"), Path("/dev/shm"))
    for folder in usual if wanted is None else wanted:
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and _kind(folder.resolve()) in _IN_MEMORY:
            return folder
    raise Trouble(Problem(Fault.NO_MEMORY_DISK))


def _kind(folder: Path) -> str:
    """The kind of the file system a folder is in, by the longest mount point above it (proc_mounts(5))."""
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, at, found, *_ = line.split(" ")
        at = at.replace("\\040", " ")
        if Path(at) in (folder, *folder.parents) and len(at) >= len(best):
            best, kind = at, found
    return kind


def home(memory: Path, profile: Path, account: int) -> Path:
    """The folder for the keyring of one account."""
    return memory / f"{_prefix(profile)}{account}"


def clear(memory: Path, profile: Path) -> None:
    """Remove what a profile's program left when it was killed: end the agents, then delete the folders."""
    for left in memory.glob(f"{_prefix(profile)}*"):
        if left.is_symlink() or left.stat().st_uid != os.getuid():
            continue
        for folder in (left / KEYRING, left / RUN):
            folder.mkdir(mode=0o700, exist_ok=True)
        GpgHome(program(), left / KEYRING, left / RUN).close()
        shutil.rmtree(left)


def _prefix(profile: Path) -> str:
    return f"{_NAME}{hashlib.sha256(os.fsencode(profile.resolve())).hexdigest()[:8]}-"
