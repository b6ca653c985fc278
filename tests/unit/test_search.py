"""Search: what is typed is parsed and never obeyed, every operator finds what it says, newest first."""

import datetime
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlite

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Answered, Event
from teahouse.domain.message import LATEST, Message
from teahouse.domain.queries import HistoryBefore, SearchMessages
from teahouse.domain.search import LONGEST, MOST, SearchPage, Word, day, excerpt, folded, parse
from teahouse.store import accounts, chats, messages, search
from teahouse.store.database import SCHEMA, Database, Unwanted
from teahouse.store.messages import Identity
from teahouse.store.reader import Reader
from tests.rig.wait import until

KEY = bytes(range(32))
TYPED = st.lists(
    st.sampled_from(
        ['"', "from:", "in:", "has:", "before:", "after:", "2026-01-31", "2026-13-99", "link", "tea", "茶会", "：", "(",
         ")", "*", "^", "-", "+", "NEAR(", " AND ", " OR ", " NOT ", "body:", "tags :", "{a b}", "\0", "\ud800", " ",
         "'", ";", "%", "_", "\u202e", "\u3164", "é", "٣", "１"]
    )
    | st.text(max_size=6)
).map("".join)  # fmt: skip


def moment(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).timestamp()) * 1000


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Two rooms and a person, and messages that were stored in another order than they were said."""
    db = Database(tmp_path_factory.mktemp("search") / "db", KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    tea = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea house")
    garden = chats.ensure(db, account.id, "garden@rooms.test", ChatKind.ROOM, "长江 读书会")
    heron = chats.ensure(db, account.id, "hr@xmpp.test", ChatKind.PERSON, "Heron")
    said = (
        (tea.id, "2026-02-01T00:00", "plum_kettle", "tea at nine, see https://tea.test/x", False),
        (tea.id, "2026-01-31T23:59", "plum", "今天晚上的茶会改到九点", False),
        (tea.id, "2026-01-31T00:00", "月影", "the café opens AND closes NEAR nine", False),
        (garden.id, "2025-12-31T12:00", "willow", "tea in the garden", True),
        (heron.id, "2026-03-01T12:00", "hr@xmpp.test", "tea for two", False),
        (heron.id, "2026-03-01T12:01", "willow@xmpp.test", "tea for me xmpp:tea@rooms.test", True),
    )
    for number, (chat, when, sender, body, mine) in enumerate(said):
        messages.append(
            db, Message(0, account.id, chat, number, moment(when), sender, body, mine), Identity(origin_id=f"o{number}")
        )
    return db


def found(db: Database, text: str, chat: int = 0) -> list[str]:
    return [hit.message.body for hit in search.find(db, text, chat, 50).hits]


def test_words_and_operators_are_told_apart() -> None:
    terms = parse('tea "at nine" from:plum from:"月 影" in：茶 before:2026-02-01 after:2026-1-31 has:link ni')
    assert terms.words == (Word("tea"), Word("at nine"), Word("ni", open=True))
    assert terms.senders == ("plum", "月 影") and terms.chats == ("茶",) and terms.link and not terms.wrong
    assert (terms.after, terms.before) == (moment("2026-01-31"), moment("2026-02-01"))


def test_what_is_still_being_typed_counts_for_nothing_and_what_makes_no_sense_is_named() -> None:
    assert parse("from: in: has: before: from:").empty
    assert parse("before:2026-02-30 after:soon has:wings after:1969-01-01 before:2026-01-٣").wrong == (
        ("before", "2026-02-30"), ("after", "soon"), ("has", "wings"), ("after", "1969-01-01"), ("before", "2026-01-٣"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("tea", [5, 4, 0, 3]),
        ("茶会", [1]),
        ("会茶", []),
        ("cafe", [2]),
        ('"and closes"', [2]),
        ("AND", [2]),
        ("from:plum", [0, 1]),
        ("from:plum_kettle", [0]),
        ("from:月影", [2]),
        ('from:"hr@xmpp.test"', [4]),
        ("from:heron", [4]),
        ("from:nobody", []),
        ("from:🍵", []),
        ("in:读书会", [3]),
        ('in:"tea house" tea', [0]),
        ("in:tea@rooms.test nine", [0, 2]),
        ("has:link", [5, 0]),
        ("after:2026-02-01", [5, 4, 0]),
        ("before:2026-02-01 after:2026-01-31", [1, 2]),
        ("tea before:2026-01-01", [3]),
        ("from:willow tea has:link in:heron", [5]),
        ("NEAR(tea nine)", []),
        ("body:tea", []),
        ("*", []),
        ('"', []),
        ("tags:own", []),
    ],
)
def test_each_finds_what_it_says_newest_first(db: Database, text: str, numbers: list[int]) -> None:
    every = [row[0] for row in db.all("SELECT body FROM message ORDER BY id")]
    assert found(db, text) == [every[number] for number in numbers]


def test_a_chat_that_there_is_not_is_named_and_a_search_within_one_stays_there(db: Database) -> None:
    assert search.find(db, "tea in:nowhere", 0, 9) == SearchPage(nowhere="nowhere")
    assert found(db, "tea", 2) == ["tea in the garden"]
    assert found(db, "tea in:heron", 2) == []


def test_pages_meet_without_gap_or_overlap(db: Database) -> None:
    read: list[str] = []
    older, more = None, True
    while more:
        page = search.find(db, "has:link", 0, 1, older)
        read += [hit.message.body for hit in page.hits]
        older, more = (page.hits[-1].message.time, page.hits[-1].message.id), page.more
    assert read == found(db, "has:link") and len(read) == 2


@settings(max_examples=300, deadline=None)
@given(TYPED)
def test_nothing_that_is_typed_raises_or_is_obeyed(db: Database, text: str) -> None:
    terms = parse(text)
    assert len(terms.words) + len(terms.senders) + len(terms.chats) <= MOST
    assert day(text) is None or len(text) <= 10
    page = search.find(db, text, 0, 9)
    if not terms.limited:
        # A message is only found when it holds letters of every word that has any.
        plain = [[c for c in folded(word.text) if c.isalnum()] for word in terms.words]
        for hit in page.hits:
            assert all(c in folded(hit.message.body) for word in plain for c in word)
    for hit in page.hits:
        assert all(0 <= start < end <= len(hit.excerpt) for start, end in hit.marks)




def test_a_very_long_search_is_cut() -> None:
    assert len(parse("x " * 10_000).words) == MOST
    assert len(parse("x" * 10_000).words[0].text) == LONGEST


def test_an_excerpt_shows_the_words_marked() -> None:
    body = "x " * 200 + "and then\u202e the Café\nopened 今天晚上的茶会 " + "y " * 200
    hit = excerpt(Message(1, 1, 1, 1, 0, "plum", body), parse('cafe 茶会 "cafe opened" open'))
    assert [hit.excerpt[a:b] for a, b in hit.marks] == ["Café opened", "茶会"]
    assert hit.excerpt.startswith("…") and hit.excerpt.endswith("…") and "\u202e" not in hit.excerpt


def test_an_older_search_of_the_same_place_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "db"
    db = Database(path, KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    events: list[Event] = []
    held, go = threading.Event(), threading.Event()

    def announce(event: Event) -> None:
        events.append(event)
        held.set()
        go.wait(10)

    reader = Reader(announce)
    try:
        reader.open(path, KEY)
        reader.ask(HistoryBefore(1, LATEST), 1)
        held.wait(10)
        reader.ask(SearchMessages("tea"), 2)
        reader.ask(SearchMessages("tea", chat=1), 3)
        reader.ask(SearchMessages("tea h"), 4)
        go.set()
        until(lambda: len(events) == 4)
    finally:
        go.set()
        reader.close()
        db.close()
    assert events[1:] == [Answered(2, None), Answered(3, SearchPage()), Answered(4, SearchPage())]


def test_a_search_under_way_is_given_up_by_a_newer_one(tmp_path: Path) -> None:
    """The newer one comes while SQLite works: no row of the older one is waited for."""
    db = Database(tmp_path / "db", KEY)
    looks = 0

    def wanted() -> bool:
        nonlocal looks
        looks += 1
        return looks < 3

    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(Unwanted), db.while_wanted(wanted):
        db.one(endless)
    assert db.one("SELECT 1") == (1,)
    db.close()


def test_messages_of_an_older_database_are_found(tmp_path: Path) -> None:
    """The index of a database that was written before is made anew."""
    older = sqlite.connect(str(tmp_path / "db"), isolation_level=None)
    older.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    for step in sorted(SCHEMA.glob("000[1-6]_*.sql")):
        older.executescript(step.read_text())
    older.execute("INSERT INTO account (id, jid, nick, password, route) VALUES (1, 'a@b.test', 'a', '', 'direct')")
    older.execute("INSERT INTO chat (id, account, jid, kind, title) VALUES (1, 1, 'r@b.test', 'room', 'R')")
    columns = "account, chat, place, time, sender, body"
    older.execute(f"INSERT INTO message ({columns}) VALUES (1, 1, 1, 5000, 'plum', '茶会')")
    older.execute("PRAGMA user_version = 6")
    older.close()
    db = Database(tmp_path / "db", KEY)
    assert found(db, "茶会 from:plum") == ["茶会"]
    db.close()


def test_a_changed_message_is_found_by_its_new_words_only(tmp_path: Path) -> None:
    db = Database(tmp_path / "db", KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    chat = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    one = messages.append(db, Message(0, account.id, chat.id, 1, 5_000, "plum", "before it"), Identity())
    assert one.id == 1
    db.run("UPDATE message SET body = 'afterwards', time = 9000 WHERE id = ?", (one.id,))
    assert found(db, "before") == [] and found(db, "afterwards") == ["afterwards"]
    messages.remove(db, one.id)
    assert found(db, "afterwards") == []
    db.close()
