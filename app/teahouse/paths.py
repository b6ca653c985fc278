"""Where a profile keeps its files, and where its sockets live while it runs."""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from teahouse.i18n import _

SOCKET_BYTES = 86
"""Longest path of a Unix socket, in bytes, that works everywhere."""
_NAME = re.compile(r"[^\W_][\w-]{0,31}")


class BadProfileName(ValueError):
    """The name of a profile cannot be the name of a folder; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class ProfilePaths:
    """The places of one profile. `run` holds sockets and vanishes with the login; the rest is kept."""

    name: str
    folder: Path
    run: Path

    @property
    def database(self) -> Path:
        """The encrypted database."""
        return self.folder / "teahouse.db"

    @property
    def settings(self) -> Path:
        """The only readable file of a profile."""
        return self.folder / "profile.toml"

    @property
    def lock(self) -> Path:
        """Locked by the broker and the client as long as either runs."""
        return self.folder / "lock"

    @property
    def broker_socket(self) -> Path:
        """Where a second start asks the first one to raise its window."""
        return self.run / "broker.sock"


def base_folder() -> Path:
    """The folder of all profiles: $TEAHOUSE_HOME, else where this system keeps a user's data."""
    if home := os.environ.get("TEAHOUSE_HOME"):
        return Path(home).absolute()
    from platformdirs import user_data_path

    return user_data_path("teahouse", appauthor=False)


def profile_paths(name: str) -> ProfilePaths:
    """The places of the profile of this name, made when missing; raises BadProfileName."""
    if not _NAME.fullmatch(name):
        raise BadProfileName(
            _("“%s” cannot be the name of a profile: up to 32 letters, digits, hyphens and underscores.") % name[:80]
        )
    return paths_in(base_folder() / "profiles" / name, name)


def paths_in(folder: Path, name: str) -> ProfilePaths:
    """The places of a profile in a given folder, made when missing (0700)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ProfilePaths(name, folder, run_folder(folder))


def run_folder(folder: Path) -> Path:
    """A 0700 folder for the sockets of a profile, always the same one while that is possible."""
    own = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    bases = [Path(tempfile.gettempdir()) / f"teahouse-{os.getuid()}", Path("/tmp") / f"teahouse-{os.getuid()}"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        bases.insert(0, Path(runtime) / "teahouse")
    for base in bases:
        place = base / own
        if len(os.fsencode(place / "longest-name-of-a-socket")) < SOCKET_BYTES and _private(base) and _private(place):
            return place
    return Path(tempfile.mkdtemp(prefix="teahouse-", dir="/tmp"))


def _private(folder: Path) -> bool:
    """Make the folder if need be; whether it is ours alone and no link."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
