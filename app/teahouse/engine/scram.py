"""SCRAM as RFC 5802 means it: a random nonce, a bounded iteration count, and the server's proof checked."""

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b64decode, b64encode

from slixmpp.util.sasl.client import saslprep
from slixmpp.util.stringprep_profiles import StringPrepError

FEWEST, MOST = 4096, 2_000_000
"""Iterations that a server may ask for."""
_SALT = range(8, 513)
SCRAM = {"SCRAM-SHA-512": "sha512", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}
"""The mechanisms, the strongest first."""
_BASE64 = rb"[A-Za-z0-9+/]+={0,2}"
# Extensions may follow, but none that repeats a field; `m=` is one that we would have to know (section 5.1).
_CHALLENGE = re.compile(rb"r=([\x21-\x2b\x2d-\x7e]+),s=(%b),i=([0-9]{1,7})(?:,[a-hj-ln-qt-zA-Z]=[^,\x00]+)*" % _BASE64)
_VERDICT = re.compile(rb"v=(%b)(?:,[A-Za-z]=[^,\x00]+)*" % _BASE64)


class Scram:
    """One log-in: `first`, `read` and `prove` the challenge, `verify` the verdict. ValueError: the server cheats."""

    def __init__(self, mechanism: str, user: str, password: str, nonce: str = "") -> None:
        self._hash, self._password = SCRAM[mechanism], prepared(password)
        self._nonce = (nonce or b64encode(secrets.token_bytes(24)).decode()).encode()
        name = prepared(user).replace("=", "=3D").replace(",", "=2C")
        self._bare = b"n=" + name.encode() + b",r=" + self._nonce
        self._said, self._salt, self._rounds = b"", b"", 0
        self._without_proof, self._expected = b"", b""

    def first(self) -> bytes:
        """The client's first message, without channel binding."""
        return b"n,," + self._bare

    def read(self, challenge: bytes) -> None:
        """Check the server's challenge; raises ValueError."""
        found = _CHALLENGE.fullmatch(challenge)
        if found is None:
            raise ValueError("not a challenge")
        nonce, salt, rounds = found[1], b64decode(found[2], validate=True), int(found[3])
        if not FEWEST <= rounds <= MOST or len(salt) not in _SALT:
            raise ValueError("too many or too few iterations, or a salt out of bounds")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ValueError("another nonce")
        self._salt, self._rounds = salt, rounds
        self._without_proof = b"c=biws,r=" + nonce
        self._said = b",".join((self._bare, challenge, self._without_proof))

    def prove(self) -> bytes:
        """The client's last message. Slow (up to some seconds): call it off the loop."""
        salted = hashlib.pbkdf2_hmac(self._hash, self._password.encode(), self._salt, self._rounds)
        key = hmac.digest(salted, b"Client Key", self._hash)
        signature = hmac.digest(hashlib.new(self._hash, key).digest(), self._said, self._hash)
        self._expected = hmac.digest(hmac.digest(salted, b"Server Key", self._hash), self._said, self._hash)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return self._without_proof + b",p=" + b64encode(proof)

    def verify(self, verdict: bytes) -> None:
        """Check the server's own proof; raises ValueError. Without it nobody is signed in."""
        found = _VERDICT.fullmatch(verdict)
        if found is None or not self._expected:
            raise ValueError("no proof")
        if not hmac.compare_digest(b64decode(found[1], validate=True), self._expected):
            raise ValueError("a wrong proof")


def prepared(text: str) -> str:
    """A name or password by SASLprep (RFC 4013); one that its old tables do not know, by NFKC alone."""
    try:
        return str(saslprep(text))
    except StringPrepError:
        return unicodedata.normalize("NFKC", text)
