"""Encrypting and opening the old way, with the one key that the user compared for a person."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from teahouse.domain.openpgp import Key, Opened
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.arrivals import body_of
from teahouse.features.openpgp import store
from teahouse.features.openpgp.keyring import Keyring
from teahouse.features.openpgp.legacy import store as stored
from teahouse.features.openpgp.model import LegacyKey, Mode, PeerKey, Reader, Security, Trust, Why
from teahouse.store.database import Database


class Legacy:
    """Of one account."""

    def __init__(self, db: Database, account: int, keyring: Keyring) -> None:
        self._db, self._account, self._keyring = db, account, keyring
        self.signing: dict[str, dict[str, str]] = {}
        """By bare address, the devices (full addresses) whose presence is signed, and the fingerprints of the keys."""

    # -- keys --------------------------------------------------------------------------

    async def look_at(self, data: bytes) -> Key:
        """The one public key in a file; raises Trouble(KEY_UNREADABLE)."""
        return await self._keyring.do("", lambda backend: backend.look_at(data))

    async def choose(self, jid: str, fingerprint: str, data: bytes) -> None:
        """The user compared this key; without `data` it is one of theirs that was compared before. Raises Trouble."""
        chosen = stored.chosen(self._db, self._account, jid)
        if not data and chosen is not None and chosen[0] == fingerprint:
            data = chosen[1]
        if not data and fingerprint in self._compared(jid):
            data = store.held(self._db, self._account, jid)[fingerprint]
        if not data:
            raise Trouble(Problem(Fault.NO_KEY, jid))
        await self._keyring.take_chosen(fingerprint, data, again=True)
        stored.choose(self._db, self._account, jid, fingerprint, data)

    def key_of(self, jid: str) -> LegacyKey | None:
        """What could be used with a person: what was chosen, or what they sign with now and the user compared."""
        signs = set(self.signing.get(jid, {}).values())
        if (chosen := stored.chosen(self._db, self._account, jid)) is not None:
            return LegacyKey(chosen[0], chosen[0] in signs)
        compared = sorted(self._compared(jid) & signs)
        return LegacyKey(compared[0], signs=True) if compared else None

    def _compared(self, jid: str) -> set[str]:
        keys = store.peers(self._db, self._account, jid)
        return {key.fingerprint for key in keys if key.held and key.trust is Trust.VERIFIED}

    async def _loaded(self, jid: str) -> str:
        """The fingerprint of the key to use, which GnuPG knows from here on; raises Trouble(NO_KEY)."""
        chosen = stored.chosen(self._db, self._account, jid)
        if chosen is None:
            raise Trouble(Problem(Fault.NO_KEY, jid))
        await self._keyring.take_chosen(*chosen)
        return chosen[0]

    async def security(self, chat: int, jid: str) -> Security:
        """Who can read what is written in a chat that is encrypted like this."""
        own = self._keyring.own()
        made = Security(chat, Mode.LEGACY, own.fingerprint if own else "", legacy=self.key_of(jid))
        try:
            fingerprint = await self._loaded(jid)
            fit = await self._keyring.do("", lambda backend: backend.usable([fingerprint]))
        except Trouble as trouble:
            if trouble.problem.fault is Fault.NO_KEY:
                return replace(made, people=(Reader(jid, (), Why.NO_KEY),))
            return replace(made, problem=trouble.problem)
        key = PeerKey(jid, fingerprint, Trust.VERIFIED, announced=True, since=0, held=True)
        return replace(made, people=(Reader(jid, (key,), None if fit.usable else Why.UNUSABLE),))

    # -- messages ----------------------------------------------------------------------

    async def seal(self, message: ET.Element, jid: str) -> bytes:
        """The text of a message, encrypted to a person and to us; signed by nobody. Raises Trouble."""
        own, fingerprint = self._keyring.own(), await self._loaded(jid)
        if own is None:
            raise Trouble(Problem(Fault.NO_KEY, jid))
        keys, text = (own.fingerprint, fingerprint), body_of(message).encode()
        return await self._keyring.do(jid, lambda backend: backend.encrypt(text, keys))

    async def open(self, lane: str, cipher: bytes) -> Opened:
        """What a message holds, by whichever key of ours opens it, in the order of its `lane`. Raises Trouble."""
        return await self._keyring.open(lane, lambda backend, phrase: backend.open_unsigned(cipher, phrase))

    # -- presence ------------------------------------------------------------------------

    async def sign(self, status: bytes) -> bytes:
        """A signature of our key in use beside a text; raises Trouble."""
        own = self._keyring.own()
        if own is None:
            raise Trouble(Problem(Fault.NO_KEY))
        secrets = store.secrets(self._db, self._account)
        phrase = next(secret.phrase for secret in secrets if secret.fingerprint == own.fingerprint)
        return await self._keyring.do("", lambda backend: backend.sign(status, own.fingerprint, phrase))

    async def signer(self, jid: str, status: bytes, signature: bytes) -> str:
        """The fingerprint of a key of this person that signed a text; empty when there is any doubt. Raises Trouble."""
        await self._keyring.load([jid])
        if stored.chosen(self._db, self._account, jid) is not None:
            await self._loaded(jid)
        return await self._keyring.do("", lambda backend: backend.signer(status, signature))

    def concerns(self, jid: str) -> bool:
        """Whether there is a key that could be used with a person."""
        return bool(self._compared(jid)) or stored.chosen(self._db, self._account, jid) is not None
