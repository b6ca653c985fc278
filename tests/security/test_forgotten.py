"""What was deleted is not on the disk any more: not even somebody with the key finds it in any page of any file."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from teahouse.domain import commands as c
from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.events import ClockDoubted, Event, MessageRemoved
from teahouse.domain.message import LATEST, Delivery, Message
from teahouse.domain.queries import ListChats
from teahouse.domain.request import Asking, Request
from teahouse.domain.settings import KEEP
from teahouse.domain.vault import VaultMode
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import Inbound
from teahouse.engine.keeping import LEAP, Keeper
from teahouse.store import accounts, archives, chats, messages, preferences, requests, retention, search
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from teahouse.store.requests import Said
from teahouse.store.retention import DAY
from teahouse.store.vault import Vault
from tests.rig.engine import RunningEngine
from tests.rig.wait import until

PAGE, RESERVED, HEADER, FRAME = 4096, 80, 32, 24
NOW = 1_790_000_000_000


def decrypted(path: Path, key: bytes) -> bytes:
    """All pages of a SQLCipher 4 database or of its write-ahead log, as they are: also those that nothing leads to."""
    content = path.read_bytes()
    if path.name.endswith("-wal"):
        pages = [content[at + FRAME : at + FRAME + PAGE] for at in range(HEADER, len(content), FRAME + PAGE)]
    else:
        pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
    plain = []
    for page in pages:
        body, iv = page[: PAGE - RESERVED], page[PAGE - RESERVED :][:16]
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        # The first page begins with the salt; what is gone of the first block does not matter here.
        plain.append(decryptor.update(body) + decryptor.finalize())
        if len(plain) == 1 or path.name.endswith("-wal"):
            decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
            plain.append(decryptor.update(body[16:]) + decryptor.finalize())
    return b"".join(plain)


def readable(folder: Path, key: bytes) -> bytes:
    """All that is in the files of a profile, read with the key and without."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return b"".join(path.read_bytes() for path in files) + b"".join(
        decrypted(path, key) for path in files if path.name.startswith("teahouse.db")
    )


def canaries(name: str) -> list[bytes]:
    """A word, its tail (an index leaves beginnings out), and Han characters, as they are on disk."""
    return [f"qzx{name}yzq".encode(), f"x{name}yzq".encode(), "罕龘".encode()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[RunningEngine, bytes, int, int]]:
    """An engine over a room with canaries among 1,500 other messages; its key, the room and the canary's message."""
    vault = Vault(tmp_path)
    key = vault.create(VaultMode.OPEN)
    db = Database(vault.database, key)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", enabled=False), "secret")
    room = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    other = chats.ensure(db, account.id, "other@rooms.test", ChatKind.ROOM, "Other")

    def said(chat: int, place: int, sender: str, body: str) -> Message:
        message = Message(0, account.id, chat, place, NOW + place * 1000, sender, body)
        return messages.append(db, message, Identity(origin_id=f"o{chat}-{place}"))

    with db.transaction():
        for place in range(1_500):
            said(other.id, place, "heron", f"nothing of it {place} 今天晚上的茶会")
        long = said(room.id, 1, "qzxnickyzq", "qzxbodyyzq 罕龘 " + "qzxlongyzq " * 2_000)
        last = said(room.id, 2, "plum", "qzxlastyzq and more")
        chats.spoken(db, room.id, last, 2, 0)
        chats.set_draft(db, room.id, "qzxdraftyzq")
        stranger = "moth@x.test"
        held = Request(0, account.id, Asking.TALK, stranger, stranger, "", "qzxtrayyzq", NOW, 0)
        requests.say(db, requests.hold(db, held), Said(NOW, "qzxtrayyzq", Identity()))
    db.close()
    engine = RunningEngine(tmp_path, offline=True)
    try:
        yield engine, key, room.id, long.id
    finally:
        engine.stop()


ALL = ("nick", "body", "long", "last", "draft", "tray")


def test_the_canaries_are_there_before_they_are_deleted(house: tuple[RunningEngine, bytes, int, int]) -> None:
    engine, key, _room, _long = house
    there = readable(engine.folder, key)
    assert [name for name in ALL if not all(word in there for word in canaries(name))] == []


def test_nothing_of_a_cleared_history_is_left(house: tuple[RunningEngine, bytes, int, int]) -> None:
    engine, key, room, _long = house
    engine.do(c.ClearHistory())
    for _look in range(2):
        left = readable(engine.folder, key)
        assert [name for name in ALL if any(word in left for word in canaries(name))] == []
        engine.stop()
    assert engine.bodies(room) == []


@pytest.mark.parametrize("command", [c.ClearHistory, c.RemoveChat])
def test_nothing_of_a_chat_is_left_and_the_others_stay(
    house: tuple[RunningEngine, bytes, int, int], command: type[c.ClearHistory] | type[c.RemoveChat]
) -> None:
    engine, key, room, _long = house
    engine.do(command(room))
    left = readable(engine.folder, key)
    assert [name for name in ALL if canaries(name)[0] in left] == ["tray"]
    assert len(engine.bodies(room + 1)) == 1_500


