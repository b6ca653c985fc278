"""Backup and restore: everything comes back, only by its passphrase, and whatever is wrong changes nothing."""

import asyncio
import hashlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from teahouse.domain.account import Account, Route
from teahouse.domain.chat import ChatKind
from teahouse.domain.commands import BackUp, ExportHistory, RestoreBackup
from teahouse.domain.events import VaultChanged
from teahouse.domain.message import LATEST, Message
from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.queries import ListAccounts
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.engine.engine import Engine
from teahouse.store import accounts, chats, messages, preferences, search, vault
from teahouse.store.backup import HEADER, MAGIC, back_up, unpack
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from teahouse.store.vault import Vault
from tests.rig.engine import RunningEngine

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
WORDS = "a backup passphrase 茶"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as it is, with less memory."""
    monkeypatch.setattr(vault, "MEMORY_KIB", 1024)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A profile with a Tor account and some messages."""
    (tmp_path / "here").mkdir()
    db = Database(tmp_path / "here" / "teahouse.db", KEY)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", route=Route.TOR), "secret")
    chat = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    preferences.put(db, "density", "compact")
    with db.transaction():
        for number in range(300):
            say(db, chat.id, number, f"line {number} 今天晚上的茶会")
    yield db
    db.close()


def say(db: Database, chat: int, number: int, body: str) -> None:
    messages.append(db, Message(0, 1, chat, number, number * 1000, "plum", body), Identity(origin_id=f"o{number}"))


def there(path: Path, key: bytes) -> tuple[list[str], str, Route, dict[str, str], int]:
    """What a database holds that matters here."""
    db = Database(path, key)
    try:
        return (
            [message.body for message in messages.before(db, 1, LATEST, 10_000)],
            accounts.password(db, 1),
            accounts.every(db)[0].route,
            preferences.every(db),
            len(search.find(db, "茶会", 0, 1_000).hits),
        )
    finally:
        db.close()


def test_everything_comes_back_in_another_profile_under_another_key(db: Database, tmp_path: Path) -> None:
    backup, folder = tmp_path / "tea.backup", tmp_path / "elsewhere"
    folder.mkdir()
    back_up(db, backup, WORDS)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "here").iterdir() if "tmp" in path.name] == []
    for word in (b"willow", b"secret", b"line 7", b"SQLite format", KEY, KEY.hex().encode()):
        assert word not in backup.read_bytes()
    fresh = Vault(folder)
    key = fresh.create(VaultMode.PASSPHRASE, "another one", lambda file, key: unpack(backup, WORDS, file, key))
    assert Vault(folder).state()[0] is VaultState.LOCKED and Vault(folder).key("another one") == key != KEY
    bodies, password, route, kept, found = there(fresh.database, key)
    assert (bodies, password, found) == ([f"line {n} 今天晚上的茶会" for n in range(300)], "secret", 300)
    assert route is Route.TOR and kept == {"density": "compact"}
    assert sorted(path.name for path in folder.iterdir()) == ["teahouse.db", "vault", "vault.key"]


def test_two_backups_of_the_same_share_no_salt_and_no_page(db: Database, tmp_path: Path) -> None:
    for name in ("one", "two"):
        back_up(db, tmp_path / name, WORDS)
    one, two = (tmp_path / "one").read_bytes(), (tmp_path / "two").read_bytes()
    blocks = {one[at : at + 16] for at in range(HEADER, len(one), 16)}
    assert not blocks & {two[at : at + 16] for at in range(HEADER, len(two), 16)}


def refused(path: Path, words: str, folder: Path) -> Fault:
    folder.mkdir(exist_ok=True)
    with pytest.raises(Trouble) as trouble:
        Vault(folder).create(VaultMode.OPEN, "", lambda file, key: unpack(path, words, file, key))
    assert list(folder.iterdir()) == [], "something was left behind"
    return trouble.value.problem.fault


