"""The encrypted store: vault, pages, dedupe, search, and what a stranger with the disk can read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlite

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.events import Answered, Event
from teahouse.domain.message import LATEST, Delivery, Message, Reach
from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.queries import ListAccounts
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.store import accounts, chats, marks, messages, outbox, search
from teahouse.store.database import SCHEMA, Database
from teahouse.store.messages import Identity
from teahouse.store.reader import Reader
from teahouse.store.vault import Vault
from tests.rig.wait import until

KEY = bytes(range(32))


def open_chat(db: Database, jid: str = "tea@rooms.test") -> Chat:
    known = accounts.every(db)
    account = known[0] if known else accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    return chats.ensure(db, account.id, jid, ChatKind.ROOM, "Tea")


def said(db: Database, chat: Chat, place: int, body: str, identity: Identity | None = None) -> Message:
    message = Message(0, chat.account, chat.id, place, place, "plum", body)
    return messages.append(db, message, identity or Identity())


def test_a_passphrase_opens_and_another_does_not(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.state() == (VaultState.NEW, VaultMode.PASSPHRASE)
    key = vault.create(VaultMode.PASSPHRASE, "a long passphrase 茶")
    assert vault.state() == (VaultState.LOCKED, VaultMode.PASSPHRASE)
    assert Vault(tmp_path).key("a long passphrase 茶") == key
    with pytest.raises(Trouble) as wrong:
        vault.key("a long passphrase")
    assert wrong.value.problem.fault is Fault.WRONG_PASSPHRASE
    assert key.hex().encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_wrong_key_opens_nothing(tmp_path: Path) -> None:
    Database(tmp_path / "db", KEY).close()
    with pytest.raises(Trouble) as wrong:
        Database(tmp_path / "db", bytes(32))
    assert wrong.value.problem.fault is Fault.DATABASE_DAMAGED


def test_no_readable_word_on_disk(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    said(db, chat, 1, "the canary sings at midnight")
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        for word in (b"canary", b"midnight", b"willow", b"rooms.test", b"secret", b"SQLite format"):
            assert word not in content, path.name
    assert (tmp_path / "db-wal").exists()
    db.close()


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    db.run("PRAGMA user_version = 9999")
    db.close()
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(Trouble) as newer:
        Database(tmp_path / "db", KEY)
    assert newer.value.problem.fault is Fault.DATABASE_NEWER
    assert (tmp_path / "db").read_bytes() == before


def test_a_reader_waits_until_an_older_database_is_brought_up_to_date(tmp_path: Path) -> None:
    events: list[Event] = []
    reader = Reader(events.append)
    try:
        older = sqlite.connect(str(tmp_path / "db"))
        older.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
        older.execute("CREATE TABLE other (x)")
        older.execute("DROP TABLE other")
        older.close()
        reader.open(tmp_path / "db", KEY, migrated=False)
        reader.ask(ListAccounts(), 1)
        Database(tmp_path / "db", KEY).close()
        reader.open(tmp_path / "db", KEY)
        until(lambda: events)
    finally:
        reader.close()
    assert events == [Answered(1, ())]


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    with db.transaction():
        for number in range(2_000):
            said(db, chat, number, f"line {number}")
    db.close()
    content = bytearray((tmp_path / "db").read_bytes())
    for page in range(4096, len(content) - 4096, 4096):
        content[page + 100] ^= 1
    (tmp_path / "db").write_bytes(content)
    with pytest.raises(Trouble) as damaged:
        again = Database(tmp_path / "db", KEY)
        messages.before(again, chat.id, LATEST, 3_000)
    assert damaged.value.problem.fault is Fault.DATABASE_DAMAGED


def test_pages_meet_without_gap_or_overlap_even_at_equal_places(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    for number in range(100):
        said(db, chat, number // 7, f"line {number}")
    read: list[str] = []
    key = LATEST
    while page := messages.before(db, chat.id, key, 9):
        read = [m.body for m in page] + read
        key = page[0].key
    assert read == [f"line {number}" for number in range(100)]
    assert [m.body for m in messages.after(db, chat.id, page[0].key if page else key, 200)] == read[1:]


def test_an_id_alone_never_hides_another_senders_message(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    said(db, chat, 1, "mine", Identity(origin_id="x"))
    assert messages.known(db, chat.account, chat.id, "plum", "mine", Identity(origin_id="x"))
    assert not messages.known(db, chat.account, chat.id, "mallory", "mine", Identity(origin_id="x"))
    assert not messages.known(db, chat.account, chat.id, "plum", "other words", Identity(origin_id="x"))
    assert not messages.known(db, chat.account, chat.id, "plum", "mine", Identity())


def test_search_finds_words_prefixes_and_two_han_characters(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat, other = open_chat(db), open_chat(db, "else@rooms.test")
    for number, body in enumerate(["今天晚上的茶会改到九点", "Nine works, café too", 'a "quoted" NEAR word', "茶 会"]):
        said(db, chat, number, body)
    said(db, other, 1, "nine elsewhere")

    def found(words: str, where: int = 0) -> list[str]:
        return [hit.message.body for hit in search.find(db, words, where, 10).hits]

    assert found("茶会") == ["茶 会", "今天晚上的茶会改到九点"]
    assert found("晚茶") == []
    assert found("nin", chat.id) == ["Nine works, café too"]
    assert found("cafe too") == ["Nine works, café too"]
    assert found('"quoted NEAR') == ['a "quoted" NEAR word']
    assert found("*") == found("") == found('"') == []


def test_removing_a_chat_takes_its_words_out_of_the_index(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    said(db, chat, 1, "gone tomorrow")
    chats.remove(db, chat.id)
    assert search.find(db, "tomorrow", 0, 10).hits == ()
    assert chats.every(db) == ()


def test_a_full_disk_is_a_problem_and_what_was_there_stays(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    said(db, chat, 1, "before")
    pages = int(db.one("PRAGMA page_count")[0])
    db.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Trouble) as full, db.transaction():
        for number in range(500):
            said(db, chat, number + 2, "x" * 1_000)
    assert full.value.problem.fault is Fault.DISK_FULL
    assert [m.body for m in messages.before(db, chat.id, LATEST, 10)] == ["before"]


def test_states_move_and_keep_the_reason(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    message = said(db, open_chat(db), 1, "hello")
    failed = messages.set_state(db, message.id, Delivery.FAILED, "no such user")
    assert failed is not None and (failed.state, failed.detail) == (Delivery.FAILED, "no such user")


def steps(db: Database, work: Callable[[], object]) -> int:
    """How many times a hundred instructions of SQLite's machine some work takes."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    db._connection.set_progress_handler(count, 100)
    work()
    db._connection.set_progress_handler(None, 100)
    return taken


