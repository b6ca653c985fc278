"""Another person's GnuPG, driven without the program: it makes what the program must never make."""

import os
import subprocess
import tempfile
from pathlib import Path

from tests.rig.wait import until


class Stranger:
    """A home of its own, with an agent of its own that `close` ends. Keys are without protection."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="tg-", dir="/tmp")
        self.home = Path(self.folder.name)
        (self.home / "gpg-agent.conf").write_text("allow-loopback-pinentry\ns2k-count 65536\n", encoding="ascii")

    def gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        """What gpg answers; fails the test when it fails."""
        command = ["gpg", "--homedir", str(self.home), "--batch", "--pinentry-mode", "loopback", "--trust-model"]
        command += ["always", "--disable-dirmngr", "--no-auto-key-locate", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def key(self, user_id: str, *options: str, end: str = "0") -> str:
        """A new key; its fingerprint."""
        self.gpg(*options, "--passphrase", "", "--quick-gen-key", user_id, "ed25519", "sign", end)
        fingerprint = self.fingerprints()[-1]
        self.gpg(*options, "--passphrase", "", "--quick-add-key", fingerprint, "cv25519", "encr", end)
        return fingerprint

    def fingerprints(self) -> list[str]:
        """Of all primary keys."""
        lines = self.gpg("--with-colons", "--list-keys").decode("utf-8", "replace").split("\n")
        return [lines[n + 1].split(":")[9] for n, line in enumerate(lines) if line.startswith("pub:")]

    def public(self, fingerprint: str) -> bytes:
        """An exported key."""
        return self.gpg("--export", fingerprint)

    def revoke(self, fingerprint: str) -> None:
        """By the certificate that gpg laid aside."""
        kept = (self.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text(encoding="utf-8")
        self.gpg("--import", given=kept.replace(":-----BEGIN", "-----BEGIN").encode())

    def close(self) -> None:
        """End the agent, delete the home."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)
        until(lambda: not running(self.home), what="the agent's end")
        self.folder.cleanup()


def running(home: Path) -> list[str]:
    """The command lines of processes that run for a home."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(home) in words and words[0].rpartition(b"/")[2] != b"gpgconf":
                found.append(b" ".join(words).decode("utf-8", "replace"))
    return found
