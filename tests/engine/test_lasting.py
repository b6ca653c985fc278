"""A session that goes on after kill -9: what the server held comes, what it had not is sent, all of it once."""

import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.archiving import Archiving, SetArchiving
from teahouse.domain.chat import Presence
from teahouse.domain.events import ChatStored, LinkChanged
from teahouse.domain.jid import Jid
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.engine.bench import Bench
from teahouse.engine.lasting import Lasting
from teahouse.engine.stream import Stream
from teahouse.engine.xml import CLIENT
from teahouse.store import accounts, sessions
from teahouse.store.database import Database
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, ROSE
from tests.rig.hostile import Hostile
from tests.rig.managed import Managed
from tests.rig.peer import Peer
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.02)


RUNNING = """
import sys, time
from pathlib import Path
from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.events import LinkChanged, MessageStored
from tests.rig.engine import RunningEngine
house = RunningEngine(Path(sys.argv[1]))
house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
for body in sys.argv[3:]:
    if body.startswith("wait "):
        house.wait(MessageStored, lambda e: e.message.body == body.removeprefix("wait "))
    else:
        house.do(c.SendMessage(int(sys.argv[2]), body))
print("ready", flush=True)
time.sleep(60)
"""


class Killed:
    """The engine in a process of its own, which is killed when all was done: no good-bye, no clearing up."""

    def __init__(self, folder: Path, chat: int, *steps: str, point: str = "") -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TEAHOUSE_CRASH_AT": point}
        command = [sys.executable, "-c", RUNNING, str(folder), str(chat), *steps]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def ready(self) -> None:
        """All was done."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """Now."""
        self.process.kill()
        self.ended()

    def ended(self) -> None:
        """It died by kill -9."""
        assert self.process.wait(60) == -signal.SIGKILL
        assert self.process.stdout is not None
        self.process.stdout.close()


def sign_in(house: RunningEngine, server: ChatServer, login: Login) -> Account:
    kept: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    return kept


def session(house: RunningEngine) -> tuple[object, ...]:
    """What is kept of the session of the first account."""
    assert house._opened is not None
    db = Database(*house._opened, read_only=True)
    try:
        return db.one("SELECT id, handled FROM session")
    finally:
        db.close()


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_came_while_the_program_was_dead_comes_although_no_archive_has_it(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, tmp_path: Path
) -> None:
    login, plum, room = account(), peer("plum"), server.fresh_room()
    plum.join(room, "plum")
    house = engine()
    mine = sign_in(house, server, login)
    chat = house.do(c.OpenPerson(mine.id, plum.login.jid))
    place = house.do(c.JoinRoom(mine.id, room, "willow"))
    house.do(SetArchiving(mine.id, Archiving.NEVER))
    house.stop()
    killed = Killed(tmp_path / "profile", chat.id, "hello", "wait before")
    plum.wait_for("hello")
    plum.message(login.jid, "before")
    killed.ready()
    until(lambda: [kind for who, kind in plum.presences if who == f"{room}/willow"][-1] == "available", 20)
    killed.kill()
    held = session(house)
    assert held[0] and held[1]
    for body in ("one", "two", "three"):
        plum.message(login.jid, body)
    again = engine()
    until(lambda: again.bodies(chat.id)[-1:] == ["three"], 30)
    assert again.bodies(chat.id) == ["hello", "before", "one", "two", "three"]
    # The same session, and everything works in it: rooms, presence, and what is written.
    assert session(again)[0] == held[0]
    again.wait(ChatStored, lambda e: e.chat.id == place.id and e.chat.presence is Presence.HERE, 30)
    again.do(c.SendMessage(chat.id, "here again"))
    again.do(c.SendMessage(place.id, "in the room"))
    plum.wait_for("here again")
    plum.wait_for("in the room")
    assert plum.bodies().count("hello") == 1


@pytest.mark.parametrize("point", ["written", "sent"])
@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_was_under_way_is_delivered_once_without_an_archive(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, tmp_path: Path, point: str
) -> None:
    """Killed just before or just behind the moment at which a message leaves: the server tells which it has."""
    login, plum = account(), peer("plum")
    house = engine()
    mine = sign_in(house, server, login)
    chat = house.do(c.OpenPerson(mine.id, plum.login.jid))
    house.do(SetArchiving(mine.id, Archiving.NEVER))
    house.stop()
    Killed(tmp_path / "profile", chat.id, "the one", point=point).ended()
    again = engine()
    until(lambda: [m.state for m in again.history(chat.id)] in ([Delivery.ACKED], [Delivery.CONFIRMED]), 30)
    again.do(c.SendMessage(chat.id, "fence"))
    plum.wait_for("fence")
    assert plum.bodies() == ["the one", "fence"]


def test_a_session_that_the_server_knows_no_more_is_over(
    engine: MakeEngine, own_server: ChatServer, tmp_path: Path
) -> None:
    """Then all is as without one: the archive is read, and what may have been lost is judged by it."""
    login, other = own_server.fresh("willow"), own_server.fresh("plum")
    house = engine()
    mine = sign_in(house, own_server, login)
    chat = house.do(c.OpenPerson(mine.id, other.jid))
    house.stop()
    killed = Killed(tmp_path / "profile", chat.id, "hello")
    killed.ready()
    killed.kill()
    before = session(house)[0]
    assert before
    own_server.restart()
    with Peer(own_server, other) as plum:
        plum.message(login.jid, "missed")
        plum.message(login.jid, "fence")
        again = engine()
        until(lambda: again.bodies(chat.id) == ["hello", "missed", "fence"], 30)
        again.do(c.SendMessage(chat.id, "back"))
        plum.wait_for("back")
        until(lambda: session(again)[:1] not in ((), (before,)), 10)


def test_a_good_bye_ends_it(engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer) -> None:
    """Whoever quits is gone at once for everybody, and leaves nothing to go on with."""
    login, plum, room = account(), peer("plum"), server.fresh_room()
    plum.join(room, "plum")
    house = engine()
    mine = sign_in(house, server, login)
    house.do(c.JoinRoom(mine.id, room, "willow"))
    until(lambda: session(house))
    house.stop()
    until(lambda: (f"{room}/willow", "unavailable") in plum.presences, 10)
    assert session(house) == ()


# -- against liars -------------------------------------------------------------


def wrote(text: str) -> str:
    """A contact writes, without an id by which it would be known if it came twice."""
    return f"<message from='{ROSE}/garden' to='{FULL}' type='chat'><body>{text}</body></message>"


def died(world: World, folder: Path) -> Path:
    """What the program leaves on the disk if it dies now."""
    copy = folder / "copy"
    shutil.copytree(world.house.folder, copy)
    world.house.stop()
    return copy


def test_exactly_what_is_on_disk_is_counted(
    engine: MakeEngine, honest: Shown, trusting: Server, tmp_path: Path
) -> None:
    """Nothing that is there comes twice, nothing that is not is left out."""
    managed = Managed()
    with Hostile(managed, honest.context) as hostile:
        world = enter(engine(), hostile, managed, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        texts = [f"line {n}" for n in range(450)]
        hostile.loop.call_soon_threadsafe(managed.counted, "".join(map(wrote, texts)))
        until(lambda: len(world.house.bodies(person.id)) > 150)
        copy = died(world, tmp_path)
        later = ["later", "and later"]
        managed.session.sent += [f"{wrote(text)}".replace("<message", f"<message xmlns='{CLIENT}'") for text in later]
        again = engine("copy")
        assert again.folder == copy
        until(lambda: again.bodies(person.id)[-1:] == ["and later"], 20)
        assert [body for body in again.bodies(person.id) if "fence" not in body] == texts + later
        assert "resume" in managed.names()
        again.stop()


@pytest.mark.parametrize("resumes", [True, False])
@pytest.mark.parametrize("by", [0, -1])
def test_the_servers_count_tells_what_it_has(
    engine: MakeEngine, honest: Shown, trusting: Server, tmp_path: Path, resumes: bool, by: int
) -> None:
    """Whether the session goes on or is over: what it has is ticked, what it has not goes again, once."""
    managed = Managed()
    with Hostile(managed, honest.context) as hostile:
        world = enter(engine(), hostile, managed, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        until(lambda: managed.session.handled)
        managed.mute = True
        world.house.do(c.SendMessage(person.id, "hello"))
        world.sent("hello")
        died(world, tmp_path)
        number = next(n for n, s in enumerate(managed.got) if s.findtext(f"{{{CLIENT}}}body") == "hello")
        behind = len(managed.got) - number - 1
        managed.resumes, managed.mute = resumes, False
        # What was behind it is as if it had never come, and so is it where `by` says so.
        managed.session.handled += by - behind
        again = engine("copy")
        until(lambda: [m.state for m in again.history(person.id) if m.mine] == [Delivery.ACKED], 20)
        bodies = [s.findtext(f"{{{CLIENT}}}body") for s in managed.got]
        assert bodies.count("hello") == (1 if by == 0 else 2)
        again.stop()


@pytest.mark.parametrize("said", ["x", "", "-1", "4294967296"])
def test_a_count_that_is_none_ends_it(
    engine: MakeEngine, honest: Shown, trusting: Server, tmp_path: Path, said: str
) -> None:
    managed = Managed()
    with Hostile(managed, honest.context) as hostile:
        world = enter(engine(), hostile, managed, trusting)
        until(lambda: managed.session.handled)
        died(world, tmp_path)
        managed.lie = lambda where, count: said if where == "resumed" else str(count)
        begun = len(managed.sessions)
        again = engine("copy")
        until(lambda: len(managed.sessions) == begun + 1, 20)
        lost = again.wait(LinkChanged, lambda e: e.link is Link.WAITING and e.problem is not None)
        assert lost.problem is not None and lost.problem.fault is Fault.SERVER_MISBEHAVED
        again.stop()


def lasting_of(db: Database, account: Account) -> Lasting:
    return Lasting(cast(Bench, SimpleNamespace(db=db)), lambda: account)


@pytest.mark.parametrize("route", [Route.TOR, Route.PROXY])
def test_b9_who_hides_never_goes_on(tmp_path: Path, route: Route) -> None:
    """A session that is there from another time is forgotten, not used."""
    db = Database(tmp_path / "store", bytes(32))
    mine = accounts.add(db, Account(0, "willow@tea.example", "willow", route), "secret")
    sessions.begin(db, mine.id, "secret-id", "willow@tea.example/here")
    lasting = lasting_of(db, mine)
    assert lasting.take() is None and sessions.take(db, mine.id) is None
    stream = Stream(Jid.parse("willow@tea.example/here"))
    lasting.attend(stream)
    stream.counting = True
    stream.take(ET.fromstring("<enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/>"))
    assert stream.id == "s1" and sessions.take(db, mine.id) is None
    db.close()


def test_one_that_may_be_what_kills_us_is_given_up(tmp_path: Path) -> None:
    db = Database(tmp_path / "store", bytes(32))
    mine = accounts.add(db, Account(0, "willow@tea.example", "willow"), "secret")
    sessions.begin(db, mine.id, "s1", "willow@tea.example/here")
    for _ in range(sessions.TRIES):
        assert lasting_of(db, mine).take() is not None
    assert lasting_of(db, mine).take() is None
    sessions.begin(db, mine.id, "s2", "willow@tea.example/here")
    for n in range(sessions.TRIES * 2):
        assert lasting_of(db, mine).take() is not None
        sessions.count(db, mine.id, n + 1)
    db.close()