def test_whatever_is_wrong_is_named_and_changes_nothing(db: Database, tmp_path: Path) -> None:
    backup, folder = tmp_path / "tea.backup", tmp_path / "elsewhere"
    back_up(db, backup, WORDS)
    good = backup.read_bytes()
    before = hashlib.sha256(good).digest()

    def altered(content: bytes) -> Fault:
        (tmp_path / "altered").write_bytes(content)
        return refused(tmp_path / "altered", WORDS, folder)

    def at(place: int) -> bytes:
        return good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]

    assert refused(backup, "another passphrase", folder) is Fault.WRONG_PASSPHRASE
    assert refused(tmp_path / "missing", WORDS, folder) is Fault.BACKUP_FOREIGN
    assert refused(tmp_path, WORDS, folder) is Fault.BACKUP_FOREIGN
    assert altered(b"") is altered(b"PK\3\4" + bytes(9_000)) is altered(good[HEADER:]) is Fault.BACKUP_FOREIGN
    for cut in (len(MAGIC), 100, HEADER - 1, HEADER, HEADER + 4096, len(good) - 4096, len(good) - 1):
        assert altered(good[:cut]) is Fault.BACKUP_DAMAGED, cut
    assert altered(good + b"x") is altered(good + good[-4096:]) is Fault.BACKUP_DAMAGED
    for place in (len(MAGIC) + 3, len(MAGIC) + 60, HEADER, HEADER + 20, HEADER + 5_000, len(good) - 1):
        assert altered(at(place)) is Fault.BACKUP_DAMAGED, place
    words = good[len(MAGIC) :].split(b"\n")[0]
    for key, value, fault in (("version", 2, Fault.BACKUP_NEWER), ("size", 5, Fault.WRONG_PASSPHRASE),
                              ("sha256", "00" * 32, Fault.WRONG_PASSPHRASE), ("salt", "zz", Fault.BACKUP_DAMAGED),
                              ("salt", "", Fault.BACKUP_DAMAGED), ("size", None, Fault.BACKUP_DAMAGED)):  # fmt: skip
        # Whoever lacks the passphrase can make the checksum right, but not the proof.
        forged = json.dumps(json.loads(words) | {key: value}).encode()
        block = MAGIC + b"\n".join([forged, hashlib.sha256(forged).hexdigest().encode(), *good.split(b"\n")[3:4], b""])
        assert altered(block.ljust(HEADER, b"\0") + good[HEADER:]) is fault, (key, value)
    assert hashlib.sha256(backup.read_bytes()).digest() == before


def test_a_newer_database_inside_is_refused(db: Database, tmp_path: Path) -> None:
    db.version = 9_999
    back_up(db, tmp_path / "newer", WORDS)
    assert refused(tmp_path / "newer", WORDS, tmp_path / "elsewhere") is Fault.BACKUP_NEWER


def test_a_backup_that_fails_leaves_the_one_before(db: Database, tmp_path: Path) -> None:
    backup = tmp_path / "tea.backup"
    backup.write_bytes(b"the one before")
    pages = db.one("PRAGMA page_count")[0]
    assert pages > 3
    with pytest.raises(Trouble) as trouble:
        back_up(db, tmp_path / "no" / "such" / "folder", WORDS)
    assert trouble.value.problem.fault is Fault.NOT_WRITABLE
    assert backup.read_bytes() == b"the one before"
    assert [p.name for p in db.path.parent.iterdir() if p.name.endswith(".tmp")] == []


def test_a_backup_under_load_is_of_one_moment(db: Database, tmp_path: Path) -> None:
    """Pairs are written in one transaction each while backups are made: none ever holds half a pair."""
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        mine, number = db.again(), 1_000
        while not stop.is_set():
            with mine.transaction():
                say(mine, 1, number, f"first of {number}")
                say(mine, 1, number + 1, f"second of {number}")
            number += 2
            wrote.set()
        mine.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        wrote.wait(10)
        for turn in range(3):
            back_up(db, tmp_path / "load", WORDS)
            unpack(tmp_path / "load", WORDS, tmp_path / f"fresh{turn}.db", OTHER)
            bodies = there(tmp_path / f"fresh{turn}.db", OTHER)[0][300:]
            assert len(bodies) % 2 == 0
            first, second = ([body.split(" of ")[1] for body in bodies[at::2]] for at in (0, 1))
            assert first == second
            counts.append(len(bodies))
    finally:
        stop.set()
        writer.join()
    assert 0 < counts[0] < counts[-1]


