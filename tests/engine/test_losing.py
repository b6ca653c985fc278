"""What becomes of messages when a session is over: what the server's word is worth, and a disk that takes nothing."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from threading import Event
from typing import Any

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Account, Link, Server
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.entering import ASKED
from teahouse.engine.outbox import LOSSES
from teahouse.store.database import Database
from tests.rig.engine import RunningEngine
from tests.rig.honest import ROSE, TEA, said
from tests.rig.hostile import Hostile
from tests.rig.managed import SM, Managed
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

MakeEngine = Callable[..., RunningEngine]
ARRIVED = (Delivery.ACKED, Delivery.CONFIRMED)
"""The archive, where it is read late, may be quicker than the server's word."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.02)


def states(house: RunningEngine, chat: int) -> dict[str, Delivery]:
    """How far own messages have come."""
    return {m.body: m.state for m in house.history(chat) if m.mine}


def dies_when_asked(server: Prosody, monkeypatch: pytest.MonkeyPatch) -> Event:
    """The server dies the next time that an archive is about to be asked; set when it has."""
    dead = Event()

    def pass_by(point: str) -> None:
        if point == "asking" and not dead.is_set():
            server.kill()
            dead.set()

    monkeypatch.setattr("teahouse.crash.at", pass_by)
    return dead


