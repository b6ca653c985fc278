"""What the program asks of an OpenPGP implementation. GnuPG is the one there is, others would fit."""

from collections.abc import Sequence
from typing import Protocol

from teahouse.domain.openpgp import Key, Opened, Recipients, Sealed


class CryptoBackend(Protocol):
    """The keyring of one identity. Every call blocks: make it in a worker thread. All may raise Trouble.

    Passphrases of keys are random and come from the vault: printable ASCII of at least 16 characters, never empty.
    """

    def generate(self, bare: str, passphrase: str) -> Key:
        """A new Ed25519/cv25519 key of this address, made at the start of this day (UTC), without an end."""

    def rotate(self, bare: str, old: str, old_passphrase: str, passphrase: str) -> Key:
        """A new key in place of an old one, which is revoked; its secret stays, to read what was sent to it."""

    def revoke(self, fingerprint: str, passphrase: str) -> bytes:
        """Revoke a key of ours; the public key with its revocation, to publish."""

    def import_public(self, data: bytes, fingerprint: str, bare: str) -> Key:
        """Take in one public key, binary or armored; Trouble(KEY_FOREIGN) unless it is this key of this address."""

    def import_secret(self, data: bytes, bare: str, passphrase: str, new_passphrase: str) -> Key:
        """Take in a secret key of ours from a file, and protect it anew. `passphrase` may be empty: it has none."""

    def export_public(self, fingerprint: str) -> bytes:
        """A public key, binary and minimal, as XEP-0373 section 4 publishes it."""

    def export_secret(self, fingerprint: str, passphrase: str) -> bytes:
        """A secret key, binary, under its passphrase."""

    def keys(self, secret: bool = False) -> tuple[Key, ...]:
        """All keys, or those that are ours."""

    def usable(self, fingerprints: Sequence[str]) -> Recipients:
        """Which of these can be encrypted to now."""

    def seal(self, data: bytes, recipients: Sequence[str], signer: str, passphrase: str) -> Sealed:
        """Sign, and encrypt to the signer and to all recipients that are usable; the others are named."""

    def open(self, data: bytes, passphrase: str) -> Opened:
        """Decrypt a binary message and verify its one signature."""

    def open_many(self, messages: Sequence[bytes], passphrase: str) -> tuple[Opened, ...]:
        """The same for many at once, some ten times faster than one by one; answers in the order of the messages."""

    def back_up(self, fingerprint: str, passphrase: str, code: str) -> bytes:
        """A secret key encrypted with a backup code alone (XEP-0373 section 5)."""

    def restore(self, backup: bytes, bare: str, code: str, new_passphrase: str) -> Key:
        """Take in the key of a backup; Trouble(WRONG_BACKUP_CODE) when the code does not open it."""

    def close(self) -> None:
        """End whatever runs for this keyring, above all the agent that remembers passphrases. May be called twice."""
