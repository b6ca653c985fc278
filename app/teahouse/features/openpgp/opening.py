"""Encrypted messages that came: opened once they are on disk, one by one or many at once, judged, and told.

They stand where they came, whenever they are opened. What cannot be opened for the time being (no GnuPG, no memory)
waits on disk.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from teahouse.domain.openpgp import Opened, Verdict
from teahouse.domain.problem import Problem, Trouble
from teahouse.engine.envelope import Opened as Told
from teahouse.features.openpgp import store
from teahouse.features.openpgp.accepting import Accepting
from teahouse.features.openpgp.work import Work
from teahouse.store import sealed
from teahouse.store.sealed import Waiting

AT_ONCE, MANY = 200, 8
"""Messages that are opened in one go at most, and from how many on one run of gpg opens them all."""
WRITTEN = 50
"""Messages in one transaction: the window never waits long for the disk."""
RETRY, ASK_AGAIN = 30.0, 60_000
"""Seconds after which it is tried again, and milliseconds until unknown signers are asked for again."""


class Opening:
    """Of one account. `on_begun` is told of chats in which what is written is encrypted from now on, `on_keys` when
    there are other keys than before."""

    def __init__(self, work: Work, on_begun: Callable[[int], None], on_keys: Callable[[], None]) -> None:
        self._work, self._db = work, work.bench.db
        self._on_keys = on_keys
        self._accepting = Accepting(work, on_begun)
        self._task: asyncio.Task[None] | None = None
        self._asked: dict[str, int] = {}
        self._problem: Problem | None = None

    def came(self, told: Mapping[int, Told]) -> None:
        """There may be something to open; `told` is to hear what was inside of these."""
        self._accepting.told |= told
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Leave what is left for the next time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while rows := sealed.waiting(self._db, self._work.account, AT_ONCE):
            try:
                await self._open(rows)
                self._problem = None
            except Trouble as trouble:
                if trouble.problem != self._problem:
                    self._problem = trouble.problem
                    self._work.complain(trouble.problem)
                await asyncio.sleep(RETRY)

    async def _open(self, rows: Sequence[Waiting]) -> None:
        people = {self._accepting.sender(row) for row in rows if not row.legacy} - {""}
        await self._know(people)
        found = await self._found(rows)
        pairs = zip(rows, found, strict=True)
        doubtful = {self._accepting.sender(row) for row, one in pairs if self._unknown(row, one)}
        if doubtful and await self._ask(doubtful):
            found = await self._found(rows)
            self._on_keys()
        for at in range(0, len(rows), WRITTEN):
            self._accepting.write(rows[at : at + WRITTEN], found[at : at + WRITTEN])
            await asyncio.sleep(0)

    async def _know(self, people: set[str]) -> None:
        """Have the keys of these at hand; who has none, or does not answer, is known by what there is."""
        client = self._work.client()
        for jid in sorted(people):
            if client is not None:
                with suppress(Trouble):
                    await self._work.finding.of(client, jid)
        await self._work.keyring.load(sorted(people))

    def _unknown(self, row: Waiting, opened: Opened) -> bool:
        if row.legacy or not self._accepting.sender(row):
            return False
        keys = store.peers(self._db, self._work.account, self._accepting.sender(row))
        foreign = bool(opened.signer) and opened.signer not in {key.fingerprint for key in keys if key.held}
        return opened.verdict is Verdict.UNKNOWN_SIGNER or (foreign and not row.mine)

    async def _ask(self, people: set[str]) -> bool:
        """Ask anew for the keys of these, but not again and again; whether anybody was asked."""
        client, now = self._work.client(), self._work.bench.now()
        asked = False
        for jid in sorted(people):
            if client is None or now - self._asked.get(jid, 0) < ASK_AGAIN:
                continue
            self._asked[jid], asked = now, True
            with suppress(Trouble):
                await self._work.finding.of(client, jid, fresh=True)
        await self._work.keyring.load(sorted(people))
        return asked

    async def _found(self, rows: Sequence[Waiting]) -> Sequence[Opened]:
        sealing = self._work.sealing
        if not self._work.fingerprints:
            return [Opened(Verdict.NOT_FOR_US) for _ in rows]
        signed = [row.data for row in rows if not row.legacy]
        many = iter(await sealing.open_many(signed) if len(signed) >= MANY else ())
        return [await self._one(row, None if row.legacy else next(many, None)) for row in rows]

    async def _one(self, row: Waiting, found: Opened | None) -> Opened:
        work = self._work
        return found or await (work.legacy if row.legacy else work.sealing).open(row.jid, row.data)
