"""A backup is restored by the command line: all of it or nothing, and no passphrase stands in an argument."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from teahouse.domain.account import Account, Route
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import LATEST, Message
from teahouse.domain.vault import VaultState
from teahouse.store import accounts, chats, messages, sessions
from teahouse.store.backup import back_up
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from teahouse.store.vault import Vault
from tests.rig.program import Program
from tests.rig.wait import until

WORDS, FRESH = "words of the backup", "一个新的密码短语"
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Path]:
    """A file with one account, its room, and a session that must not be taken over."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    db = Database(folder / "teahouse.db", bytes(32))
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", route=Route.TOR), "secret")
    room = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    messages.append(db, Message(0, account.id, room.id, 1, 1_000, "plum", "今天晚上的茶会"), Identity())
    sessions.begin(db, account.id, "s1", "willow@xmpp.test/here")
    back_up(db, tmp_path / "tea.backup", WORDS)
    db.close()
    yield tmp_path / "tea.backup"


def folder_of(home: Path) -> Path:
    return next(path for path in (home / "data").rglob("default") if path.is_dir())


def words_in(folder: Path, *lines: str) -> Path:
    file = folder / "passphrases"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def restored(home: Path, passphrase: str) -> tuple[list[str], bool]:
    """The messages of a profile, and whether a session is kept in it."""
    vault = Vault(folder_of(home))
    assert vault.state()[0] is VaultState.LOCKED
    db = Database(vault.database, vault.key(passphrase))
    try:
        return [m.body for m in messages.before(db, 1, LATEST, 9)], sessions.take(db, 1) is not None
    finally:
        db.close()


@pytest.mark.parametrize("lines", [(WORDS, FRESH), (WORDS,)])
def test_it_is_restored_by_passphrases_from_a_file(tmp_path: Path, backup: Path, lines: Sequence[str]) -> None:
    home, file = tmp_path / "home", words_in(tmp_path, *lines)
    with Program(home, "--offline", "--restore", str(backup), "--passphrases", str(file), environment=OFFSCREEN) as run:
        run.expect("The backup is restored")
        run.client()
        run.terminate()
    assert restored(home, lines[-1]) == (["今天晚上的茶会"], False)
    # It is a profile like any other now, and is not restored over.
    with Program(home, "--offline", "--restore", str(backup), "--passphrases", str(file), environment=OFFSCREEN) as run:
        assert run.wait() == 1 and "This profile already holds something." in run.output
    assert restored(home, lines[-1]) == (["今天晚上的茶会"], False)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("another one",), "passphrase"),
        ((WORDS, "short"), "at least 8 characters"),
        ((), "passphrase"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    tmp_path: Path, backup: Path, lines: Sequence[str], said: str
) -> None:
    home, file = tmp_path / "home", words_in(tmp_path, *lines)
    with Program(home, "--offline", "--restore", str(backup), "--passphrases", str(file), environment=OFFSCREEN) as run:
        assert run.wait() == 1 and said in run.output.lower()
    assert Vault(folder_of(home)).state()[0] is VaultState.NEW
    assert not [path.name for path in folder_of(home).iterdir() if "db" in path.name or "vault" in path.name]


def test_without_a_terminal_and_a_file_it_says_so(tmp_path: Path, backup: Path) -> None:
    with Program(tmp_path / "home", "--offline", "--restore", str(backup), environment=OFFSCREEN) as run:
        assert run.wait() == 1 and "--passphrases" in run.output


ASKED = """
import sys
from pathlib import Path
from teahouse.options import parse
from teahouse.paths import profile_paths
from teahouse.restoring import restore
sys.exit(restore(parse(["--restore", sys.argv[1]]), profile_paths("default")))
"""


@pytest.mark.parametrize(
    ("typed", "code", "opens"),
    [
        ((WORDS, FRESH, FRESH), 0, FRESH),
        ((WORDS, ""), 0, WORDS),
        ((WORDS, FRESH, "other"), 1, ""),
        (("\x03",), 130, ""),
    ],
)
def test_it_is_restored_by_passphrases_from_the_terminal(
    tmp_path: Path, backup: Path, typed: Sequence[str], code: int, opens: str
) -> None:
    """Asked one after another, and not shown while they are typed."""
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True, mode=0o700)
    folders = {"HOME": str(home), "TEAHOUSE_HOME": str(home / "data"), "XDG_RUNTIME_DIR": str(home / "run")}
    environment = os.environ | folders | {"PYTHONPATH": os.pathsep.join(sys.path), "LANG": "C.UTF-8"}
    ours, theirs = pty.openpty()
    # A session whose terminal this is, so that an interrupt is one.
    command = ["setsid", "--ctty", "--wait", sys.executable, "-c", ASKED, str(backup)]
    asked = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        for number, line in enumerate(typed, 1):
            while shown.count(b": ") < number:
                shown += os.read(ours, 1_000)
            os.write(ours, line.encode() if line == "\x03" else f"{line}\n".encode())
        until(lambda: asked.poll() is not None, 20, "the end")
        assert asked.returncode == code
        if code == 0:
            assert restored(home, opens)[0] == ["今天晚上的茶会"]
        else:
            assert Vault(folder_of(home)).state()[0] is VaultState.NEW
        assert WORDS.encode() not in shown and FRESH.encode() not in shown
    finally:
        asked.kill()
        asked.wait()
        os.close(ours)
