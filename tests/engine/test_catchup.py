"""Reading an archive that is broken off, and gone on with by the next start of the program.

The archive is in memory; what reads it, and the database, are the real ones.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import LATEST, Delivery, Message
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.archive import Archives, Item, Page, Wanted
from teahouse.engine.arrivals import Arrival
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.online import Online
from teahouse.engine.routing import routes_of
from teahouse.store import accounts, archives, chats, messages
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from tests.rig.honest import ROSE
from tests.rig.hostile import JID

PAGE = 2


class Ended(Exception):
    """The program ends here."""


class Kept(Archives):
    """An archive of what rose said, and what is `mine`; `before_page` happens before each page, by its number."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before_page: Callable[[int], None] = lambda number: None
        self._pages, self.asked = 0, list[int]()

    async def page(self, _client: Client, wanted: Wanted) -> Page:
        """A page of it."""
        self.asked.append(self.most)
        self._pages += 1
        self.before_page(self._pages)
        await asyncio.sleep(0)
        at = int(wanted.after[1:]) + 1 if wanted.after else 0
        numbers = range(len(self.said))[-PAGE:] if wanted.before == "" else range(len(self.said))[at : at + PAGE]
        items = tuple(Item(f"m{number}", 1_000 + number, self._message(number)) for number in numbers)
        return Page(items, not numbers or numbers[-1] == len(self.said) - 1)

    def _message(self, number: int) -> ET.Element:
        body = self.said[number]
        if body.startswith("mine"):
            way = f"from='{JID}/a' to='{ROSE}' id='{body}'"
        else:
            way = f"from='{ROSE}/x' to='{JID}' id='r{number}'"
        return ET.fromstring(f"<message xmlns='jabber:client' type='chat' {way}><body>{body}</body></message>")


class Life:
    """One run of the program over the database of the ones before."""

    def __init__(self, path: Path, archive: Kept) -> None:
        self._archive = archive
        self.db = Database(path, bytes(32))
        self.desk = Desk(self.db, lambda _: None, routes_of(None, lambda _: None, None), offline=True)
        known = accounts.every(self.db)
        account = known[0] if known else accounts.add(self.db, Account(0, JID, "willow"), "secret")
        self.online: Online = self.desk.add(account)
        self.online.reading._pages = archive
        self.account = account.id
        self.chat = chats.ensure(self.db, account.id, ROSE, ChatKind.PERSON, "Rose").id

    async def read(self) -> bool:
        """Read the archive on."""
        return await self.online.reading.catch_up(cast(Client, None), JID)

    def hear(self, number: int, stamp: int = 0) -> None:
        """What rose says comes by itself, too; late when it has a stamp."""
        identity, body = Identity(ROSE, "", f"r{number}", JID, f"m{number}"), self._archive.said[number]
        said = Arrival(self.account, self.chat, ChatKind.PERSON, ROSE, body, False, identity, stamp)
        self.desk.inbound.take(said)
        self.desk.inbound.flush()

    def in_doubt(self, body: str) -> None:
        """An own message of which nobody knows whether it arrived."""
        place = messages.last_place(self.db, self.chat) + 1
        draft = Message(0, self.account, self.chat, place, 0, JID, body, True, Delivery.UNSURE)
        messages.append(self.db, draft, Identity(origin_id=body))

    def theirs(self) -> list[str]:
        """What rose said, as it stands here."""
        return [m.body for m in self.all if not m.mine]

    @property
    def all(self) -> tuple[Message, ...]:
        """What was said, as it stands here."""
        return messages.before(self.db, self.chat, LATEST, 99)


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Callable[[Kept], Life]]:
    """Call it for the next one; the one before has ended then."""
    made: list[Life] = []

    def begin(archive: Kept) -> Life:
        for life in made:
            life.db.close()
        made[:] = [Life(tmp_path / "db", archive)]
        return made[-1]

    yield begin
    made[-1].db.close()


