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
from teahouse.store.sealed import Kept, Waiting

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
        self._learning: dict[str, asyncio.Task[None]] = {}
        """Who is asked for their keys at this moment."""
        self._later: set[str] = set()
        """Who is to be asked as soon as there is a connection."""
        self._problem: Problem | None = None

    def came(self, told: Mapping[int, Told]) -> None:
        """There may be something to open; `told` is to hear what was inside of these."""
        self._accepting.told |= told
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())

    def came_online(self) -> None:
        """Whoever has to be asked can be."""
        self._later.clear()
        self.came({})

    def again(self) -> None:
        """There is a key of ours that was not there before: it may open what no other did."""
        sealed.again(self._db, self._work.account, Kept.KEYLESS)
        self.came({})

    async def stop(self) -> None:
        """Leave what is left for the next time."""
        tasks = [*self._learning.values(), *([self._task] if self._task is not None else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while rows := self._ready():
            try:
                await self._open(rows)
                self._problem = None
            except Trouble as trouble:
                if trouble.problem != self._problem:
                    self._problem = trouble.problem
                    self._work.complain(trouble.problem)
                await asyncio.sleep(RETRY)

    def _ready(self) -> list[Waiting]:
        """What can be opened now: nobody waits for the server of somebody else."""
        rows = sealed.waiting(self._db, self._work.account, AT_ONCE)
        for jid in sorted({self._accepting.sender(row) for row in rows if not row.legacy} - {""}):
            if self._work.finding.waits(jid):
                self._learn(jid)
        unsure = self._later.union(self._learning)
        return [row for row in rows if row.legacy or self._accepting.sender(row) not in unsure]

    async def _open(self, rows: Sequence[Waiting]) -> None:
        people = {self._accepting.sender(row) for row in rows if not row.legacy} - {""}
        await self._work.keyring.load(sorted(people))
        pairs = list(zip(rows, await self._found(rows), strict=True))
        sure = [(row, one) for row, one in pairs if not (self._unknown(row, one) and self._doubts(row))]
        for at in range(0, len(sure), WRITTEN):
            part = sure[at : at + WRITTEN]
            self._accepting.write([row for row, _ in part], [one for _, one in part])
            await asyncio.sleep(0)

    # -- keys that are not here yet ------------------------------------------------

    def _learn(self, jid: str, *, fresh: bool = False) -> None:
        """Ask somebody for their keys; what they wrote waits for it, and nothing else."""
        if self._work.client() is None:
            self._later.add(jid)
        elif jid not in self._learning:
            self._learning[jid] = asyncio.ensure_future(self._asked_of(jid, fresh))

    async def _asked_of(self, jid: str, fresh: bool) -> None:
        try:
            with suppress(Trouble):
                await self._work.finding.of(self._work.online.client(), jid, fresh=fresh)
        finally:
            self._learning.pop(jid)
        if fresh:
            self._on_keys()
        self.came({})

    def _unknown(self, row: Waiting, opened: Opened) -> bool:
        if row.legacy or not self._accepting.sender(row):
            return False
        keys = store.peers(self._db, self._work.account, self._accepting.sender(row))
        foreign = bool(opened.signer) and opened.signer not in {key.fingerprint for key in keys if key.held}
        return opened.verdict is Verdict.UNKNOWN_SIGNER or (foreign and not row.mine)

    def _doubts(self, row: Waiting) -> bool:
        """Whether somebody is asked anew whether a key is theirs; not again and again."""
        jid, now = self._accepting.sender(row), self._work.bench.now()
        if now - self._asked.get(jid, 0) >= ASK_AGAIN:
            self._learn(jid, fresh=True)
            if jid in self._learning:
                self._asked[jid] = now
        return jid in self._learning or jid in self._later

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
