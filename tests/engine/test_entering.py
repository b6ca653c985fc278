"""Ways into a room and out of it: what the user wants last is what happens, and nobody is seen who is not there."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import ANYWHERE, Account, Link, Route, Server
from teahouse.domain.chat import ChatKind, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.guard import Phase
from teahouse.engine.pacer import JoinPace
from teahouse.engine.roster import ASKING
from teahouse.engine.routing import routes_of
from teahouse.store import accounts, chats
from teahouse.store.database import Database
from tests.engine.test_delivery import MakeEngine
from tests.rig.honest import FULL, ROSE, TEA, Honest, presence, said
from tests.rig.hostile import JID, Hostile
from tests.rig.hostile import Wire as ServerWire
from tests.rig.wait import until
from tests.security.certificates import Authority, Shown
from tests.security.test_phases import Wire
from tests.security.world import World, enter

INFO = "{http://jabber.org/protocol/disco#info}query"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shown, Server]:
    """A server's certificate, and how to trust it."""
    authority = Authority(tmp_path_factory.mktemp("certificates"), "trusted")
    return authority.sign(("hostile.test",)), Server(ca_file=str(authority.file))


@pytest.fixture
def world(engine: MakeEngine, shown: tuple[Shown, Server]) -> Iterator[World]:
    """An engine in a room of a server that does as it is told."""
    script = Honest()
    with Hostile(script, shown[0].context) as hostile:
        house = engine()
        try:
            yield enter(house, hostile, script, shown[1])
        finally:
            house.stop()


class Held:
    """The questions about one room that the server leaves open."""

    def __init__(self, world: World, jid: str) -> None:
        self.asked: list[ET.Element] = []
        self._world, self._jid = world, jid
        world.honest.before = self._before

    async def _before(self, wire: ServerWire, stanza: ET.Element) -> bool:
        held = stanza.get("to") == self._jid and stanza.find(INFO) is not None
        if held:
            self.asked.append(stanza)
        return held

    def wait(self) -> None:
        """Until it was asked."""
        until(lambda: self.asked, what="a question about the room")

    def answer(self) -> None:
        """What it should have said."""
        self._world.honest.before = None
        self._world.send(*(self._world.honest.answer(stanza) for stanza in self.asked))


def break_off(world: World) -> None:
    """The connection breaks, and another one stands."""
    links = len(world.house.seen(e.LinkChanged))
    world.hostile.loop.call_soon_threadsafe(world.hostile.wire.hang_up)
    until(lambda: Link.WAITING in [event.link for event in world.house.seen(e.LinkChanged)[links:]])
    world.house.do(c.Connect(world.account.id))
    until(lambda: world.house.seen(e.LinkChanged)[-1].link is Link.ONLINE)


def entries(world: World, since: int, jid: str) -> list[ET.Element]:
    """The presences that went into a room."""
    said = [s for s in world.honest.got[since:] if s.tag.endswith("}presence") and s.get("type") is None]
    return [s for s in said if s.get("to", "").startswith(f"{jid}/")]


def test_a_room_left_while_it_is_entered_again_is_not_entered(world: World) -> None:
    since, held = len(world.honest.got), Held(world, TEA)
    break_off(world)
    held.wait()
    world.house.do(c.LeaveRoom(world.chat))
    held.answer()
    world.fence()
    world.fence()
    assert entries(world, since, TEA) == []


def test_the_end_of_an_earlier_stay_keeps_nobody_out(world: World) -> None:
    async def gone_first(wire: ServerWire, stanza: ET.Element) -> bool:
        if stanza.tag.endswith("}presence") and stanza.get("to", "").startswith(f"{TEA}/"):
            wire.send(presence("willow", codes=(110,), type="unavailable").encode())
        return False

    world.honest.before = gone_first
    before = len(world.house.seen(e.ChatStored))
    break_off(world)
    until(lambda: Presence.HERE in [event.chat.presence for event in world.house.seen(e.ChatStored)[before:]])
    world.send(said("plum", "good to see you"))
    until(lambda: "good to see you" in world.said())


def test_a_room_that_does_not_answer_is_entered_in_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teahouse.engine.entering.ENTER_PATIENCE", 0.05)
    monkeypatch.setattr("teahouse.engine.entering.RETRY", 0.01)
    asked: list[str] = []

    async def silent(wire: ServerWire, stanza: ET.Element) -> bool:
        if not stanza.tag.endswith("}presence") or stanza.get("to") != f"{TEA}/willow" or stanza.get("type"):
            return False
        asked.append(stanza.get("id", ""))
        return len(asked) < 3

    world.honest.before = silent
    before = len(world.house.seen(e.ChatStored))
    break_off(world)
    until(lambda: Presence.HERE in [event.chat.presence for event in world.house.seen(e.ChatStored)[before:]])
    assert len(asked) == 3
    told = [event.problem.fault for event in world.house.seen(e.WentWrong)]
    assert told == [Fault.TIMED_OUT]


