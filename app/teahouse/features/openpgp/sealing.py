"""A message on its way out: signed, and encrypted to ourselves and to all who can read it; and on its way in."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.crypto.signcrypt import Kind, build
from teahouse.domain.openpgp import Opened, Verdict
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.features.openpgp import store
from teahouse.features.openpgp.enclosing import payload
from teahouse.features.openpgp.keyring import CLOSED, Keyring
from teahouse.features.openpgp.readers import Readers
from teahouse.store.database import Database


class Sealing:
    """Of one account. `now` gives seconds UTC."""

    def __init__(self, db: Database, account: int, keyring: Keyring, now: Callable[[], float]) -> None:
        self._db, self._account, self._keyring, self._now = db, account, keyring, now

    async def seal(self, message: ET.Element, addressee: str, readers: Readers) -> bytes:
        """What of a message for a bare address, of a person or a room, is to be encrypted, and is. Raises Trouble.

        To be sent as it is, however often: another encryption of it would be another message for whoever gets both.
        """
        own = self._keyring.own()
        if own is None or not readers.can:
            raise Trouble(Problem(Fault.NO_KEY, addressee))
        data = build(Kind.SIGNCRYPT, [addressee], payload(message), self._now())
        phrase = self._phrase(own.fingerprint)

        def seal(backend: GnupgBackend) -> bytes:
            made = backend.seal(data, readers.fingerprints, own.fingerprint, phrase)
            if made.left_out:
                raise Trouble(Problem(Fault.NO_KEY, addressee))
            return made.data

        return await self._keyring.do(addressee, seal)

    async def open(self, lane: str, cipher: bytes) -> Opened:
        """What a message holds, by whichever key of ours opens it, in the order of its `lane`. Raises Trouble."""
        return await self._keyring.open(lane, lambda backend, phrase: backend.open(cipher, phrase))

    async def open_many(self, ciphers: Sequence[bytes]) -> tuple[Opened, ...]:
        """The same for many at once, by the key in use; what that one does not open is tried with the others."""
        secrets = store.secrets(self._db, self._account)
        if not secrets:
            return tuple(Opened(Verdict.NOT_FOR_US) for _ in ciphers)
        found = await self._keyring.do("", lambda backend: backend.open_many(ciphers, secrets[0].phrase))
        pairs = zip(ciphers, found, strict=True)
        others = len(secrets) > 1
        return tuple(
            [await self.open("", data) if others and one.verdict in CLOSED else one for data, one in pairs]
        )

    def _phrase(self, fingerprint: str) -> str:
        secrets = store.secrets(self._db, self._account)
        return next(secret.phrase for secret in secrets if secret.fingerprint == fingerprint)