def test_no_question_of_the_hot_path_reads_the_whole_chat(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    with db.transaction():
        for number in range(3_000):
            said(db, chat, number + 1, f"number {number}", Identity("", "", f"o{number}", chat.jid, f"s{number}"))
    account = chat.account
    strange = Identity("", "", "o-new", chat.jid, "s-new")
    work: list[Callable[[], object]] = [
        lambda: messages.known(db, account, chat.id, "plum", "x", strange),
        lambda: messages.last_place(db, chat.id),
        lambda: messages.before(db, chat.id, LATEST, 20),
        lambda: outbox.waiting(db, account, Delivery.QUEUED),
        lambda: outbox.waiting(db, account, Delivery.SENT, Delivery.ACKED),
        lambda: chats.mark_read(db, chat.id, 3_000),
    ]
    assert [steps(db, each) for each in work if steps(db, each) > 10] == []
    db.close()


def test_reading_to_the_end_does_not_swallow_what_comes_later(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    chat = open_chat(db)
    said(db, chat, 10, "one")
    chats.mark_read(db, chat.id, 1 << 62)
    late = said(db, chat, 20, "two")
    chats.spoken(db, chat.id, late, 1, 0)
    chats.mark_read(db, chat.id, 10)
    found = chats.get(db, chat.id)
    assert found is not None and (found.unread, found.read_up_to) == (1, 10)
    db.close()


def test_every_step_of_the_schema_has_a_number_of_its_own() -> None:
    numbers = [step.name[:4] for step in SCHEMA.glob("*.sql")]
    assert len(set(numbers)) == len(numbers)


def test_a_word_of_the_other_side_confirms_one_message_and_what_they_saw_takes_the_earlier_ones_along(
    tmp_path: Path,
) -> None:
    """What may never have arrived stays as it is; and nobody speaks for another address, or another account."""
    db = Database(tmp_path / "db", KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    other = accounts.add(db, Account(0, "moth@xmpp.test", "moth"), "secret")
    chat = chats.ensure(db, account.id, "plum@xmpp.test", ChatKind.PERSON, "plum")
    room = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    states = (Delivery.ACKED, Delivery.UNSURE, Delivery.CONFIRMED, Delivery.UNSURE, Delivery.ACKED)
    for at, state in enumerate(states, 1):
        mine = Message(0, account.id, chat.id, at, at, "willow@xmpp.test", str(at), True, state)
        messages.append(db, mine, Identity(origin_id=f"o{at}"))
    messages.append(db, Message(0, account.id, room.id, 9, 9, "willow", "r", True), Identity(origin_id="r"))
    for who, jid, number in (
        (account.id, "mallory@xmpp.test", "o4"), (other.id, chat.jid, "o4"), (account.id, chat.jid, "r"),
        (account.id, room.jid, "r"), (account.id, chat.jid, "nothing"), (account.id, chat.jid, ""),
    ):  # fmt: skip
        assert marks.reached(db, who, jid, number, Reach.DISPLAYED) == ()
    changed = marks.reached(db, account.id, chat.jid, "o4", Reach.DISPLAYED)
    assert sorted(m.body for m in changed) == ["1", "3", "4"]
    assert marks.reached(db, account.id, chat.jid, "o4", Reach.DEVICE) == ()
    got = messages.before(db, chat.id, LATEST, 9)
    assert [int(m.reach) for m in got] == [2, 0, 2, 2, 0]
    assert [m.state for m in got] == [
        Delivery.ACKED, Delivery.UNSURE, Delivery.CONFIRMED, Delivery.CONFIRMED, Delivery.ACKED,
    ]  # fmt: skip
    db.close()