def test_one_deleted_message_is_gone_and_the_next_one_is_not(house: tuple[RunningEngine, bytes, int, int]) -> None:
    engine, key, room, long = house
    engine.do(c.DeleteMessage(long))
    left = readable(engine.folder, key)
    assert [name for name in ALL if canaries(name)[0] in left] == ["last", "draft", "tray"]
    assert engine.bodies(room) == ["qzxlastyzq and more"]


def test_what_is_older_than_its_chat_keeps_it_is_gone_(house: tuple[RunningEngine, bytes, int, int]) -> None:
    engine, key, room, _long = house
    engine.do(c.SetRetention(room, 1))
    left = readable(engine.folder, key)
    gone = ("nick", "body", "long", "last")
    assert [name for name in gone if any(word in left for word in canaries(name)[:2])] == []


class Kept:
    """A keeper over a database of its own, with a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.db = Database(folder / "db", bytes(32))
        self.events: list[Event] = []
        self.time = NOW / 1000
        self.account = accounts.add(self.db, Account(0, "willow@xmpp.test", "willow"), "secret")
        self.chat = chats.ensure(self.db, self.account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
        bench = Bench(self.db, self.events.append, None, clock=lambda: self.time)  # type: ignore[arg-type]
        self._bench = bench

    def say(self, body: str, when: int, **more: object) -> Message:
        """A message of that moment."""
        message = Message(0, self.account.id, self.chat.id, when, when, "plum", body, **more)  # type: ignore[arg-type]
        stored = messages.append(self.db, message, Identity(origin_id=f"o-{body}", archive="a", stanza_id=f"s-{body}"))
        chats.spoken(self.db, self.chat.id, stored, 1, 0)
        return stored

    def sweep(self) -> None:
        """One look."""
        asyncio.run(Keeper(self._bench, Inbound(self._bench), lambda: None).sweep())

    def trust(self, now: int) -> None:
        """The user believes the clock."""
        retention.set_last_known(self.db, now)
        self.sweep()

    def left(self) -> list[str]:
        """The texts that are left."""
        return [message.body for message in messages.before(self.db, self.chat.id, LATEST, 100)]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A keeper at work."""
    it = Kept(tmp_path)
    yield it
    it.db.close()


def test_each_chat_keeps_its_time_and_what_waits_is_sent_first(kept: Kept) -> None:
    kept.say("old", NOW - 8 * DAY)
    kept.say("waits", NOW - 8 * DAY, mine=True, state=Delivery.QUEUED)
    kept.say("young", NOW - 6 * DAY)
    kept.sweep()
    assert kept.left() == ["old", "waits", "young"]
    retention.set_days(kept.db, kept.chat.id, 7)
    kept.sweep()
    assert kept.left() == ["waits", "young"]
    assert [event.message for event in kept.events if isinstance(event, MessageRemoved)] == [1]
    kept.time += 2 * DAY / 1000
    kept.sweep()
    assert kept.left() == ["waits"]
    chat = chats.get(kept.db, kept.chat.id)
    assert chat is not None and chat.last_text == "waits" and chat.unread == 0


def test_new_chats_keep_their_history_as_long_as_the_default_says(kept: Kept) -> None:
    preferences.put(kept.db, KEEP.key, "30")
    assert chats.ensure(kept.db, kept.account.id, "new@rooms.test", ChatKind.ROOM, "New").keep_days == 30
    assert chats.ensure(kept.db, kept.account.id, "tea@rooms.test", ChatKind.ROOM, "Tea").keep_days == 0


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_leaps_deletes_nothing_before_it_is_believed(kept: Kept, restarted: bool) -> None:
    retention.set_days(kept.db, kept.chat.id, 7)
    kept.say("young", NOW - DAY)
    if restarted:
        kept.sweep()
    ten_years = NOW + 3652 * DAY
    kept.time = ten_years / 1000
    for _look in range(3):
        kept.sweep()
    assert kept.left() == ["young"]
    doubts = [event for event in kept.events if isinstance(event, ClockDoubted)]
    assert len(doubts) == 3 and doubts[0].now == ten_years and doubts[0].known == (NOW if restarted else NOW - DAY)
    kept.time = NOW / 1000
    kept.sweep()
    assert kept.left() == ["young"] and len(doubts) == 3
    kept.time = ten_years / 1000
    kept.trust(ten_years)
    assert kept.left() == []


def test_a_clock_within_reason_is_believed_and_one_that_goes_back_deletes_nothing(kept: Kept) -> None:
    retention.set_days(kept.db, kept.chat.id, 7)
    kept.say("young", NOW - DAY)
    kept.time -= 3652 * DAY / 1000
    kept.sweep()
    assert kept.left() == ["young"]
    kept.time = NOW / 1000
    kept.trust(NOW)
    kept.time += (LEAP - DAY) / 1000
    kept.sweep()
    assert kept.left() == [] and not [event for event in kept.events if isinstance(event, ClockDoubted)]


