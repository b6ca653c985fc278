"""Keyrings in memory, each of its own account, over one database."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from teahouse.domain.account import Account
from teahouse.engine.desk import Desk
from teahouse.features.openpgp import memory
from teahouse.features.openpgp.keyring import Keyring
from teahouse.store import accounts
from teahouse.store.database import Database
from tests.crypto.rig import Stranger
from tests.openpgp.house import Online
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.profanity import Profanity
from tests.rig.prosody import Login, Prosody

Result = TypeVar("Result")


@dataclass
class Owner:
    """Somebody with a keyring. What is asked of it runs in a loop of its own."""

    db: Database
    account: int
    jid: str
    folder: Path
    keyring: Keyring

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it, and give the answer."""
        return asyncio.run(work)

    def again(self) -> None:
        """The program was started again."""
        self.keyring = Keyring(self.db, self.account, self.jid, lambda: self.folder)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty vault."""
    opened = Database(tmp_path / "teahouse.db", bytes(32))
    yield opened
    opened.close()


@pytest.fixture
def profile() -> Iterator[Path]:
    """A folder in memory for all keyrings of one test."""
    with tempfile.TemporaryDirectory(prefix="t", dir=memory.place()) as folder:
        yield Path(folder)


@pytest.fixture
def owner(db: Database, profile: Path) -> Iterator[Callable[[str], Owner]]:
    """Call it with an address for an account with a keyring, which is closed in the end."""
    made: list[Owner] = []

    def make(jid: str) -> Owner:
        account = accounts.add(db, Account(0, jid, jid.partition("@")[0]), "secret").id
        folder = profile / str(account)
        made.append(Owner(db, account, jid, folder, Keyring(db, account, jid, lambda: folder)))
        return made[-1]

    yield make
    for one in made:
        one.run(one.keyring.close())
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture
def online(
    engine: Callable[..., RunningEngine], server: ChatServer, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Online]]:
    """Call it with a name for somebody online with a key, who has announced it."""
    made, desks = list[Online](), list[Desk]()

    class Seen(Desk):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            desks.append(self)

    monkeypatch.setattr("teahouse.engine.engine.Desk", Seen)

    def make(name: str, *, key: bool = True) -> Online:
        house = engine(name)
        one = Online(house, desks[-1], server, name, profile)
        made.append(one)
        if key:
            one.run(one.keyring.make())
            assert one.run(one.finding.present(one.client)) == one.key
        return one

    yield make
    for one in made:
        one.run(one.keyring.close())
        one.house.stop()


@pytest.fixture
def gnupg() -> Iterator[Stranger]:
    """The GnuPG of somebody who has another program. It believes every key: comparing them is for people."""
    one = Stranger()
    (one.home / "gpg.conf").write_text("trust-model always\nno-auto-key-retrieve\ndisable-dirmngr\n")
    yield one
    one.close()


@pytest.fixture
def profanity(tmp_path: Path, server: Prosody, gnupg: Stranger) -> Iterator[Callable[..., Profanity]]:
    """Call it with a login for somebody with Profanity, who is online; and with a fingerprint to sign presence with."""
    started: list[Profanity] = []

    def start(login: Login, sign_with: str = "") -> Profanity:
        started.append(Profanity(tmp_path / f"profanity{len(started)}", server, login, gnupg.home, sign_with))
        return started[-1]

    yield start
    for one in started:
        one.stop()
