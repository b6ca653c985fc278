"""The real program as a process under Xvfb: start to online, join, flood with somebody typing, idle, long chats."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.policy import Policy
from teahouse.domain.vault import VaultMode
from teahouse.practice.prosody import write_roster
from teahouse.profile import Profile, write_profile
from teahouse.store import accounts, chats
from teahouse.store.database import Database
from teahouse.store.vault import Vault
from tests.rig.program import Program
from tests.rig.prosody import HOST, Login, Prosody
from tests.rig.xvfb import Xvfb
from tests.speed import stored

ROUNDS = 5
Figures = dict[str, list[float]]


def profile(home: Path, account: Account, password: str) -> tuple[Database, Account]:
    """An open profile with one account, and its database for more."""
    folder = home / "data" / "profiles" / "default"
    folder.mkdir(parents=True)
    write_profile(folder / "profile.toml", Profile(Policy.OPEN))
    vault = Vault(folder)
    db = Database(vault.database, vault.create(VaultMode.OPEN))
    return db, accounts.add(db, account, password)


def measured(home: Path, display: Xvfb, scenario: str, *arguments: str) -> Figures:
    """One run of a scenario; its figures by name."""
    environment = {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb", "SPEED_BEGUN": repr(time.time())}
    with Program(home, scenario, *arguments, environment=environment, module="tests.speed.driven") as program:
        assert program.wait(180) == 0, program.output
        return figures_of(program.output)


def figures_of(output: str) -> Figures:
    """The figures that a scenario has printed, by name."""
    found: Figures = defaultdict(list)
    for line in output.splitlines():
        if line.startswith("figure "):
            name, _, value = line.removeprefix("figure ").rpartition(" ")
            found[name].append(float(value))
    return found


@contextmanager
def served() -> Iterator[tuple[Prosody, Xvfb, Path]]:
    """A server, a display and a folder."""
    with tempfile.TemporaryDirectory() as folder:
        server, display = Prosody(Path(folder) / "server").start(), Xvfb()
        try:
            yield server, display, Path(folder)
        finally:
            display.stop()
            server.stop()


def _rounds(scenario: str, rounds: int, prepare: Callable[[Prosody, Login], None] | None = None) -> Figures:
    figures: Figures = defaultdict(list)
    with served() as (server, display, folder):
        for number in range(rounds):
            login = server.fresh()
            if prepare is not None:
                prepare(server, login)
            home = folder / f"home{number}"
            db, _account = profile(home, Account(0, login.jid, "willow", server=server.server()), login.password)
            db.close()
            for name, values in measured(home, display, scenario).items():
                figures[name] += values
    return figures


def start_to_online() -> Figures:
    """From the start to online and quiet, with a roster of 200."""

    def befriended(server: Prosody, login: Login) -> None:
        people = {f"friend{number}@{HOST}": f"Friend {number}" for number in range(200)}
        write_roster(server.folder / "data", login.host, login.user, people)

    return _rounds("online", ROUNDS, befriended)


def join_crowd() -> Figures:
    """A room of 1,000 occupants, from the wish to the painted list."""
    return _rounds("join", ROUNDS)


def flood() -> Figures:
    """2,000 group messages at once, to the last one on the screen; key presses meanwhile."""
    return _rounds("flood", ROUNDS)


def idle() -> Figures:
    """60 seconds in ten rooms of 100."""
    return _rounds("idle", 1)


def long_chat(count: int) -> Figures:
    """Open a chat of so many messages in the window, and page up."""
    return _stored(count, "chats")


def kept_history(count: int) -> Figures:
    """Search, export, back up and clear so many messages."""
    return _stored(count, "kept")


def _stored(count: int, scenario: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        display = Xvfb()
        try:
            db, account = profile(Path(folder), Account(0, "willow@xmpp.test", "willow"), "secret")
            small = chats.ensure(db, account.id, "a@rooms.test", ChatKind.ROOM, "Small")
            stored.fill(db, small, 50)
            stored.fill(db, chats.ensure(db, account.id, "b@rooms.test", ChatKind.ROOM, "Large"), count)
            db.close()
            return measured(Path(folder), display, scenario, "--offline")
        finally:
            display.stop()
