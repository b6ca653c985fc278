"""A plain GnuPG of somebody else: a home of its own, a key, and what its programs need to find both."""

import os
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path


class Gpg:
    """With an empty keyring, in which every key is believed: who would compare them is the person, not the program."""

    def __init__(self) -> None:
        # Not below the folder of a test: the path of the agent's socket ends at 107 bytes.
        self._folder = tempfile.TemporaryDirectory(prefix="tpg-", dir="/tmp")
        self.home = Path(self._folder.name)
        (self.home / "gpg.conf").write_text("trust-model always\nno-auto-key-retrieve\ndisable-dirmngr\n")

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to use it."""
        return {"GNUPGHOME": str(self.home)}

    def run(self, *arguments: str, data: bytes = b"") -> bytes:
        """What gpg answers."""
        command = ["gpg", "--batch", "--no-tty", "--quiet", *arguments]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, input=data, check=True, capture_output=True, env=environment).stdout

    def make(self, user_id: str, lasts: str = "3y") -> str:
        """A new key without a passphrase, as Profanity's manual has it made; its fingerprint."""
        kind = ("--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", user_id)
        self.run(*kind, "future-default", "default", lasts)
        return self.fingerprints(user_id)[0]

    def fingerprints(self, user_id: str) -> list[str]:
        """Of all primary keys with this user id."""
        lines = self.run("--with-colons", "--list-keys", user_id).decode().splitlines()
        return [after.split(":")[9] for before, after in pairwise(lines) if before.startswith("pub:")]

    def public(self, fingerprint: str) -> bytes:
        """A public key, binary."""
        return self.run("--export", fingerprint)

    def take(self, key: bytes) -> None:
        """Keep a public key."""
        self.run("--import", data=key)

    def stop(self) -> None:
        """End its agent, and forget all."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, capture_output=True)
        self._folder.cleanup()
