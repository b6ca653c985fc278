"""GnuPG for XEP-0027: messages that nobody signed, signatures beside a text, and keys that name whomever they like.

It is told apart from what is good: nothing that comes from here is ever called valid but the signature of a text.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from teahouse.crypto.gnupg_backend import MESSAGE_BYTES, PLAIN_BYTES, GnupgBackend
from teahouse.crypto.gpg_process import Reading
from teahouse.domain.openpgp import Key, Opened, Verdict
from teahouse.domain.problem import Fault, Problem, Trouble

SIGNATURE_BYTES, STATUS_BYTES = 1 << 13, 1 << 13
"""Bounds of a signature, and of the text that it stands beside."""


class GnupgLegacy(GnupgBackend):
    """The keyring, for the old way as well."""

    def look_at(self, data: bytes) -> Key:
        """The one public key in a file, whomever it names, before it is taken in; Trouble(KEY_UNREADABLE)."""
        return self._looked_at(data, "pub", None)

    def import_chosen(self, data: bytes, fingerprint: str) -> Key:
        """Take in one public key that the user compared; Trouble(KEY_FOREIGN) unless it is this one."""
        self._looked_at(data, "pub", None, fingerprint)
        self._call(["--import-options", "import-minimal", "--import"], data, "import")
        return self._key(fingerprint)

    def encrypt(self, data: bytes, recipients: Sequence[str]) -> bytes:
        """Encrypt, without signing, to all of these keys; Trouble(NO_KEY) when one of them is not usable."""
        if self.usable(recipients).unusable:
            raise Trouble(Problem(Fault.NO_KEY))
        arguments = ["--encrypt", *(word for one in recipients for word in ("--recipient", one))]
        done = self._call(arguments, data, "crypt")
        if not done.ok or done.returncode != 0 or not done.data:
            raise Trouble(Problem(Fault.GPG_FAILED))
        return bytes(done.data)

    def open_unsigned(self, data: bytes, passphrase: str) -> Opened:
        """Decrypt a binary message. What is in it comes as UNSIGNED, also when somebody signed it."""
        if len(data) > MESSAGE_BYTES:
            return Opened(Verdict.TOO_LARGE)
        arguments = ["--max-output", str(PLAIN_BYTES), "--decrypt"]
        reading = Reading(self._gpg)
        self._gpg.call(["--passphrase-fd", "0", *arguments], f"{passphrase}\n".encode() + data, reading)
        return Opened(Verdict.TOO_SLOW) if self._gpg.late else reading.plain(reading.data, PLAIN_BYTES)

    def sign(self, data: bytes, signer: str, passphrase: str) -> bytes:
        """A signature to stand beside a text, binary."""
        arguments = ["--detach-sign", "--default-key", signer]
        done = self._call(arguments, data, "sign", phrase=passphrase)
        if not done.data:
            raise Trouble(Problem(Fault.GPG_FAILED))
        return bytes(done.data)

    def signer(self, data: bytes, signature: bytes) -> str:
        """The fingerprint of the known key that signed this text; empty when there is any doubt about that."""
        if len(signature) > SIGNATURE_BYTES or len(data) > STATUS_BYTES:
            return ""
        reading = Reading(self._gpg)
        with _in_memory(signature) as file:
            self._gpg.call(["--verify", f"/proc/self/fd/{file}", "-"], data, reading, [file])
        return "" if self._gpg.late else reading.signer


@contextmanager
def _in_memory(data: bytes) -> Iterator[int]:
    """An open file that holds this, and is nowhere on a disk."""
    file = os.memfd_create("signature")
    try:
        os.write(file, data)
        yield file
    finally:
        os.close(file)