async def broken_off(life: Life, archive: Kept, page: int, meanwhile: Callable[[], Any]) -> None:
    """Read until this page; before it, something happens, and the program ends."""

    def end(number: int) -> None:
        if number == page:
            meanwhile()
            raise Ended

    archive.before_page = end
    with pytest.raises(Ended):
        await life.read()
    archive.before_page = lambda number: None


def test_a_full_disk_is_waited_for(lives: Callable[[Kept], Life], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teahouse.engine.catchup.RETRY", 0.01)

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await life.read()
        # So long that the database has to grow.
        archive.said += [f"{word} {'茶' * 3_000}" for word in ("two", "three", "four", "five", "six")]

        def short(number: int) -> None:
            life.db.run(f"PRAGMA max_page_count = {1 if number in (3, 5) else 1_000_000}")

        archive.before_page = short
        assert await life.read()
        assert [text.partition(" ")[0] for text in life.theirs()] == ["one", "two", "three", "four", "five", "six"]
        assert not archives.gaps(life.db, life.chat)
        # A disk that takes little is given little.
        assert archive.asked[0] == 4 * archive.asked[-1]

    asyncio.run(run())


@pytest.mark.parametrize(("late", "read"), [(2, True), (3, False)])
def test_a_server_that_is_late_is_asked_again(
    lives: Callable[[Kept], Life], monkeypatch: pytest.MonkeyPatch, late: int, read: bool
) -> None:
    monkeypatch.setattr("teahouse.engine.catchup.RETRY", 0.01)

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await life.read()
        archive.said += ["two", "three", "four"]

        def silent(number: int) -> None:
            if 2 < number <= 2 + late:
                raise Trouble(Problem(Fault.TIMED_OUT, JID))

        archive.before_page = silent
        assert await life.read() is read
        archive.before_page = lambda number: None
        assert await life.read()
        assert life.theirs() == ["one", "two", "three", "four"]

    asyncio.run(run())


def test_what_came_by_itself_and_was_read_up_to_is_not_overtaken(lives: Callable[[Kept], Life]) -> None:
    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        archive.said += ["two", "three", "four", "five"]
        # Page 1 was that of the life before; page 2 holds two and three.
        await broken_off(life, archive, 2, lambda: life.hear(2))
        life = lives(archive)
        await broken_off(life, archive, 4, lambda: None)
        life = lives(archive)
        await life.read()
        assert life.theirs() == ["one", "two", "three", "four", "five"]

    asyncio.run(run())


def test_reading_for_what_is_in_doubt_leaves_out_nothing(lives: Callable[[Kept], Life]) -> None:
    """What came by itself while the archive was read is held, but not what the archive has in front of it."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        archive.said += ["two", "three", "four", "five"]
        await broken_off(life, archive, 2, lambda: life.hear(4))
        life.in_doubt("mine")
        life = lives(archive)
        assert await life.read()
        assert life.theirs() == ["one", "two", "three", "four", "five"]

    asyncio.run(run())


def test_an_archive_of_which_reading_never_began_has_no_hole(lives: Callable[[Kept], Life]) -> None:
    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await broken_off(life, archive, 1, lambda: life.hear(0))
        archive.said += ["two", "three", "four", "five"]
        life = lives(archive)
        life.in_doubt("mine")
        assert await life.read()
        assert life.theirs() == ["one", "two", "three", "four", "five"]
        assert archives.cursor(life.db, life.account, JID) == "m4"

    asyncio.run(run())


def test_what_comes_as_reading_begins_is_ahead_of_it(lives: Callable[[Kept], Life]) -> None:
    """It waits to be written down until then; the next life must not take it for read."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        archive.said += ["two", "three", "four"]
        identity = Identity(ROSE, "", "r3", JID, "m3")
        said = Arrival(life.account, life.chat, ChatKind.PERSON, ROSE, "four", False, identity)
        life.desk.inbound.take(said)
        await broken_off(life, archive, 2, lambda: None)
        life.in_doubt("mine")
        life = lives(archive)
        await life.read()
        assert life.theirs() == ["one", "two", "three", "four"]

    asyncio.run(run())


def test_what_was_said_while_a_room_was_entered_again_is_read(lives: Callable[[Kept], Life]) -> None:
    """Until we are inside, nothing of it comes by itself; what comes then is no proof that all before it came."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await life.read()
        life.online.reading.entering(JID, 0)
        archive.said += ["two", "three", "four"]
        life.hear(3)
        life = lives(archive)
        await life.read()
        assert sorted(life.theirs()) == ["four", "one", "three", "two"]

    asyncio.run(run())


def test_what_comes_while_it_is_read_once_more_moves_no_cursor(lives: Callable[[Kept], Life]) -> None:
    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await life.read()
        archive.said += ["two", "three", "four"]
        await broken_off(life, archive, 2, lambda: life.hear(3))
        assert archives.cursor(life.db, life.account, JID) == "m0"
        life = lives(archive)
        await life.read()
        assert life.theirs() == ["one", "two", "three", "four"]

    asyncio.run(run())


def test_what_comes_right_behind_the_end_is_not_ahead_of_it(lives: Callable[[Kept], Life]) -> None:
    """Between the last page and the end of reading, whatever waits in the loop may come first."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        archive.said += ["two"]
        reading = asyncio.ensure_future(life.read())
        while archives.cursor(life.db, life.account, JID) != "m1":
            await asyncio.sleep(0)
        archive.said += ["three", "four"]
        life.hear(2)
        assert archives.cursor(life.db, life.account, JID) == "m2"
        await reading
        life = lives(archive)
        await life.read()
        assert life.theirs() == ["one", "two", "three", "four"]

    asyncio.run(run())


def test_what_goes_behind_the_end_keeps_its_order(lives: Callable[[Kept], Life]) -> None:
    """An own message is older on disk than what others said before it reached them."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        life.in_doubt("mine")
        archive.said += ["two"]

        def meanwhile(number: int) -> None:
            if number == 2:
                take = life.desk.inbound.take
                them, us = Identity(ROSE, "", "r8", JID, "m8"), Identity(JID, "", "mine", JID, "m9")
                take(Arrival(life.account, life.chat, ChatKind.PERSON, ROSE, "three", False, them))
                take(Arrival(life.account, life.chat, ChatKind.PERSON, JID, "mine", True, us))
                life.hear(1)

        archive.before_page = meanwhile
        await life.read()
        assert [m.body for m in life.all] == ["one", "two", "three", "mine"]

    asyncio.run(run())


def test_what_comes_late_leaves_room_for_what_its_archive_has_before_it(lives: Callable[[Kept], Life]) -> None:
    """It stands right behind what was read; between the two there is no free order key."""

    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        await lives(archive).read()
        life = lives(archive)
        life.in_doubt("mine")
        life.in_doubt("mine too")
        archive.said += ["two", "mine", "three", "mine too", "four", "five", "six"]
        life.online.reading.expect(keeps=True)
        life.hear(5, stamp=1)
        life.hear(6, stamp=1)
        await life.read()
        assert [m.body for m in life.all] == archive.said

    asyncio.run(run())


def test_whoever_asks_while_an_archive_is_read_has_it_read_again(lives: Callable[[Kept], Life]) -> None:
    async def run() -> None:
        archive = Kept()
        archive.said = ["one"]
        life = lives(archive)
        await life.read()
        asked: list[asyncio.Task[bool]] = []

        def ask(number: int) -> None:
            if not asked:
                asked.append(asyncio.ensure_future(life.read()))

        archive.before_page = ask
        archive.said += ["two"]
        life.in_doubt("mine")
        assert await life.read()
        archive.said += ["three"]
        assert await asked[0]
        assert life.theirs() == ["one", "two", "three"]

    asyncio.run(run())
