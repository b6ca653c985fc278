"""A newcomer registers, joins, talks, quits, comes back: the real program as a process under Xvfb."""

from collections.abc import Callable
from pathlib import Path

from teahouse.domain.account import Account, Route
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Message
from teahouse.store import accounts, chats, messages
from teahouse.store.backup import back_up
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from tests.e2e.driven import hands, heard, open_profile, two_identities
from tests.rig.peer import Peer
from tests.rig.prosody import HOST, Prosody
from tests.rig.xvfb import Xvfb

MakePeer = Callable[..., Peer]


def test_a_newcomer_talks_quits_and_comes_back(server: Prosody, peer: MakePeer, display: Xvfb, tmp_path: Path) -> None:
    room, other = server.fresh_room("evening"), peer()
    other.join(room, "plum")
    name = server.fresh_room("newcomer").partition("@")[0]
    home = tmp_path / "home"
    where = {
        "HANDS_DOMAIN": HOST,
        "HANDS_PORT": str(server.starttls_port),
        "HANDS_CA": str(server.ca),
        "HANDS_NAME": name,
        "HANDS_ROOM": room,
        "HANDS_WAY": "Without Tor",
        "HANDS_STRIP": "Direct",
    }
    open_profile(home)
    with hands(home, display, "register", **where) as program:
        program.expect("hands: inside", 60)
        other.say(room, "good evening")
        other.wait_for("and to you", 30)
        assert program.wait(30) == 0, program.output
    first = heard(program)
    assert ["good evening" in first[0], "and to you" in first[1]] == [True, True], first

    other.say(room, "missed one")
    other.wait_for("missed one")
    (home / "output.txt").unlink()
    with hands(home, display, "read_offline", "--offline") as program:
        assert program.wait(60) == 0, program.output
    assert [line.split(":")[0] for line in heard(program)] == [line.split(":")[0] for line in first]

    (home / "output.txt").unlink()
    with hands(home, display, "come_back") as program:
        other.say(room, "fence")
        assert program.wait(60) == 0, program.output
    lines = heard(program)
    assert [sum(word in line for line in lines) for word in ("good evening", "and to you", "missed one", "fence")] == [
        1, 1, 1, 1,
    ], lines  # fmt: skip


def test_a_new_profile_from_a_provision_file(server: Prosody, display: Xvfb, tmp_path: Path) -> None:
    """Only how it is protected is asked; then everything of the file is there."""
    home, file = tmp_path / "home", two_identities(server, tmp_path)
    with hands(home, display, "provisioned", "--provision", str(file)) as program:
        assert program.wait(60) == 0, program.output
    assert heard(program) == ["Evening tea", "Garden"]


def test_a_backup_is_restored_in_a_new_profile_that_stays_sealed(display: Xvfb, tmp_path: Path) -> None:
    """By the welcome window, with a wrong passphrase first; the Tor account stays one, and its profile is sealed."""
    (tmp_path / "elsewhere").mkdir()
    db = Database(tmp_path / "elsewhere" / "teahouse.db", bytes(32))
    account = accounts.add(db, Account(0, "willow@xmpp.test", "willow", route=Route.TOR), "secret")
    room = chats.ensure(db, account.id, "tea@rooms.test", ChatKind.ROOM, "Tea")
    messages.append(db, Message(0, account.id, room.id, 1, 1_000, "plum", "今天晚上的茶会"), Identity())
    back_up(db, tmp_path / "tea.backup", "words of the backup")
    db.close()
    words = {"HANDS_BACKUP": str(tmp_path / "tea.backup"), "HANDS_WORDS": "words of the backup"}
    with hands(tmp_path / "home", display, "restore", "--offline", **words) as program:
        assert program.wait(60) == 0, program.output
    assert "hands: sealed True" in program.output and ["今天晚上的茶会" in line for line in heard(program)] == [True]