CHILD = """
import os, signal, sys
from pathlib import Path
from teahouse.domain.vault import VaultMode
from teahouse.store import vault
from teahouse.store.backup import unpack
from teahouse.store.vault import Vault
from tests.rig.engine import RunningEngine
vault.MEMORY_KIB = 1024
backup, folder, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
import argon2.low_level, sqlcipher3.dbapi2
seen = 0
def watch(event, args):
    global seen
    if event in ("open", "os.rename", "os.remove") and not str(args[0]).endswith((".py", ".pyc", ".so")):
        seen += 1
        if seen > last:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
Vault(folder).create(VaultMode.PASSPHRASE, "fresh words", lambda file, key: unpack(backup, "%s", file, key))
""" % WORDS  # noqa: UP031


def test_a_restore_killed_anywhere_leaves_all_of_it_or_none(db: Database, tmp_path: Path) -> None:
    backup = tmp_path / "tea.backup"
    back_up(db, backup, WORDS)
    killed, whole = 0, 0
    for last in range(100):
        folder = tmp_path / f"elsewhere{last}"
        folder.mkdir()
        command = [sys.executable, "-c", CHILD, str(backup), str(folder), str(last)]
        child = subprocess.run(command, env={"PYTHONPATH": ":".join(sys.path)}, check=False)
        again = Vault(folder)
        if again.state()[0] is VaultState.NEW:
            assert not again.database.exists()
            Database(again.database, again.create(VaultMode.OPEN)).close()
            assert sorted(path.name for path in folder.iterdir() if "restored" in path.name) == []
        else:
            whole += 1
            assert len(there(again.database, again.key("fresh words"))[0]) == 300
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL
        killed += 1
    assert killed >= 6 and whole >= 2, (killed, whole)


def test_a_backup_is_restored_into_a_new_profile_only(db: Database, tmp_path: Path) -> None:
    backup, folder = tmp_path / "tea.backup", tmp_path / "elsewhere"
    folder.mkdir()
    back_up(db, backup, WORDS)
    key = Vault(folder).create(VaultMode.OPEN)
    Database(folder / "teahouse.db", key).close()

    async def restore() -> None:
        await Engine(folder, lambda event: None, lambda path, key: None).restore(
            RestoreBackup(str(backup), WORDS, VaultMode.OPEN)
        )

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(Trouble) as trouble:
        asyncio.run(restore())
    assert trouble.value.problem.fault is Fault.PROFILE_FULL
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_engine_backs_up_while_it_runs_and_another_profile_takes_it_over(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    key = Vault(tmp_path / "here").create(VaultMode.OPEN)
    db = Database(tmp_path / "here" / "teahouse.db", key)
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", route=Route.TOR, enabled=False), "secret")
    chat = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    say(db, chat.id, 1, "今天晚上的茶会")
    db.close()
    here = RunningEngine(tmp_path / "here", offline=True)
    there = RunningEngine(tmp_path / "there", offline=True, create=False)
    try:
        here.do(BackUp(str(tmp_path / "tea.backup"), WORDS))
        assert here.do(ExportHistory(str(tmp_path / "tea.txt"))) == 1
        assert there.refused(RestoreBackup(str(tmp_path / "tea.txt"), WORDS)).fault is Fault.BACKUP_FOREIGN
        assert there.refused(RestoreBackup(str(tmp_path / "tea.backup"), "x")).fault is Fault.WRONG_PASSPHRASE
        there.do(RestoreBackup(str(tmp_path / "tea.backup"), WORDS, VaultMode.PASSPHRASE, "fresh words"))
        assert there.wait(VaultChanged, lambda e: e.state is VaultState.OPEN).mode is VaultMode.PASSPHRASE
        assert there.bodies(chat.id) == ["今天晚上的茶会"]
        (taken,) = there.ask(ListAccounts())
        assert (taken.jid, taken.route) == ("willow@xmpp.test", Route.TOR)
        assert there.refused(RestoreBackup(str(tmp_path / "tea.backup"), WORDS)).fault is Fault.PROFILE_FULL
    finally:
        here.stop()
        there.stop()
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["teahouse.db", "vault"]