def test_what_was_deleted_does_not_come_back_with_a_rooms_history(kept: Kept) -> None:
    one, two = kept.say("one", NOW - 9 * DAY), kept.say("two", NOW - DAY)
    retention.forget_message(kept.db, two.id)
    retention.set_days(kept.db, kept.chat.id, 7)
    kept.sweep()

    def again(message: Message) -> bool:
        name = Identity(origin_id=f"o-{message.body}", archive="a", stanza_id=f"s-{message.body}")
        return retention.forgotten(kept.db, kept.chat.id, message.time, name, NOW)

    assert again(one) and again(two)
    assert not retention.forgotten(kept.db, kept.chat.id, two.time, Identity(origin_id="other"), NOW)
    assert search.find(kept.db, "one", 0, 9).hits == search.find(kept.db, "two", 0, 9).hits == ()


def test_what_was_deleted_is_not_fetched_from_an_archive_either(kept: Kept) -> None:
    last = kept.say("two", NOW)
    archives.open_gap(kept.db, kept.chat.id, last.order - 5)
    archives.open_gap(kept.db, kept.chat.id, last.order)
    assert not archives.is_whole(kept.db, kept.chat.id)
    retention.forget_chat(kept.db, kept.chat.id)
    kept.sweep()
    assert archives.is_whole(kept.db, kept.chat.id)
    # What was missed since is still wanted.
    assert [gap.place for gap in archives.gaps(kept.db, kept.chat.id)] == [last.order]


def test_a_clearing_that_was_cut_short_goes_on_at_the_next_start(kept: Kept) -> None:
    for number in range(60):
        kept.say(f"m{number}", NOW + number)
    retention.forget_chat(kept.db, kept.chat.id)
    kept.say("new", NOW + 100)
    kept.sweep()
    assert kept.left() == ["new"]


def test_a_doubted_clock_is_told_to_a_window_that_opens_later(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    db = Database(vault.database, vault.create(VaultMode.OPEN))
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", enabled=False), "secret")
    room = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    message = Message(0, account.id, room.id, 1, 1_000, "plum", "of long ago")
    chats.spoken(db, room.id, messages.append(db, message, Identity()), 1, 0)
    retention.set_days(db, room.id, 7)
    db.close()
    engine = RunningEngine(tmp_path, offline=True)
    try:
        engine.wait(ClockDoubted)
        engine.events.clear()
        engine.do(c.AnnounceAll())
        doubt = engine.wait(ClockDoubted)
        assert engine.bodies(room.id) == ["of long ago"]
        engine.do(c.TrustClock(doubt.now))
        engine.events.clear()
        engine.do(c.AnnounceAll())
        assert engine.bodies(room.id) == [] and not engine.seen(ClockDoubted)
    finally:
        engine.stop()


def test_the_program_may_end_while_it_clears_and_goes_on_at_the_next_start(
    house: tuple[RunningEngine, bytes, int, int],
) -> None:
    engine, key, room, _long = house
    engine.thread.submit(c.ClearHistory(), 77)
    engine.wait(MessageRemoved, lambda e: e.chat == room + 1)
    engine.stop()
    left = len(engine.bodies(room + 1))
    assert 0 < left < 1_500
    again = RunningEngine(engine.folder, offline=True)
    try:
        until(lambda: not again.bodies(room + 1))
    finally:
        again.stop()
    there = readable(engine.folder, key)
    assert [name for name in ALL if any(word in there for word in canaries(name))] == []


def test_what_is_kept_until_the_end_is_gone_at_the_end(house: tuple[RunningEngine, bytes, int, int]) -> None:
    """Also after kill -9, at the next start; what was written and not sent yet stays until it was, without a trace."""
    engine, key, room, _long = house
    engine.do(c.SetPreference(KEEP.key, "-1"))
    engine.do(c.SetRetention(room, -1))
    waiting = engine.do(c.SendMessage(room, "to be sent first"))
    assert [m.body.partition(" ")[0] for m in engine.history(room)] == ["qzxbodyyzq", "qzxlastyzq", "to"]
    engine.stop()
    there = readable(engine.folder, key)
    assert [name for name in ALL if any(word in there for word in canaries(name))] == []
    again = RunningEngine(engine.folder, offline=True)
    assert [m.id for m in again.history(room)] == [waiting.id]
    # A room that tells all of it again tells nothing new.
    assert [chat.last_text for chat in again.ask(ListChats()) if chat.id == room] == ["to be sent first"]
    again.stop()
    db = Database(engine.folder / "teahouse.db", key)
    for number, stamp in ((1, NOW + 1_000), (2, NOW + 2_000)):
        name = Identity(origin_id=f"o{room}-{number}")
        assert retention.forgotten(db, room, stamp, name, NOW + DAY) is True
    assert not retention.forgotten(db, room, NOW + 2_000, Identity(origin_id="another"), NOW + DAY)
    # A crash: the database was never closed in good order.
    messages.append(db, Message(0, 1, room, 9, NOW + 9_000, "heron", "qzxbodyyzq"), Identity(origin_id="o9"))
    db._connection.close()
    last = RunningEngine(engine.folder, offline=True)
    assert [m.id for m in last.history(room)] == [waiting.id]
    last.do(c.DiscardMessage(waiting.id))
    last.stop()
    assert not any(word in readable(engine.folder, key) for word in canaries("body"))
