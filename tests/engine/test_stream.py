"""Sessions that outlive their connections (XEP-0198): on a real Prosody behind a bad network, and against liars."""

import asyncio
import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Account, Link, Server
from teahouse.domain.chat import Presence
from teahouse.domain.jid import Jid
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.desk import Desk
from teahouse.engine.held import HOLD, Held
from teahouse.engine.questions import Questions
from teahouse.engine.routing import routes_of
from teahouse.engine.stream import WRAP, Ledger, OutOfStep, Sent, Stream
from teahouse.net.way import ByTor, Direct, Way
from teahouse.store import accounts
from teahouse.store.database import Database
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.faults import GOOD, Faults, Plan
from tests.rig.honest import FULL, ROSE, TEA, said
from tests.rig.hostile import JID, Hostile
from tests.rig.managed import SM, Managed
from tests.rig.peer import Peer
from tests.rig.prosody import Login, Prosody
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.02)


def through(server: Prosody, faults: Faults) -> Server:
    """The server, reached through the bad network."""
    return replace(server.server(), port=faults.port)


def signed_in(house: RunningEngine, server: Prosody, faults: Faults, account: Callable[[], Login]) -> Account:
    """A fresh account online behind the bad network."""
    login = account()
    mine: Account = house.do(c.AddAccount(login.jid, login.password, "willow", through(server, faults)))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    return mine


def links(house: RunningEngine) -> int:
    """How often it has come online."""
    return len(house.seen(e.LinkChanged, lambda event: event.link is Link.ONLINE))


def states(house: RunningEngine, chat: int) -> dict[str, Delivery]:
    """How far own messages have come."""
    return {m.body: m.state for m in house.history(chat) if m.mine}


# -- on a real server ----------------------------------------------------------


def test_a_session_goes_on_behind_a_cut(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    with Faults(server.tls_port) as faults:
        mine = signed_in(house, server, faults, account)
        other.join(room, "plum")
        chat = house.do(c.JoinRoom(mine.id, room, "willow"))
        person = house.do(c.OpenPerson(mine.id, other.login.jid))
        until(lambda: any(who == f"{room}/willow" for who, _ in list(other.presences)))
        seen = len(other.presences)
        for turn in range(4):
            before = links(house)
            house.do(c.SendMessage(person.id, f"to you {turn}"))
            other.say(room, f"to all {turn}")
            faults.cut()
            house.do(c.SendMessage(person.id, f"to you again {turn}"))
            house.do(c.SendMessage(chat.id, f"from willow {turn}"))
            other.message(mine.jid, f"to willow {turn}")
            until(lambda before=before: links(house) > before)  # type: ignore[misc]
        wanted = [f"{text} {turn}" for turn in range(4) for text in ("to you", "to you again")]
        until(lambda: [line.body for line in other.lines if line.body.startswith("to you")] == wanted)
        until(lambda: set(states(house, person.id).values()) == {Delivery.ACKED})
        until(lambda: set(states(house, chat.id).values()) == {Delivery.CONFIRMED})
        until(lambda: [b for b in house.bodies(person.id) if "willow" in b] == [f"to willow {n}" for n in range(4)])
        wanted = sorted(f"{text} {turn}" for turn in range(4) for text in ("to all", "from willow"))

        def heard() -> list[str]:
            return [line.body for line in other.lines if line.body.startswith(("to all", "from willow"))]

        until(lambda: sorted(heard()) == wanted)
        until(lambda: house.bodies(chat.id) == heard())
        # Nobody saw us come or go: it was one session.
        assert other.presences[seen:] == []
        house.stop()


def test_a_session_that_the_server_lost_begins_anew(engine: MakeEngine, own_server: Prosody) -> None:
    house = engine()
    with Faults(own_server.tls_port) as faults:
        mine = signed_in(house, own_server, faults, own_server.fresh)
        chat = house.do(c.JoinRoom(mine.id, own_server.fresh_room(), "willow"))
        own_server.kill()
        faults.plan(Plan(cut_up=0), GOOD)
        own_server.restart()
        until(lambda: links(house) == 2, 30)
        house.wait(e.ChatStored, lambda event: event.chat.id == chat.id and event.chat.presence is Presence.HERE)
        house.do(c.SendMessage(chat.id, "again"))
        until(lambda: states(house, chat.id) == {"again": Delivery.CONFIRMED}, 20)
        house.stop()


# -- against liars -------------------------------------------------------------


@pytest.fixture
def managed() -> Managed:
    """A server that counts."""
    return Managed()


def inside(engine: MakeEngine, script: Managed, hostile: Hostile, trusting: Server) -> World:
    """In the room, with everything acknowledged."""
    world = enter(engine(), hostile, script, trusting)
    until(lambda: script.session.handled)
    return world


def test_what_comes_is_counted_and_what_is_sent_is_ticked(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed
) -> None:
    managed.more = " location='[::1]:5222' max='300'"
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        world.house.do(c.SendMessage(person.id, "hello"))
        until(lambda: states(world.house, person.id) == {"hello": Delivery.ACKED})
        assert not any(
            s.tag.endswith("iq") and s.find("{urn:xmpp:ping}ping") is not None and not s.get("to") for s in managed.got
        )
        # Whatever came whole before a cut is not sent again, and the place to reconnect to is not looked at.
        hostile.loop.call_soon_threadsafe(managed.counted, said("plum", "one") + said("plum", "two"))
        until(lambda: world.house.bodies(world.chat) == ["one", "two"])
        sent, begun = len(managed.session.sent), managed.names().count("enable")
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: "resume" in managed.names())
        assert managed.asked[managed.names().index("resume")].get("h") == str(sent)
        hostile.loop.call_soon_threadsafe(managed.counted, said("plum", "three"))
        until(lambda: world.house.bodies(world.chat) == ["one", "two", "three"])
        assert managed.names().count("enable") == begun
        world.house.stop()