@pytest.mark.parametrize("again", [False, True])
def test_what_a_server_took_with_it_when_it_died_is_sent_again(
    engine: MakeEngine, own_server: Prosody, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """Also when it dies `again` while its archive is asked whether it has it: then nobody has answered."""
    house, login, plum = engine(), own_server.fresh("willow"), own_server.fresh("plum")
    mine: Account = house.do(c.AddAccount(login.jid, login.password, "willow", own_server.server()))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    person = house.do(c.OpenPerson(mine.id, plum.jid))
    house.do(c.SendMessage(person.id, "before"))
    until(lambda: states(house, person.id)["before"] in ARRIVED)
    kept = own_server.folder.parent / "kept"
    shutil.copytree(own_server.folder / "data", kept)
    house.do(c.SendMessage(person.id, "hello"))
    until(lambda: states(house, person.id)["hello"] is Delivery.ACKED)
    own_server.kill()
    # Its disk is what it was before: so it is when a server says that it has what it has not put by yet.
    shutil.rmtree(own_server.folder / "data")
    kept.rename(own_server.folder / "data")
    if again:
        dead = dies_when_asked(own_server, monkeypatch)
        own_server.restart()
        assert dead.wait(30)
    own_server.restart()
    with Peer(own_server, plum) as peer:
        peer.wait_for("hello", 30)
        house.do(c.SendMessage(person.id, "after"))
        peer.wait_for("after", 20)
        assert peer.bodies() == ["before", "hello", "after"]
    house.stop()


@pytest.mark.parametrize("what", ["settling.ask_info", "archiving.preferences"])
def test_that_nobody_answered_in_time_is_no_answer(
    engine: MakeEngine, own_server: Prosody, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A server is slow to say what it keeps: nothing that was in doubt is given up, or overtaken, for that."""
    house, login, plum = engine(), own_server.fresh("willow"), own_server.fresh("plum")
    mine: Account = house.do(c.AddAccount(login.jid, login.password, "willow", own_server.server()))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    person = house.do(c.OpenPerson(mine.id, plum.jid))
    house.do(c.SendMessage(person.id, "before"))
    until(lambda: states(house, person.id)["before"] in ARRIVED)
    module, _, name = what.partition(".")
    ask, late = getattr(import_module(f"teahouse.engine.{module}"), name), [True] * (ASKED - 1)

    async def answer(*asked: Any) -> Any:
        if late:
            late.pop()
            raise Trouble(Problem(Fault.TIMED_OUT))
        return await ask(*asked)

    own_server.freeze()
    house.do(c.SendMessage(person.id, "in doubt"))
    until(lambda: states(house, person.id)["in doubt"] is Delivery.SENT)
    own_server.kill()
    until(lambda: house.seen(e.LinkChanged, lambda event: event.link is Link.WAITING))
    house.do(c.SendMessage(person.id, "after"))
    monkeypatch.setattr(f"teahouse.engine.{what}", answer)
    own_server.restart()
    with Peer(own_server, plum) as peer:
        peer.wait_for("after", 30)
        assert peer.bodies() == ["before", "in doubt", "after"]
    house.stop()


@pytest.fixture
def managed() -> Managed:
    """A server that counts, and has no archive."""
    return Managed(resumes=False)


def inside(engine: MakeEngine, script: Managed, hostile: Hostile, trusting: Server) -> tuple[World, int]:
    """In the room, with everything acknowledged, and a chat with a person."""
    world = enter(engine(), hostile, script, trusting)
    until(lambda: script.session.handled)
    return world, world.house.do(c.OpenPerson(world.account.id, ROSE)).id


def sent(script: Managed) -> list[str]:
    """What it was given for people."""
    messages = [stanza for stanza in script.got if stanza.get("type") == "chat"]
    return [stanza.findtext("{jabber:client}body") or "" for stanza in messages]


def test_a_server_without_an_archive_is_believed(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed
) -> None:
    with Hostile(managed, honest.context) as hostile:
        world, person = inside(engine, managed, hostile, trusting)
        world.house.do(c.SendMessage(person, "hello"))
        until(lambda: states(world.house, person) == {"hello": Delivery.ACKED})
        managed.sessions.clear()
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: managed.sessions)
        world.house.do(c.SendMessage(person, "after"))
        until(lambda: states(world.house, person) == {"hello": Delivery.ACKED, "after": Delivery.ACKED})
        assert sent(managed) == ["hello", "after"]
        world.house.stop()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """The engine's database, as soon as there is one."""
    found: list[Database] = []

    class Seen(Database):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            found.append(self)

    monkeypatch.setattr("teahouse.engine.engine.Database", Seen)
    return found


def test_a_disk_that_takes_only_a_little_is_given_a_little(
    engine: MakeEngine,
    honest: Shown,
    trusting: Server,
    managed: Managed,
    opened: list[Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("teahouse.engine.inbound.RETRY", 0.02)
    with Hostile(managed, honest.context) as hostile:
        world, _ = inside(engine, managed, hostile, trusting)
        loop = world.house.thread._loop
        assert loop is not None

        def limit(more: int) -> None:
            pages = opened[0].one("PRAGMA page_count")[0] + more
            opened[0].run(f"PRAGMA max_page_count = {pages}")

        loop.call_soon_threadsafe(limit, 40)
        texts = [f"{number} " + "茶" * 3_000 for number in range(30)]
        hostile.loop.call_soon_threadsafe(managed.counted, "".join(said("plum", text) for text in texts))
        until(lambda: world.house.bodies(world.chat))
        until(lambda: len(world.house.seen(e.WentWrong)) > 20)
        some = world.house.bodies(world.chat)
        assert some == texts[: len(some)] and len(some) < len(texts)
        loop.call_soon_threadsafe(limit, 1_000_000)
        until(lambda: world.house.bodies(world.chat) == texts)
        world.house.stop()


def test_a_full_disk_at_the_end_of_a_session_makes_no_message_fail(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed, opened: list[Database]
) -> None:
    with Hostile(managed, honest.context) as hostile:
        world, person = inside(engine, managed, hostile, trusting)
        loop = world.house.thread._loop
        assert loop is not None
        world.house.do(c.SendMessage(person, "first"))
        until(lambda: states(world.house, person) == {"first": Delivery.ACKED})
        managed.mute = True
        world.house.do(c.SendMessage(person, "hello"))
        world.sent("hello")
        loop.call_soon_threadsafe(opened[0].run, "PRAGMA query_only = 1")
        begun = len(managed.sessions)
        hostile.inject(f"<a xmlns='{SM}' h='100000'/>".encode())
        until(lambda: len(world.house.seen(e.WentWrong)) > 2 * LOSSES)
        assert {wrong.problem.fault for wrong in world.house.seen(e.WentWrong)} == {Fault.NOT_WRITABLE}
        assert len(managed.sessions) == begun
        loop.call_soon_threadsafe(opened[0].run, "PRAGMA query_only = 0")
        until(lambda: len(managed.sessions) > begun)
        until(lambda: states(world.house, person) == {"first": Delivery.ACKED, "hello": Delivery.UNSURE})
        world.house.stop()


def test_a_room_tells_only_what_came_behind_all_that_we_have(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed
) -> None:
    """Its clock and ours differ by an hour."""
    with Hostile(managed, honest.context) as hostile:
        world, _ = inside(engine, managed, hostile, trusting)
        hostile.loop.call_soon_threadsafe(managed.counted, said("plum", "one"))
        until(lambda: world.house.bodies(world.chat) == ["one"])
        stamp = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        late = f"<delay xmlns='urn:xmpp:delay' from='{TEA}' stamp='{stamp}'/>"
        managed.history = (said("plum", "two", late, id="2"), said("plum", "three", late, id="3"))
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: world.house.bodies(world.chat) == ["one", "two", "three"])
        world.house.stop()
