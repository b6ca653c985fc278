"""Reading archives: what was said while we were away, what is missing in between, and what is older than all we have.

Of each archive we hold everything up to a cursor, an id of its own. On coming online it is read on from there, page by
page, each page and the cursor in one transaction; from then on what comes by itself moves the cursor. When messages
were sent of which nobody knows whether they arrived, reading begins before the oldest of them, and tells. Where reading
cannot get on, a gap is kept for the user to see.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Event, GapsChanged
from teahouse.domain.history import Gap
from teahouse.domain.problem import Fault, Trouble
from teahouse.engine.archive import PAGE, Archives, Item, Wanted
from teahouse.engine.arrivals import Arrival, Stretch
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.inbound import UNTAKEN, Inbound, put_behind
from teahouse.engine.pacer import Pacer
from teahouse.engine.xml import MAM
from teahouse.store import archives, chats, messages, outbox

log = logging.getLogger(__name__)
PAGES_BACK = 40
"""Pages that are read from an archive's end towards something that we have."""
OLDER = 100
RETRY, LATE = 5.0, 3
"""Seconds after which an archive is read again that could not be written down or did not answer; after so many answers
that did not come it is left for the next session."""
Read = Callable[[str, Item], Arrival | None]
"""Makes an arrival of what an archive (by its address) holds; None of what says nothing."""


def keeps_history(features: frozenset[str]) -> bool:
    """Whether an account or a room that can do this has an archive."""
    return MAM in features


