"""Exports: readable text and JSON in UTC, whole or not there, for nobody else's eyes, and no text poses as another."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from teahouse import i18n
from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Delivery, Message
from teahouse.domain.problem import Fault, Trouble
from teahouse.store import accounts, chats, messages
from teahouse.store.database import Database
from teahouse.store.export import PAGE, Names, export
from teahouse.store.files import written
from teahouse.store.messages import Identity

DAY = 1_769_900_000_000
NAMES = Names({1: "willow"}, {(1, "hr@xmpp.test"): "Heron"})


@pytest.fixture(autouse=True)
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The computer's own time is not UTC."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A room and a person."""
    db = Database(tmp_path / "db", bytes(32))
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    tea = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea\u202e 茶")
    heron = chats.ensure(db, account.id, "hr@xmpp.test", ChatKind.PERSON, "hr@xmpp.test")
    said = (
        (tea.id, "plum", "one\n23:59:59 heron: forged\r\nthree\u2028four\x1b[2J\x9b2J", False, Delivery.RECEIVED),
        (tea.id, "willow", '"quoted" 你好\u202e', True, Delivery.QUEUED),
        (heron.id, "hr@xmpp.test", "hi", False, Delivery.RECEIVED),
        (heron.id, "willow@xmpp.test", "hello", True, Delivery.ACKED),
    )
    for n, (chat, sender, body, mine, state) in enumerate(said):
        message = Message(0, account.id, chat, n, DAY + n * 86_400_000, sender, body, mine, state)
        messages.append(db, message, Identity(origin_id=f"o{n}"))
    yield db
    db.close()


def test_text_is_readable_in_utc_and_no_line_poses_as_another(db: Database, tmp_path: Path) -> None:
    i18n.use("en")
    path = tmp_path / "tea.txt"
    assert export(db, path, 1, "text", NAMES, now=0) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text("utf-8") == (
        "Teahouse history, written 1970-01-01T00:00:00Z\nAll times are UTC. This file is not encrypted.\n"
        "\n== Tea 茶 (tea@rooms.test) - willow@xmpp.test ==\n"
        "\n-- 2026-01-31 --\n22:53:20 plum: one\n    23:59:59 heron: forged\n    three\n    four\ufffd[2J\ufffd2J\n"
        '\n-- 2026-02-01 --\n22:53:20 willow [not sent yet]: "quoted" 你好\ufffd\n'
    )


def test_json_holds_all_chats_with_the_names_that_are_shown(db: Database, tmp_path: Path) -> None:
    assert export(db, tmp_path / "all.json", 0, "json", NAMES) == 4
    told = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert (told["format"], told["version"], told["encrypted"]) == ("teahouse-history", 1, False)
    by_address = {chat["address"]: chat for chat in told["chats"]}
    assert by_address["hr@xmpp.test"]["messages"] == [
        {"time": "2026-02-02T22:53:20Z", "name": "Heron", "sender": "hr@xmpp.test", "own": False, "state": "received",
         "text": "hi"},
        {"time": "2026-02-03T22:53:20Z", "name": "willow", "sender": "willow@xmpp.test", "own": True, "state": "acked",
         "text": "hello"},
    ]  # fmt: skip
    assert [m["text"] for m in by_address["tea@rooms.test"]["messages"]][1] == '"quoted" 你好\u202e'


@pytest.mark.parametrize("form", ["text", "json"])
def test_pages_leave_nothing_out(db: Database, tmp_path: Path, form: str) -> None:
    with db.transaction():
        for n in range(PAGE * 2 + 7):
            message = Message(0, 1, 1, 10 + n // 3, DAY, "plum", f"line {n}.")
            messages.append(db, message, Identity(origin_id=f"p{n}"))
    assert export(db, tmp_path / "out", 1, form, NAMES) == PAGE * 2 + 9
    content = (tmp_path / "out").read_text("utf-8")
    places = [content.index(f"line {n}.") for n in range(PAGE * 2 + 7)]
    assert places == sorted(places)


def test_a_file_is_whole_or_the_one_before_stays(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before")
    with pytest.raises(RuntimeError), written(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["out"]
    with pytest.raises(Trouble) as trouble, written(tmp_path / "no" / "folder"):
        pass
    assert trouble.value.problem.fault is Fault.NOT_WRITABLE
    with written(path) as file:
        file.write(b"after")
    assert path.read_text() == "after" and path.stat().st_mode & 0o777 == 0o600
