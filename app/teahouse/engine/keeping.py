"""Keeps history only as long as each chat wants it: looked at on starting and every hour, and taken off when asked."""

import asyncio
from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.events import ClockDoubted, GapsChanged, MessageRemoved, WentWrong
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.settings import UNTIL_QUIT
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import Inbound
from teahouse.engine.pacer import Pacer
from teahouse.store import archives, chats, retention
from teahouse.store.retention import Due

EVERY, SLICE = 3600.0, 25
"""Seconds between two looks, and messages that go in one transaction."""
LEAP = 45 * retention.DAY
"""Milliseconds: a clock that is further than this ahead of the last look is not believed before the user says so."""


class Keeper:
    """One for all chats. Nothing is deleted by a clock that cannot be believed."""

    def __init__(
        self,
        bench: Bench,
        inbound: Inbound,
        tell_requests: Callable[[], None],
    ) -> None:
        self._bench, self._inbound, self._tell_requests = bench, inbound, tell_requests
        self._task: asyncio.Task[None] | None = None
        self._one, self._gone = asyncio.Lock(), 0
        self._doubt: ClockDoubted | None = None
        self._ending = False

    def start(self) -> None:
        """Look now and every hour."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Look no more; what was on the way out goes on at the next start."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        async with self._one:
            # Whoever was at work has noticed.
            pass

    def end_visit(self) -> None:
        """The program ends, or has begun: what is kept only until the end goes."""
        try:
            retention.end_visit(self._bench.db)
        except Trouble as trouble:
            self._bench.announce(WentWrong(trouble.problem))

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except Trouble as trouble:
                self._bench.announce(WentWrong(trouble.problem))
            await asyncio.sleep(EVERY)

    async def sweep(self) -> None:
        """Let go of what is due; raises Trouble."""
        self._inbound.flush()
        now, db = self._bench.now(), self._bench.db
        known = retention.last_known(db)
        self._doubt = None
        if known and now > known + LEAP and any(what.before for what in retention.due(db, now)):
            self._doubt = ClockDoubted(now, known)
            self.announce()
            now = 0
        elif now != known:
            retention.set_last_known(db, now)
        if retention.trim_requests(db, now):
            self._tell_requests()
        await self.shrink(retention.due(db, now))

    def announce(self) -> None:
        """Say again that the clock is doubted, if it is."""
        if self._doubt is not None:
            self._bench.announce(self._doubt)

    async def shrink(self, what: list[Due]) -> None:
        """Take this off the disk, a little at a time, and leave nothing of it in the log of the database."""
        async with self._one:
            pacer, before = Pacer(), self._gone
            for due in what:
                already = self._gone
                while numbers := retention.shrink(self._bench.db, due, SLICE):
                    self._tell(due.chat, numbers)
                    await pacer.breathe()
                    if self._ending:
                        return
                retention.done(self._bench.db, due)
                if self._gone > already:
                    retention.retell(self._bench.db, due.chat)
                    self._bench.announce(GapsChanged(due.chat, archives.gaps(self._bench.db, due.chat)))
                    self._bench.announce_chat(due.chat)
            if self._gone > before:
                await self.fold()

    def _tell(self, chat: int, numbers: list[int]) -> None:
        self._gone += len(numbers)
        for number in numbers:
            self._bench.announce(MessageRemoved(chat, number))

    async def fold(self) -> None:
        """Empty the write-ahead log, as soon as nobody reads from it."""
        for _n in range(200):
            if self._ending or self._bench.db.fold():
                return
            await asyncio.sleep(0.05)

    def forget(self, chat: int) -> Due:
        """All of a chat is on the way out."""
        self._inbound.flush()
        due, waited = retention.forget_chat(self._bench.db, chat)
        self._tell(chat, waited)
        self._bench.announce_chat(chat)
        return due

    def clear_requests(self) -> None:
        """All that strangers said is gone."""
        retention.clear_requests(self._bench.db)
        self._tell_requests()


async def set_retention(bench: Bench, keeper: Keeper, wish: c.SetRetention) -> None:
    """Keep a chat's history so long from now on, and let go of what is older at once."""
    if not UNTIL_QUIT <= wish.days <= 36_500:
        raise Trouble(Problem(Fault.UNEXPECTED))
    retention.set_days(bench.db, wish.chat, wish.days)
    bench.announce_chat(wish.chat)
    await keeper.sweep()


async def delete_message(bench: Bench, keeper: Keeper, wish: c.DeleteMessage) -> None:
    """Take one message off this computer."""
    if chat := retention.forget_message(bench.db, wish.message):
        bench.announce(MessageRemoved(chat, wish.message))
        bench.announce_chat(chat)
        await keeper.fold()


async def clear_history(bench: Bench, keeper: Keeper, wish: c.ClearHistory) -> None:
    """Take all that was said in a chat off this computer, or all that was said anywhere."""
    numbers = [wish.chat] if wish.chat else [chat.id for chat in chats.every(bench.db)]
    if not wish.chat:
        keeper.clear_requests()
    await keeper.shrink([keeper.forget(number) for number in numbers])
    await keeper.fold()


async def trust_clock(bench: Bench, keeper: Keeper, wish: c.TrustClock) -> None:
    """The user says that this is the time: what is due by it goes."""
    retention.set_last_known(bench.db, wish.now)
    await keeper.sweep()
