"""Whose keys there are: ours is announced, those of others are asked for and kept with what is thought of them."""

from collections.abc import Callable

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.client import Client
from teahouse.features.openpgp import store
from teahouse.features.openpgp.announcing import announce, key_of, listed, publish
from teahouse.features.openpgp.keyring import REFUSED, Keyring
from teahouse.features.openpgp.model import OwnKey, PeerKey
from teahouse.store.database import Database

STALE = 6 * 3_600_000
"""Milliseconds after which the keys of somebody are asked for again."""
NONE_STALE = 600_000
"""The same for somebody who has none."""
SILENT = 60_000
"""Milliseconds for which somebody whose server did not answer is not asked again by itself: each time takes long."""


class Finding:
    """For one account. `now` gives milliseconds UTC."""

    def __init__(self, db: Database, account: int, keyring: Keyring, now: Callable[[], int]) -> None:
        self._db, self._account, self._keyring, self._now = db, account, keyring, now
        self._silent: dict[str, int] = {}
        """Whose server did not answer, and when."""

    async def present(self, client: Client, *, heeds: bool = True) -> OwnKey | None:
        """Announce the key in use, and none that is retired; None when there is none, or the server keeps none.

        Raises Trouble.
        """
        key = self._keyring.own()
        if key is None:
            return None
        gone = [old.fingerprint for old in store.own(self._db, self._account) if old.retired]
        public = store.public(self._db, self._account, key.fingerprint)
        kept = await announce(client, key.fingerprint, public, key.created, dropped=gone, heeds=heeds)
        return key if kept else None

    async def withdraw(self, client: Client, fingerprint: str, key: bytes, created: int) -> None:
        """Have everybody see that a key was revoked; raises Trouble. `present` takes it off the list."""
        await publish(client, fingerprint, key, created)

    async def of(self, client: Client, jid: str, *, fresh: bool = False) -> tuple[PeerKey, ...]:
        """The keys of a bare address: as they are known, or asked for when that is long ago or must be `fresh`.

        One that was published anew is fetched anew: it may have been revoked, or last longer. One that cannot be taken
        in (it is another one, or of somebody else) is known by its fingerprint alone. Raises Trouble when nobody
        answers.
        """
        if fresh or self._is_due(jid):
            if not fresh and self._is_silent(jid):
                raise Trouble(Problem(Fault.TIMED_OUT, jid))
            await self._ask(client, jid)
        return self.known(jid)

    def forget(self) -> None:
        """The session is another one: whoever did not answer may do so now."""
        self._silent.clear()

    def waits(self, jid: str) -> bool:
        """Whether `of` would ask somebody elsewhere, and may take long."""
        return self._is_due(jid) and not self._is_silent(jid)

    def _is_due(self, jid: str) -> bool:
        lasts = STALE if any(key.announced for key in self.known(jid)) else NONE_STALE
        return self._now() - store.asked(self._db, self._account, jid) > lasts

    def _is_silent(self, jid: str) -> bool:
        return jid in self._silent and 0 <= self._now() - self._silent[jid] < SILENT

    async def _ask(self, client: Client, jid: str) -> None:
        try:
            dates = await listed(client, jid)
        except Trouble:
            self._silent[jid] = self._now()
            raise
        self._silent.pop(jid, None)
        store.announced(self._db, self._account, jid, dates, self._now())
        for key in self.known(jid):
            if key.announced and not (key.held and key.dated == dates[key.fingerprint]):
                await self._take(client, key, dates[key.fingerprint])

    def known(self, jid: str) -> tuple[PeerKey, ...]:
        """What was found of a bare address until now."""
        return store.peers(self._db, self._account, jid)

    async def _take(self, client: Client, key: PeerKey, dated: int) -> None:
        data = await key_of(client, key.jid, key.fingerprint)
        if not data:
            return
        try:
            await self._keyring.take(key.jid, key.fingerprint, data, dated)
        except Trouble as trouble:
            if trouble.problem.fault not in REFUSED:
                raise
