"""Where GnuPG keeps one identity's keys: a folder of its own with a short name, and the end of what runs in it."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from teahouse.domain.problem import Fault, Problem, Trouble

OLDEST = (2, 2, 27)
HOME_BYTES = 60
"""Longest path of a home, so that the socket in it (`/S.gpg-agent`) stays under the 86 bytes that GnuPG allows."""
# The count costs 15 ms with each use of a key in place of 300; it protects nothing that 256 random bits do not.
_AGENT = """allow-loopback-pinentry
s2k-count 65536
no-allow-external-cache
disable-scdaemon
extra-socket none
browser-socket none
"""
_VERSION = re.compile(r"\(GnuPG\) (\d+)\.(\d+)\.(\d+)")


def program(search: str | None = None, seconds: float = 10) -> Path:
    """The absolute path of gpg, found along `search` (default: $PATH).

    Raises Trouble: GPG_MISSING, GPG_OLD (about its version), TIMED_OUT when it says nothing.
    """
    found = shutil.which("gpg", path=search)
    if found is None or shutil.which("gpgconf", path=search) is None:
        raise Trouble(Problem(Fault.GPG_MISSING))
    path = Path(found).absolute()
    try:
        said = subprocess.run([path, "--no-options", "--version"], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise Trouble(Problem(Fault.TIMED_OUT, "GnuPG")) from None
    except OSError:
        raise Trouble(Problem(Fault.GPG_MISSING)) from None
    version = _VERSION.search(said.stdout.decode("ascii", "replace"))
    if version is None:
        raise Trouble(Problem(Fault.GPG_MISSING))
    if tuple(map(int, version.groups())) < OLDEST:
        raise Trouble(Problem(Fault.GPG_OLD, ".".join(version.groups())))
    return path


class GpgHome:
    """A GNUPGHOME. `folder` is where it is kept, `path` the short name by which GnuPG knows it."""

    def __init__(self, gpg: Path, folder: Path, run: Path) -> None:
        self.gpg = gpg
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.path = _short(folder, run)
        (folder / "gpg-agent.conf").write_text(_AGENT, encoding="ascii")

    @property
    def environment(self) -> dict[str, str]:
        """What GnuPG gets to know of the world: no display, no other home."""
        return {"PATH": f"{self.gpg.parent}:/usr/bin:/bin", "HOME": str(self.path), "LC_ALL": "C.UTF-8"}

    def forget_revocations(self) -> None:
        """Delete the certificates that GnuPG lays aside for each new key: they are unprotected."""
        shutil.rmtree(self.folder / "openpgp-revocs.d", ignore_errors=True)

    def close(self, seconds: float = 5) -> None:
        """End the agent and all else that runs for this home."""
        if not self.path.exists():
            return
        command = [str(self.gpg.parent / "gpgconf"), "--homedir", str(self.path), "--kill", "all"]
        try:
            subprocess.run(command, capture_output=True, timeout=seconds, check=False, env=self.environment)
        except subprocess.TimeoutExpired:
            raise Trouble(Problem(Fault.TIMED_OUT, "GnuPG")) from None
        finally:
            if self.path != self.folder:
                self.path.unlink(missing_ok=True)


def _short(folder: Path, run: Path) -> Path:
    """A link to the folder with a short name, in the run folder: the paths of Unix sockets end at some 100 bytes."""
    link = run / f"g{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]}"
    if len(os.fsencode(link)) > HOME_BYTES:
        raise ValueError("the run folder has too long a name")
    link.unlink(missing_ok=True)
    link.symlink_to(folder.resolve())
    return link