@pytest.mark.parametrize("left", [True, False])
def test_a_room_left_before_its_turn_is_not_entered(tmp_path: Path, left: bool) -> None:
    async def asked() -> bytes:
        desk = Desk(
            Database(tmp_path / "store", bytes(32)), lambda _: None, routes_of(None, lambda _: None, None), offline=True
        )
        db = desk.tools.db
        kept = replace(accounts.add(db, Account(0, JID, "willow"), "secret"), route=Route.TOR)
        online, wire = desk.add(kept), Wire()
        here = [chats.ensure(db, kept.id, f"{name}@x", ChatKind.ROOM, name).id for name in ("kept", "doubted")]
        for chat in here:
            chats.set_joined(db, chat, "willow", "")
        client = Client(JID, "secret", ANYWHERE, None)
        client.connection_made(wire)
        client.phase, online.session.client = Phase.BOUND, client
        client.stream.attach(client.send_raw)

        async def nap(_: float) -> None:
            if left:
                online.entering.leave(here[1])

        desk.tools.joins = JoinPace(nap=nap)
        await online.entering.all_again()
        await asyncio.sleep(0)
        tasks = list(online._tasks)
        online._went_offline()
        await asyncio.gather(*tasks, return_exceptions=True)
        client.fail(client.misbehaved("the end").problem)
        db.close()
        return b"".join(wire.written)

    asked_of = asyncio.run(asked())
    assert b"kept@x" in asked_of and (b"doubted@x" in asked_of) is not left


def test_control_a_room_not_left_is_entered_again(world: World) -> None:
    since, held = len(world.honest.got), Held(world, TEA)
    break_off(world)
    held.wait()
    held.answer()
    until(lambda: len(entries(world, since, TEA)) == 1)


def test_a_room_asked_about_when_the_connection_broke_is_entered_over_the_next(world: World) -> None:
    held = Held(world, TEA)
    break_off(world)
    held.wait()
    since = len(world.honest.got)
    break_off(world)
    until(lambda: len(held.asked) == 2)
    world.honest.before = None
    world.send(world.honest.answer(held.asked[-1]))
    until(lambda: len(entries(world, since, TEA)) == 1)


def test_a_room_left_and_wanted_again_is_entered(world: World) -> None:
    since = len(world.honest.got)
    world.house.do(c.LeaveRoom(world.chat))
    world.house.do(c.JoinRoom(world.account.id, TEA, "willow"))
    assert len(entries(world, since, TEA)) == 1


def test_a_message_goes_out_into_a_room_that_tells_no_subject(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teahouse.engine.entering.REPLAY_PATIENCE", 0.01)

    async def mute(wire: ServerWire, stanza: ET.Element) -> bool:
        if stanza.get("to") != "mute@rooms.hostile.test/willow" or not stanza.tag.endswith("}presence"):
            return False
        wire.send(presence("willow", room="mute@rooms.hostile.test", codes=(110,)).encode())
        return True

    world.honest.before = mute
    chat = world.house.do(c.JoinRoom(world.account.id, "mute@rooms.hostile.test", "willow"))
    sent = world.house.do(c.SendMessage(chat.id, "is anybody there"))
    world.sent("is anybody there")
    assert [m.state for m in world.house.history(chat.id) if m.id == sent.id] != [Delivery.QUEUED]


def test_who_left_while_we_were_out_is_not_seen_any_more(world: World) -> None:
    assert {"plum", "oak", "willow"} <= world.state()["people"][world.chat].keys()
    world.honest.occupants = ("plum",)
    world.house.do(c.JoinRoom(world.account.id, TEA, "willow"))
    world.fence()
    world.fence()
    assert world.state()["people"][world.chat].keys() == {"plum", "willow"}


def test_a_flood_of_askers_is_bounded(world: World) -> None:
    world.send(*(f"<presence from='eve{n}@evil.test' to='{FULL}' type='subscribe'/>" for n in range(600)))
    world.fence()
    asking = [contact for contact in world.state()["contacts"].values() if contact.asking]
    assert len(asking) == ASKING
    world.send(f"<presence from='{ROSE}' to='{FULL}' type='subscribe'/>")
    until(lambda: world.state()["contacts"][ROSE].asking)