@dataclass
class _Reading:
    """An archive that is read at the moment, that of a room (its chat) or of the account (0)."""

    room: int
    stretch: Stretch
    follow: bool
    """Whether what comes by itself moves the cursor from its end on."""
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class CatchUp:
    """Reads the archives of one account. `read` judges what is in them."""

    def __init__(
        self,
        bench: Bench,
        account: int,
        inbound: Inbound,
        pages: Archives,
        read: Read,
        on_followed: Callable[[int], None] = lambda _room: None,
    ) -> None:
        """`on_followed` is told of archives that were read to their end: the chat of the room, 0 for our account's."""
        self._on_followed = on_followed
        self._bench, self._account, self._inbound = bench, account, inbound
        self._pages, self._read = pages, read
        self._busy: dict[str, _Reading] = {}

    @property
    def busy(self) -> bool:
        """Whether an archive is read at the moment."""
        return bool(self._busy)

    def expect(self, *, keeps: bool) -> None:
        """Whether our account has an archive, which is to be read: until it was, something may be missing."""
        (self._inbound.unread.add if keeps else self._inbound.unread.discard)((self._account, 0))

    def lost(self) -> None:
        """The session is over: what comes next may leave something out."""
        self._inbound.followed = {one for one in self._inbound.followed if one[0] != self._account}
        self._inbound.unread = {one for one in self._inbound.unread if one[0] != self._account}
        for reading in self._busy.values():
            self._leave_gaps(reading.room, reading.stretch)
        self._busy.clear()

    def entering(self, archive: str, room: int) -> None:
        """On the way into a room (its chat; 0 when its archive is not to be read on), and perhaps out of it before:
        what comes by itself from now on may leave something out."""
        self._inbound.followed.discard((self._account, archive))
        if room:
            self._inbound.unread.add((self._account, room))

    # -- what was missed -----------------------------------------------------

    async def catch_up(self, client: Client, archive: str, room: int = 0, *, follow: bool = True) -> bool:
        """Read on to the end; whether everything since the oldest message in doubt has been seen.

        `room` is the chat of the room whose archive it is, 0 for that of our account. Failures leave gaps. Only when
        it is followed does what comes by itself move the cursor; otherwise the next reading begins at this one's end.
        """
        while archive in self._busy:
            # It may have come past what is wanted now.
            await asyncio.shield(self._busy[archive].done)
        reading = self._busy[archive] = _Reading(room, Stretch(), follow)
        _may_miss(self._inbound, self._account, archive, room)
        self._inbound.read(+1)
        try:
            return await self._patiently(client, archive, reading)
        except Trouble as trouble:
            log.info("an archive was not read to its end: %s", trouble.problem.fault.value)
            if self._busy.get(archive) is reading:
                self._leave_gaps(room, reading.stretch)
            return False
        finally:
            self._inbound.read(-1)
            if self._busy.get(archive) is reading:
                self._busy.pop(archive)
            reading.done.set_result(None)

    async def _patiently(self, client: Client, archive: str, reading: _Reading) -> bool:
        """Read on, again while the disk does not take it or a server is late, and ever less at once."""
        self._pages.most, late = PAGE, 0
        while True:
            # What was not written down is not where it was thought to be.
            reading.stretch = Stretch()
            try:
                return await self._on(client, archive, reading.room, reading.stretch)
            except Trouble as trouble:
                late += trouble.problem.fault is Fault.TIMED_OUT
                if trouble.problem.fault in UNTAKEN:
                    self._bench.complain(trouble.problem, self._account)
                elif trouble.problem.fault is not Fault.TIMED_OUT or late == LATE:
                    raise
                self._pages.most = max(1, self._pages.most // 2)
            await asyncio.sleep(RETRY)
            _may_miss(self._inbound, self._account, archive, reading.room)

    async def _on(self, client: Client, archive: str, room: int, stretch: Stretch) -> bool:
        cursor, reaches = archives.cursor(self._bench.db, self._account, archive), True
        if cursor is None:
            reaches = await self._begin(client, archive, room, stretch)
        else:
            try:
                await self._forward(client, archive, room, cursor, stretch)
            except Trouble as trouble:
                if trouble.problem.fault is not Fault.HISTORY_GONE:
                    raise
                reaches = False
                await self._from_the_end(client, archive, room, stretch)
        return reaches

    def _start(self, archive: str, cursor: str, room: int) -> str:
        """The id from which on to read: the cursor, or one that is older than every message in doubt."""
        db = self._bench.db
        oldest = outbox.oldest_in_doubt(db, self._account, room)
        if not oldest:
            return cursor
        held = archives.held_before(db, self._account, archive, oldest)
        return archives.origin(db, self._account, archive) if held is None else held

    async def _forward(self, client: Client, archive: str, room: int, cursor: str, stretch: Stretch) -> None:
        after = self._start(archive, cursor, room)
        again, pacer = after != cursor, Pacer()
        known = Stretch(fresh=False, low=messages.where(self._bench.db, self._account, archive, after))
        async with aclosing(self._pages.onward(client, archive, after)) as pages:
            async for page in pages:
                after = page.items[-1].id if page.items else after
                new = page.items
                if again:
                    # Up to the cursor all is known but what is in doubt.
                    at = next((at for at, item in enumerate(new, 1) if item.id == cursor), 0)
                    again = not at
                    self._inbound.bring(self._arrivals(archive, new[: at or None], known), list)
                    new = new[at:] if at else ()
                if not again or page.complete:
                    self._keep(archive, room, new, stretch, after, done=page.complete)
                await pacer.breathe()

    async def _begin(self, client: Client, archive: str, room: int, stretch: Stretch) -> bool:
        """Nothing is known of this archive yet: its newest page is where reading begins."""
        held = archives.oldest(self._bench.db, self._account, archive)
        if held:
            # It came by itself or with the room's history, perhaps before an end that left something out behind it.
            stretch.low = messages.begun_at(self._bench.db, self._account, archive, held)
            doubt = outbox.oldest_in_doubt(self._bench.db, self._account, room)
            await self._forward(client, archive, room, held, stretch)
            return not doubt or archives.held_before(self._bench.db, self._account, archive, doubt) is not None
        page = await self._pages.page(client, Wanted(archive, before=""))
        newest = page.items[-1].id if page.items else ""
        stretch.counts, stretch.whole = bool(room), page.complete
        self._keep(archive, room, page.items, stretch, newest, done=True)
        return page.complete

    async def _from_the_end(self, client: Client, archive: str, room: int, stretch: Stretch) -> None:
        """The archive does not know the cursor any more: read back to something that we have, or to its beginning."""
        items: list[Item] = []
        stretch.whole = False
        for _ in range(PAGES_BACK):
            page = await self._pages.page(client, Wanted(archive, before=items[0].id if items else ""))
            if not {item.id for item in items}.isdisjoint(item.id for item in page.items):
                raise client.misbehaved("an archive that loops")
            items[:0] = page.items
            if page.complete or _have_any(self._bench, self._account, archive, page.items):
                break
        else:
            self._leave_gaps(room, stretch, items[0].id)
        self._keep(archive, room, items, stretch, items[-1].id if items else "", done=True)

    def _keep(
        self, archive: str, room: int, items: Sequence[Item], stretch: Stretch, cursor: str, *, done: bool
    ) -> None:
        """Write down what an archive holds and how far it is read, both or neither."""
        arrivals = self._arrivals(archive, items, stretch)

        def read() -> list[Event]:
            archives.set_cursor(self._bench.db, self._account, archive, cursor)
            if not done:
                return []
            moved = put_behind(self._bench.db, stretch)
            messages.caught_up(self._bench.db, self._account, room)
            return moved

        self._inbound.bring(arrivals, read)
        if done and archive in self._busy:
            # In the same breath: what comes now, and next, is behind the end.
            self._read_on(archive, self._busy[archive])

    def _arrivals(self, archive: str, items: Sequence[Item], stretch: Stretch) -> list[Arrival]:
        found = []
        for item in items:
            try:
                arrival = self._read(archive, item)
            except Trouble as trouble:
                if trouble.problem.fault is not Fault.BAD_ADDRESS:
                    raise
                continue
            if arrival is not None:
                found.append(replace(arrival, stretch=stretch))
        return found

    def _read_on(self, archive: str, reading: _Reading) -> None:
        if reading.follow:
            self._inbound.followed.add((self._account, archive))
            self._inbound.unread.discard((self._account, reading.room))
        for chat in archives.read_on(self._bench.db, self._account, reading.room):
            self.tell_gaps(chat)
        self._on_followed(reading.room)

    def _leave_gaps(self, room: int, stretch: Stretch, before: str = "") -> None:
        db = self._bench.db
        for chat in (room,) if room else archives.people_with_history(db, self._account):
            place = stretch.low.get(chat) or messages.settled_place(db, chat)
            if place:
                archives.open_gap(db, chat, place, before)
                self.tell_gaps(chat)

    def tell_gaps(self, chat: int) -> None:
        """Say what is missing in a chat."""
        self._bench.announce(GapsChanged(chat, archives.gaps(self._bench.db, chat)))

    # -- by the user's wish ----------------------------------------------------

    async def older(self, client: Client, archive: str, chat: int) -> bool:
        """Fetch a page of what is older than all that we have of a chat; whether there may be more. Raises Trouble."""
        db = self._bench.db
        if archives.is_whole(db, chat):
            return False
        oldest = archives.edge(db, chat, archive, newest=False)
        done, _ = await self._back(client, archive, chat, oldest, 0)
        if done:
            archives.set_whole(db, chat)
        return not done

    async def fill(self, client: Client, archive: str, gap: Gap) -> None:
        """Fetch what is missing in a gap that has an end; raises Trouble."""
        db, before = self._bench.db, gap.before
        for _ in range(PAGES_BACK):
            done, before = await self._back(client, archive, gap.chat, before, gap.place)
            if done:
                archives.close_gap(db, gap.id)
                break
            archives.shrink_gap(db, gap.id, before)
        self.tell_gaps(gap.chat)

    async def _back(self, client: Client, archive: str, chat: int, before: str, floor: int) -> tuple[bool, str]:
        """Fetch the page before an id of a chat, above an order key: whether it was the last, and its first id."""
        db, of = self._bench.db, chats.get(self._bench.db, chat)
        person = of.jid if of is not None and of.kind is ChatKind.PERSON else ""
        page = await self._pages.page(client, Wanted(archive, before=before, person=person, most=OLDER))
        self._inbound.flush()
        high = messages.place_of(db, self._account, archive, before) or messages.settled_after(db, chat, floor)
        stretch = Stretch(counts=False, low={chat: floor}, high={chat: high})
        met = bool(floor) and _have_any(self._bench, self._account, archive, page.items)
        self._inbound.bring(self._arrivals(archive, page.items, stretch), list)
        return page.complete or met, page.items[0].id if page.items else before


def _may_miss(inbound: Inbound, account: int, archive: str, room: int) -> None:
    """What comes by itself now may leave something out."""
    inbound.followed.discard((account, archive))
    inbound.unread.add((account, room))


def _have_any(bench: Bench, account: int, archive: str, items: Sequence[Item]) -> bool:
    return any(messages.place_of(bench.db, account, archive, item.id) for item in items)
