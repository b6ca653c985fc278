"""The keyring of one account: the vault is the truth, GnuPG's copy in memory is made from it when it is wanted."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from secrets import token_urlsafe
from typing import TypeVar

from teahouse.crypto.gnupg_legacy import GnupgLegacy
from teahouse.crypto.lanes import Lanes
from teahouse.domain.openpgp import Key, Opened, Verdict
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.features.openpgp import store
from teahouse.features.openpgp.memory import KEYRING, RUN
from teahouse.features.openpgp.model import OwnKey
from teahouse.store.database import Database

PHRASE_BYTES = 32
REFUSED = (Fault.KEY_FOREIGN, Fault.KEY_UNREADABLE)
"""A key that cannot be taken is another one than was announced, or none at all."""
CLOSED = (Verdict.NOT_FOR_US, Verdict.UNREADABLE)
"""What GnuPG says of a message that another key of ours may open: it is for that one, or the passphrase is."""
Result = TypeVar("Result")


class Keyring:
    """`place` gives a folder in memory with a short name. Every call may raise Trouble, of it or of GnuPG."""

    def __init__(self, db: Database, account: int, bare: str, place: Callable[[], Path]) -> None:
        self._db, self._account, self._bare, self._place = db, account, bare, place
        self._folder = Path()
        self._ended = False
        self._lanes = Lanes()
        self._backend: GnupgLegacy | None = None
        self._loaded: set[str] = set()
        self._whole: set[str] = set()
        """Addresses of which GnuPG knows all keys."""
        self._chosen: set[str] = set()

    async def do(self, lane: str, call: Callable[[GnupgLegacy], Result]) -> Result:
        """What `call` makes of the keyring, in a thread, after all else that was asked for this lane."""
        backend = await self._ready()
        return await self._lanes.run(lane, lambda: call(backend))

    async def open(self, lane: str, call: Callable[[GnupgLegacy, str], Opened]) -> Opened:
        """What `call` opens with the passphrase of whichever key of ours it takes, in the order of its lane."""
        phrases = [secret.phrase for secret in store.secrets(self._db, self._account)]

        def open_one(backend: GnupgLegacy) -> Opened:
            found = Opened(Verdict.NOT_FOR_US)
            for phrase in phrases:
                found = call(backend, phrase)
                if found.verdict not in CLOSED:
                    break
            return found

        return await self.do(lane, open_one)

    async def _ready(self) -> GnupgLegacy:
        if self._ended:
            raise Trouble(Problem(Fault.OFFLINE, self._bare))
        if self._backend is None:
            own = store.secrets(self._db, self._account)
            await self._lanes.run("", lambda: self._open(own))
        assert self._backend is not None
        return self._backend

    def _open(self, own: tuple[store.Secret, ...]) -> None:
        if self._backend is not None:
            return
        self._folder = self._place()
        run = self._folder / RUN
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        backend = GnupgLegacy(self._folder / KEYRING, run)
        for secret in own:
            backend.import_secret(secret.data, self._bare, secret.phrase, secret.phrase)
        self._backend = backend

    # -- ours ------------------------------------------------------------------------

    async def make(self) -> OwnKey:
        """A new key of ours, in use from now on; what there was only reads what was sent to it."""
        phrase = token_urlsafe(PHRASE_BYTES)
        made = await self.do("", lambda backend: backend.generate(self._bare, phrase))
        return await self._keep(made, phrase)

    async def use(self, data: bytes, passphrase: str) -> OwnKey:
        """Take a secret key from a file into use; Trouble(KEY_FOREIGN, KEY_LOCKED) when it is not ours to use."""
        phrase = token_urlsafe(PHRASE_BYTES)
        taken = await self.do("", lambda backend: backend.import_secret(data, self._bare, passphrase, phrase))
        return await self._keep(taken, phrase)

    async def restore(self, backup: bytes, code: str) -> OwnKey:
        """Take the key of a backup into use; Trouble(WRONG_BACKUP_CODE, KEY_FOREIGN)."""
        phrase = token_urlsafe(PHRASE_BYTES)
        taken = await self.do("", lambda backend: backend.restore(backup, self._bare, code, phrase))
        return await self._keep(taken, phrase)

    async def back_up(self, fingerprint: str, code: str) -> bytes:
        """A secret key of ours under a backup code alone (XEP-0373 section 5)."""
        phrase = self._phrase(fingerprint)
        return await self.do("", lambda backend: backend.back_up(fingerprint, phrase, code))

    async def revoke(self) -> tuple[str, bytes, int]:
        """Withdraw the key in use; its fingerprint, the public key with the revocation, and its date."""
        own = self.own()
        if own is None:
            raise Trouble(Problem(Fault.NO_KEY, self._bare))
        phrase = self._phrase(own.fingerprint)
        revoked = await self.do("", lambda backend: backend.revoke(own.fingerprint, phrase))
        store.retire(self._db, self._account, own.fingerprint, revoked)
        return own.fingerprint, revoked, own.created

    def _phrase(self, fingerprint: str) -> str:
        secrets = store.secrets(self._db, self._account)
        return next(secret.phrase for secret in secrets if secret.fingerprint == fingerprint)

    async def _keep(self, key: Key, phrase: str) -> OwnKey:
        secret = await self.do("", lambda backend: backend.export_secret(key.fingerprint, phrase))
        public = await self.do("", lambda backend: backend.export_public(key.fingerprint))
        kept = OwnKey(key.fingerprint, key.created, retired=False)
        store.add_own(self._db, self._account, kept, store.Secret(key.fingerprint, secret, phrase), public)
        return kept

    def own(self) -> OwnKey | None:
        """The key in use, if there is one."""
        found = store.own(self._db, self._account)
        return found[0] if found and not found[0].retired else None

    # -- those of others -------------------------------------------------------------

    async def take(self, jid: str, fingerprint: str, data: bytes, dated: int = 0) -> None:
        """Keep somebody's public key, published at a time (seconds UTC).

        What it said before is kept, too: nobody makes a key whole again that was once revoked, by giving an old copy.
        Trouble(KEY_FOREIGN) unless it is the one of this fingerprint and address.
        """
        before = store.held(self._db, self._account, jid).get(fingerprint)
        if before is not None and fingerprint not in self._loaded:
            await self._import(jid, fingerprint, before)
        await self._import(jid, fingerprint, data)
        if before is not None:
            data = await self.do("", lambda backend: backend.export_public(fingerprint))
        store.keep(self._db, self._account, jid, fingerprint, data, dated)

    async def take_chosen(self, fingerprint: str, data: bytes, *, again: bool = False) -> None:
        """Have GnuPG know a public key that the user compared, whomever it names; raises Trouble(KEY_FOREIGN).

        `again`: also what is new in it, such as that it was withdrawn.
        """
        if again or fingerprint not in self._chosen:
            await self.do("", lambda backend: backend.import_chosen(data, fingerprint))
            self._chosen.add(fingerprint)

    async def load(self, jids: Iterable[str]) -> None:
        """Have GnuPG know all keys that are kept of these addresses.

        One that it does not take, though it did before, is left out: all else can still be opened and sealed.
        """
        for jid in set(jids) - self._whole:
            for fingerprint, data in store.held(self._db, self._account, jid).items():
                if fingerprint not in self._loaded:
                    try:
                        await self._import(jid, fingerprint, data)
                    except Trouble as trouble:
                        if trouble.problem.fault not in REFUSED:
                            raise
            self._whole.add(jid)

    async def _import(self, jid: str, fingerprint: str, data: bytes) -> None:
        await self.do("", lambda backend: backend.import_public(data, fingerprint, jid))
        self._loaded.add(fingerprint)

    # -- the end ---------------------------------------------------------------------

    async def end(self) -> None:
        """The same for good: what is still under way makes no new one."""
        self._ended = True
        await self.close()

    async def close(self) -> None:
        """End the agent and forget the copy; the next use makes a new one. May be called twice."""
        # Behind whatever is being opened.
        await self._lanes.run("", lambda: None)
        if self._backend is None:
            return
        backend, self._backend = self._backend, None
        self._loaded.clear()
        self._whole.clear()
        self._chosen.clear()
        await self._lanes.run("", backend.close)
        shutil.rmtree(self._folder, ignore_errors=True)
