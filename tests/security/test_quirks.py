"""What servers may do within the rules, and how the engine takes it."""

import asyncio
import xml.etree.ElementTree as ET
from random import SystemRandom

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Route, Server
from teahouse.domain.chat import ChatKind, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.engine.pacer import JoinPace, LoginPace
from tests.conftest import AccountMaker
from tests.engine.test_rooms_and_people import MakeEngine, MakePeer, sign_in
from tests.rig.honest import FULL, ROOMS, ROSE, TEA, Honest, said
from tests.rig.hostile import Hostile, Wire
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import enter

TOLD = "<delay xmlns='urn:xmpp:delay' from='{}' stamp='2026-01-01T00:00:{:02}Z'/>"


def told(number: int, body: str) -> str:
    """A line of a room's history that has no id but the room's own."""
    given = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{TEA}' id='given {number}'/>"
    return said("plum", body, given + TOLD.format(TEA, number))


def test_history_is_known_again_by_the_rooms_ids(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest(history=(told(1, "same"), told(2, "same"), told(3, "other")))
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        for _ in range(2):
            world.house.do(c.JoinRoom(world.account.id, TEA, "willow"))
            world.fence()
        assert world.house.bodies(world.chat) == ["same", "same", "other"]
        world.house.stop()


def test_a_message_written_under_another_nick_comes_back_as_ours(
    engine: MakeEngine, honest: Shown, trusting: Server
) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        script.given_nick = "willow-2"
        world.house.do(c.Disconnect(world.account.id))
        world.house.do(c.SendMessage(world.chat, "written as willow"))
        world.house.do(c.Connect(world.account.id))

        async def before(wire: Wire, stanza: ET.Element) -> bool:
            if stanza.tag.endswith("message") and stanza.get("type") == "groupchat":
                # This room gives every message an id of its own.
                wire.send(script.reflected(stanza, "willow-2", "changed").encode())
                return True
            return False

        script.before = before
        until(lambda: [m.state for m in world.house.history(world.chat)] == [Delivery.CONFIRMED])
        assert world.house.bodies(world.chat) == ["written as willow"]
        world.house.stop()


def test_a_room_that_tells_no_subject_is_entered_all_the_same(
    engine: MakeEngine, honest: Shown, trusting: Server
) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        entered = script._entered
        script._entered = lambda *given: entered(*given).partition(f"<message from='{given[0]}' to")[0]  # type: ignore[method-assign]
        chat = world.house.do(c.JoinRoom(world.account.id, f"silent@{ROOMS}", "willow")).id
        world.house.do(c.SendMessage(chat, "waits"))
        world.send(said("plum", "live", room=f"silent@{ROOMS}"))
        world.sent("waits")
        world.house.stop()


def test_a_roster_that_is_refused_empties_nothing(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)

        async def before(wire: Wire, stanza: ET.Element) -> bool:
            if stanza.find("{jabber:iq:roster}query") is None:
                return False
            refusal = f"<iq type='error' id='{stanza.get('id')}' to='{FULL}'><query xmlns='jabber:iq:roster'/>"
            wire.send(f"{refusal}<error type='wait'/></iq>".encode())
            return True

        script.before = before
        world.house.do(c.Disconnect(world.account.id))
        world.house.do(c.Connect(world.account.id))
        until(lambda: len(world.house.seen(e.LinkChanged, lambda event: event.link is Link.ONLINE)) == 2)
        world.fence()
        assert ROSE in world.state()["contacts"]
        world.house.stop()


def test_lists_of_rooms_may_hold_any_name(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    rooms = {f"a@{ROOMS}": "Tea (²)", f"b@{ROOMS}": "Tea (٣)", f"c@{ROOMS}": "Tea (3)", "@@": "bad", f"d@{ROOMS}": ""}
    items = "".join(f"<item jid='{jid}' name='{name}'/>" for jid, name in rooms.items())

    async def before(wire: Wire, stanza: ET.Element) -> bool:
        if not len(stanza) or not stanza[0].tag.endswith("disco#items}query"):
            return False
        query = f"<query xmlns='http://jabber.org/protocol/disco#items'>{items}</query>"
        wire.send(f"<iq type='result' id='{stanza.get('id')}' from='{stanza.get('to')}'>{query}</iq>".encode())
        return True

    script = Honest(before=before)
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        listed = world.house.do(c.BrowseRooms(world.account.id, ROOMS))
        assert [room.occupants for room in listed] == [3, -1, -1, -1]
        assert {room.name for room in listed} == {"Tea", "d", "Tea (²)", "Tea (٣)"}
        world.house.stop()


def test_what_was_taken_for_a_person_becomes_a_room(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        room = f"later@{ROOMS}"
        world.house.do(c.OpenPerson(world.account.id, room))
        chat = world.house.do(c.JoinRoom(world.account.id, room, "willow"))
        assert (chat.kind, chat.presence) == (ChatKind.ROOM, Presence.HERE)
        world.house.stop()


@pytest.mark.parametrize("nick", ["", " ", "a\x07b", "x" * 2_000])
def test_a_nick_that_no_room_can_take_is_said(nick: str, engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        assert world.house.refused(c.ChangeNick(world.chat, nick)).fault is Fault.BAD_ADDRESS
        assert world.house.seen(e.LinkChanged)[-1].link is Link.ONLINE
        world.house.stop()


def test_contacts_who_are_there_already_are_seen(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    login, other = account(), account("friend")
    server.befriend(login, other)
    friend = peer(other)
    house = engine()
    sign_in(house, server, login)
    house.wait(e.ContactsChanged, lambda event: any(p.jid == friend.login.jid and p.show for p in event.contacts))


# -- joins ---------------------------------------------------------------------


class Clock:
    """Time that passes only while somebody naps."""

    def __init__(self) -> None:
        self.now, self.joined = 100.0, list[float]()

    async def nap(self, seconds: float) -> None:
        """Others that nap meanwhile wake at their own time."""
        assert seconds > 0
        self.joined.append(self.now + seconds)
        await asyncio.sleep(0)


def test_joins_over_tor_are_spread_over_all_identities() -> None:
    clock = Clock()
    pace = JoinPace(lambda: clock.now, clock.nap)

    async def all_of_them() -> None:
        await asyncio.gather(*(pace.turn(Route.TOR) for _ in range(40)))

    asyncio.run(all_of_them())
    gaps = [b - a for a, b in zip([clock.now, *clock.joined], clock.joined, strict=False)]
    low, high = JoinPace.GAP
    assert len(gaps) == 40 and all(low <= gap <= high + 1e-6 for gap in gaps) and len(set(gaps)) > 30


def test_joins_over_tor_are_shuffled_and_direct_ones_are_not() -> None:
    class Fixed(SystemRandom):
        """Turns every list round."""

        def sample(self, population: object, k: int, *, counts: object = None) -> list[object]:  # type: ignore[override]
            """Backwards."""
            return list(population)[::-1]  # type: ignore[call-overload, no-any-return]

    pace, rooms = JoinPace(chance=Fixed()), ["a", "b", "c"]
    assert pace.order(Route.DIRECT, rooms) == ["a", "b", "c"]
    assert pace.order(Route.TOR, rooms) == pace.order(Route.PROXY, rooms) == ["c", "b", "a"]
    orders = {tuple(JoinPace().order(Route.TOR, range(30))) for _ in range(20)}
    assert len(orders) == 20 and all(sorted(order) == list(range(30)) for order in orders)


def test_a_direct_account_joins_at_once() -> None:
    async def never(_: float) -> None:
        raise AssertionError("napped")

    asyncio.run(JoinPace(nap=never).turn(Route.DIRECT))


# -- log-ins -------------------------------------------------------------------


def logins(*asked: tuple[int, Route, bool]) -> list[float]:
    """When accounts that all ask in the same moment sign in, in seconds from then; one that needs no nap is at 0."""
    naps = [0.0]

    async def nap(seconds: float) -> None:
        naps[-1] = seconds

    async def all_of_them() -> None:
        pace = LoginPace(lambda: 100.0, nap)
        for account, route, awaited in asked:
            await pace.turn(account, route, awaited=awaited)
            naps.append(0.0)

    asyncio.run(all_of_them())
    return naps[:-1]


def test_b17_two_identities_never_sign_in_within_one_moment() -> None:
    low, high = LoginPace.GAP
    gaps = []
    for _ in range(50):
        first, second, third = logins((1, Route.TOR, False), (2, Route.TOR, False), (3, Route.PROXY, False))
        assert 0 <= first <= LoginPace.JITTER[1]
        gaps += [second - first, third - second]
    assert all(low <= gap <= high for gap in gaps) and len({round(gap, 3) for gap in gaps}) > 80


def test_b17_even_one_identity_signs_in_at_no_exact_moment() -> None:
    assert len({round(logins((1, Route.TOR, False))[0], 4) for _ in range(50)}) > 40
    # Again after a loss: that pause is random by itself, and nobody else is in it.
    again = logins((1, Route.TOR, False), (1, Route.TOR, False))
    assert all(moment <= LoginPace.JITTER[1] for moment in again)


def test_what_the_user_asked_for_is_done_at_once_and_others_keep_away_from_it() -> None:
    direct, asked, other = logins((1, Route.DIRECT, False), (2, Route.TOR, True), (3, Route.TOR, False))
    assert (direct, asked) == (0, 0) and other >= LoginPace.GAP[0]