@pytest.mark.parametrize("word", ["100000", "4294967296", "-1", "x", "", "٣"])
def test_too_much_acknowledged_ends_the_stream(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed, word: str
) -> None:
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        managed.lie = lambda _where, _count: word
        managed.before = None
        world.house.do(c.SendMessage(person.id, "hello"))
        lost = world.house.wait(e.LinkChanged, lambda event: event.link is Link.WAITING and bool(event.problem))
        assert lost.problem is not None and lost.problem.fault is Fault.SERVER_MISBEHAVED
        assert Delivery.ACKED not in states(world.house, person.id).values()
        assert "resume" not in managed.names()
        world.house.stop()


@pytest.mark.parametrize("by", [-1, 1, 1000])
def test_a_resumption_that_counts_otherwise_is_none(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed, by: int
) -> None:
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        world.house.do(c.SendMessage(person.id, "hello"))
        until(lambda: states(world.house, person.id) == {"hello": Delivery.ACKED})
        managed.lie = lambda where, count: str(count + by) if where == "resumed" else str(count)
        begun = len(managed.sessions)
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: len(managed.sessions) == begun + 1)
        until(lambda: states(world.house, person.id) == {"hello": Delivery.ACKED})
        assert managed.names().count("resume") == 1
        world.house.stop()


def test_a_failed_resumption_says_how_far_it_came(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed
) -> None:
    managed.resumes = False
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        managed.mute, begun = True, len(managed.sessions)
        world.house.do(c.SendMessage(person.id, "hello"))
        world.sent("hello")
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: states(world.house, person.id) == {"hello": Delivery.ACKED})
        until(lambda: len(managed.sessions) == begun + 1)
        assert sum(s.findtext("{jabber:client}body") == "hello" for s in managed.got) == 1
        world.house.stop()


def test_a_server_that_will_not_count_is_asked_by_pings(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed
) -> None:
    managed.counts = False
    with Hostile(managed, honest.context) as hostile:
        world = enter(engine(), hostile, managed, trusting)
        person = world.house.do(c.OpenPerson(world.account.id, ROSE))
        world.house.do(c.SendMessage(person.id, "hello"))
        until(lambda: states(world.house, person.id) == {"hello": Delivery.ACKED})
        world.house.stop()


def test_nothing_is_acknowledged_that_is_not_on_disk(
    engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Database] = []

    class Seen(Database):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            opened.append(self)

    monkeypatch.setattr("teahouse.engine.engine.Database", Seen)
    monkeypatch.setattr("teahouse.engine.inbound.RETRY", 0.05)
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        loop, request = world.house.thread._loop, f"<r xmlns='{SM}'/>".encode()
        assert loop is not None

        def limit(pages: str) -> None:
            loop.call_soon_threadsafe(opened[0].run, f"PRAGMA max_page_count = {pages}")

        before = len(managed.session.sent)
        limit("1")
        texts = [f"{number} " + "茶" * 3_000 for number in range(30)]
        hostile.loop.call_soon_threadsafe(managed.counted, "".join(said("plum", text) for text in texts))
        world.house.wait(e.WentWrong, lambda event: event.problem.fault is Fault.DISK_FULL)
        answered = managed.names().count("a")
        hostile.inject(request)
        until(lambda: managed.names().count("a") > answered)
        assert managed.session.told < before + len(texts)
        limit("1000000")
        until(lambda: world.house.bodies(world.chat) == texts)
        hostile.inject(request)
        until(lambda: managed.session.told == len(managed.session.sent))
        world.house.stop()


