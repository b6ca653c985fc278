"""SCRAM as RFC 5802 means it: a random nonce, a bounded iteration count, and the server's proof checked."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any

from slixmpp.util.sasl import client as sasl
from slixmpp.util.sasl import mechanisms

FEWEST, MOST = 4096, 2_000_000
"""Iterations that a server may ask for."""
SCRAM = frozenset(f"SCRAM-{name}" for name in ("SHA-512", "SHA-256", "SHA-1"))


class HonestScram(mechanisms.SCRAM):
    """One log-in; raises SASLMutualAuthFailed when the server does not play by the rules."""

    def process_1(self, challenge: bytes) -> bytes:
        """The client's first message, with a nonce from `secrets`."""
        super().process_1(challenge)
        weak, self.cnonce = self.cnonce, b64encode(secrets.token_bytes(24)).replace(b",", b"")
        self.client_first_message_bare = self.client_first_message_bare.replace(b"r=" + weak, b"r=" + self.cnonce)
        self.client_first_message = self.gs2_header + self.client_first_message_bare
        return bytes(self.client_first_message)

    def process_2(self, challenge: bytes) -> bytes:
        """The proof, for a challenge within bounds."""
        try:
            data = self.parse(challenge)
            rounds, salt, nonce = int(data[b"i"]), b64decode(data[b"s"]), data[b"r"]
        except (KeyError, ValueError, Base64Error):
            raise sasl.SASLMutualAuthFailed() from None  # type: ignore[no-untyped-call]
        if not FEWEST <= rounds <= MOST or len(salt) < 8 or len(nonce) <= len(self.cnonce):
            raise sasl.SASLMutualAuthFailed()  # type: ignore[no-untyped-call]
        return bytes(super().process_2(challenge))

    def process_3(self, challenge: bytes) -> bytes:
        """Check the server's own proof; without it nobody is signed in."""
        try:
            proof = b64decode(self.parse(challenge).get(b"v", b""))
        except (ValueError, Base64Error):
            raise sasl.SASLMutualAuthFailed() from None  # type: ignore[no-untyped-call]
        if not proof or not hmac.compare_digest(proof, self.server_signature):
            raise sasl.SASLMutualAuthFailed()  # type: ignore[no-untyped-call]
        self._mutual_auth = True
        return b""

    def Hi(self, text: Any, salt: bytes, iterations: int) -> bytes:
        """PBKDF2 in C: a million rounds freeze nothing."""
        password = text.encode() if isinstance(text, str) else bytes(text)
        return hashlib.pbkdf2_hmac(self.hash_name.replace("-", "").lower(), password, salt, iterations)


def install() -> None:
    """Leave slixmpp nothing but SCRAM and PLAIN to sign in with."""
    for name in list(sasl.MECHANISMS):
        if name in SCRAM:
            sasl.MECHANISMS[name] = HonestScram
        elif name != "PLAIN":
            sasl.MECHANISMS.pop(name)
            sasl.MECH_SEC_SCORES.pop(name, None)