@pytest.mark.parametrize(
    ("way", "usable"),
    [
        (ByTor(Path("socks"), "user", "1"), True),
        (ByTor(Path("socks"), "user", "2"), False),
        (ByTor(Path("socks"), "other", "1"), False),
        (Direct(), False),
    ],
    ids=["the same circuits", "a new circuit", "another identity", "another way"],
)
def test_b11_a_session_goes_on_only_by_the_way_it_came(way: Way, usable: bool) -> None:
    stream = Stream(Jid.parse(FULL))
    stream.id = "x"
    held = Held(stream, ByTor(Path("socks"), "user", "1"))
    assert held.usable(way) is usable
    assert not replace(held, since=held.since - HOLD).usable(held.way)


def test_a_clock_that_is_set_back_stretches_no_pause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = itertools.count(1_000_000, -86_400)
    monkeypatch.setattr("time.time", lambda: float(next(clock)))

    async def paused() -> None:
        db = Database(tmp_path / "db", bytes(32))
        desk = Desk(db, lambda _: None, routes_of(None, lambda _: None, None), offline=True)
        session = desk.add(accounts.add(db, Account(0, JID, "willow"), "secret")).session
        async with asyncio.timeout(10):
            await session._pause(0.05)
        db.close()

    asyncio.run(paused())


# -- the counters --------------------------------------------------------------


@given(st.integers(0, WRAP - 1), st.lists(st.integers(0, 4), max_size=30))
def test_the_count_goes_round(start: int, steps: list[int]) -> None:
    ledger, number, told = Ledger(start), 0, list[int]()
    for step in steps:
        for _ in range(step):
            number += 1
            ledger.unacked.append(Sent("", number))
        ledger.acknowledge(str((start + number) % WRAP), told.extend)
    assert told == list(range(1, number + 1)) and not ledger.unacked
    for wrong in (start + number + 1, start + number - 1):
        with pytest.raises(OutOfStep):
            ledger.acknowledge(str(wrong % WRAP), told.extend)


def test_what_comes_again_is_counted_once() -> None:
    stream, full, said = Stream(Jid.parse(FULL)), True, list[str]()
    stream.id, stream.enabled, stream.commit = "one", True, lambda: not full
    for _ in range(5):
        stream.took()
    assert "h='0'" in stream.resumption()
    stream.attach(said.append)
    full = False
    for _ in range(5):
        stream.took()
    stream.answer(last=True)
    assert "h='5'" in said[-1]


def test_what_could_not_be_written_down_is_acknowledged_once_more() -> None:
    stream, told, full = Stream(Jid.parse(FULL)), list[int](), [True, False]

    def hear(tokens: Sequence[int]) -> None:
        if full.pop(0):
            raise Trouble(Problem(Fault.DISK_FULL))
        told.extend(tokens)

    stream.id, stream.enabled, stream.on_acked = "one", True, hear
    stream.ledger.unacked.extend([Sent("", 1), Sent("", 2), Sent("", 3)])
    with pytest.raises(Trouble):
        stream.resumed(ET.fromstring("<resumed previd='one' h='2'/>"))
    stream.resumed(ET.fromstring("<resumed previd='one' h='2'/>"))
    assert told == [1, 2] and [sent.token for sent in stream.ledger.unacked] == [3]


@pytest.mark.parametrize("cancelled", [True, False])
def test_whoever_asks_in_a_session_that_ends_goes_with_it(cancelled: bool) -> None:
    async def ended() -> BaseException | None:
        questions = Questions()
        asking = asyncio.ensure_future(questions.ask(lambda _: None, ET.Element("iq"), "x.test", 10))
        await asyncio.sleep(0)
        questions.close()
        if cancelled:
            # In the same moment, as the end of a session does: it must not be lost between the two.
            asking.cancel()
        await asyncio.wait([asking])
        return None if asking.cancelled() else asking.exception()

    error = asyncio.run(ended())
    assert error is None if cancelled else isinstance(error, Trouble)


def test_a_room_is_still_the_room(engine: MakeEngine, honest: Shown, trusting: Server, managed: Managed) -> None:
    with Hostile(managed, honest.context) as hostile:
        world = inside(engine, managed, hostile, trusting)
        joins = sum(s.tag.endswith("presence") and s.get("to", "").startswith(TEA) for s in managed.got)
        hostile.loop.call_soon_threadsafe(hostile.wire.hang_up)
        until(lambda: "resume" in managed.names())
        world.house.do(c.SendMessage(world.chat, "still here"))
        until(lambda: states(world.house, world.chat).get("still here") is Delivery.CONFIRMED)
        assert joins == sum(s.tag.endswith("presence") and s.get("to", "").startswith(TEA) for s in managed.got)
        assert str(world.account.jid) + "/here" == FULL
        world.house.stop()
