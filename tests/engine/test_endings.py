"""What a room does to those in it: it shows their addresses, puts them out, ends, goes down and comes back."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.chat import Chat, End, Ending, Presence
from teahouse.domain.problem import Fault
from teahouse.domain.queries import ListChats
from teahouse.practice.prosody import RoomSetup
from tests.conftest import AccountMaker
from tests.engine.test_entering import Held, break_off, entries
from tests.engine.test_rooms_and_people import MakeEngine, MakePeer, sign_in
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, ROOMS, TEA, Honest, presence
from tests.rig.hostile import Hostile, Wire
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.security.certificates import Authority, Shown
from tests.security.world import World, enter

OWNER = "http://jabber.org/protocol/muc#owner"
ADMIN = "http://jabber.org/protocol/muc#admin"


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


def configure(peer: Peer, room: str, **values: str) -> None:
    """An owner changes the settings of a room."""
    fields = "".join(
        f"<field var='muc#roomconfig_{name}'><value>{value}</value></field>" for name, value in values.items()
    )
    kind = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
    form = f"<x xmlns='jabber:x:data' type='submit'>{kind}{fields}</x>"
    peer.raw(f"<iq type='set' id='c' to='{room}'><query xmlns='{OWNER}'>{form}</query></iq>")


def ended(house: RunningEngine, chat: int) -> Ending:
    """Why we are out of a room, once we are."""
    told = house.wait(e.ChatStored, lambda event: event.chat.id == chat and event.chat.ending is not None)
    assert told.chat.ending is not None and told.chat.presence is Presence.AWAY_FROM
    return told.chat.ending


def stored(house: RunningEngine, chat: int) -> Chat:
    """A chat as it is on disk."""
    chats: tuple[Chat, ...] = house.ask(ListChats())
    return next(one for one in chats if one.id == chat)


def anonymous(house: RunningEngine, chat: int) -> bool | None:
    """What the room last said of addresses."""
    told = house.seen(e.RoomDescribed, lambda event: event.chat == chat)
    return told[-1].facts.anonymous if told else None


# -- addresses (C1, C2) -----------------------------------------------------


def test_c1_a_room_that_shows_addresses_is_entered_only_when_that_is_accepted(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer()
    mine = sign_in(house, server, account())
    room = server.add_room(RoomSetup(server.fresh_room("glass").partition("@")[0], whois="anyone"))
    other.join(room, "plum")
    assert house.refused(c.JoinRoom(mine.id, room, "willow")).fault is Fault.ROOM_EXPOSES
    chat = house.do(c.JoinRoom(mine.id, room, "willow", exposed=True))
    assert chat.presence is Presence.HERE and chat.exposed
    house.stop()
    house = engine()
    house.wait(e.ChatStored, lambda event: event.chat.id == chat.id and event.chat.presence is Presence.HERE)
    assert [who for who, kind in other.presences if who == f"{room}/willow" and kind == "available"] != []


def test_c1_what_turned_while_we_were_away_is_not_entered_by_itself(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    house.stop()
    configure(other, room, whois="anyone")
    other.say(room, "turned")
    other.wait_for("turned")
    seen = len(other.presences)
    house = engine()
    assert ended(house, chat.id) == Ending(End.EXPOSED) and anonymous(house, chat.id) is False
    other.say(room, "fence")
    other.wait_for("fence")
    assert (f"{room}/willow", "available") not in other.presences[seen:]
    again = house.do(c.JoinRoom(mine.id, room, "willow", exposed=True))
    assert (again.presence, again.exposed, again.ending) == (Presence.HERE, True, None)


def test_c1_a_room_that_turns_says_so_and_asks_again_next_time(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    until(lambda: anonymous(house, chat.id) is True)
    configure(other, room, whois="anyone")
    until(lambda: anonymous(house, chat.id) is False)
    assert not stored(house, chat.id).exposed
    house.do(c.AcceptExposure(chat.id))
    assert stored(house, chat.id).exposed
    configure(other, room, whois="moderators")
    until(lambda: anonymous(house, chat.id) is True)
    until(lambda: not stored(house, chat.id).exposed)


def told(*codes: int) -> str:
    """What the room says of itself by status codes."""
    status = "".join(f"<status code='{code}'/>" for code in codes)
    user = f"<x xmlns='http://jabber.org/protocol/muc#user'>{status}</x>"
    return f"<message from='{TEA}' to='{FULL}' type='groupchat'>{user}</message>"


@pytest.mark.parametrize("codes", [(172,), (104, 172)])
def test_c1_a_room_is_taken_at_its_worst_word(world: World, codes: tuple[int, ...]) -> None:
    world.send(told(*codes))
    until(lambda: anonymous(world.house, world.chat) is False)
    world.fence()
    asked = len(world.house.seen(e.RoomDescribed))
    world.send(told(104))
    until(lambda: len(world.house.seen(e.RoomDescribed)) >= asked + 2)
    assert anonymous(world.house, world.chat) is False
    world.send(told(173))
    until(lambda: anonymous(world.house, world.chat) is True)


def test_c1_only_the_room_may_say_that_it_turned(world: World) -> None:
    user = "<x xmlns='http://jabber.org/protocol/muc#user'><status code='172'/><status code='170'/></x>"
    for sender in (f"{TEA}/plum", f"other@{ROOMS}", "eve@evil.test"):
        world.send(f"<message from='{sender}' to='{FULL}' type='groupchat'>{user}</message>")
    before = len(world.house.seen(e.RoomDescribed))
    world.fence()
    assert len(world.house.seen(e.RoomDescribed)) == before and anonymous(world.house, world.chat) is True


def test_c1_entering_may_show_what_the_room_did_not_say(world: World) -> None:
    async def glass(wire: Wire, stanza: ET.Element) -> bool:
        if stanza.get("to") != f"glass@{ROOMS}/willow":
            return False
        wire.send(presence("willow", room=f"glass@{ROOMS}", codes=(110, 100, 170)).encode())
        return True

    world.honest.features = ("http://jabber.org/protocol/muc",)
    world.honest.before = glass
    chat = world.house.do(c.JoinRoom(world.account.id, f"glass@{ROOMS}", "willow"))
    world.fence()
    facts = world.house.seen(e.RoomDescribed, lambda event: event.chat == chat.id)[-1].facts
    assert (facts.anonymous, facts.published) == (False, True) and not stored(world.house, chat.id).exposed


def test_c2_a_room_that_is_logged_in_public_says_so(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))

    def published() -> bool | None:
        return house.seen(e.RoomDescribed, lambda event: event.chat == chat.id)[-1].facts.published

    assert published() is None
    for value, told in (("0", False), ("1", True)):
        configure(other, room, enablearchiving=value)
        until(lambda told=told: published() is told)  # type: ignore[misc]


# -- put out, closed, shut down ---------------------------------------------


def put_out(peer: Peer, room: str, item: str) -> None:
    """A moderator changes what somebody is."""
    query = f"<query xmlns='{ADMIN}'><item {item}><reason>too loud</reason></item></query>"
    peer.raw(f"<iq type='set' id='p' to='{room}'>{query}</iq>")


@pytest.mark.parametrize(
    ("end", "item"),
    [(End.KICKED, "nick='willow' role='none'"), (End.BANNED, "jid='{}' affiliation='outcast'")],
)
def test_put_out_by_somebody(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, end: End, item: str
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    put_out(other, room, item.format(mine.jid))
    told = ended(house, chat.id)
    assert (told.end, told.reason) == (end, "too loud") and told.actor in ("plum", "")
    house.stop()
    seen = len(other.presences)
    house = engine()
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    assert stored(house, chat.id).ending == told
    person = house.do(c.OpenPerson(mine.id, other.login.jid))
    house.do(c.SendMessage(person.id, "fence"))
    other.wait_for("fence")
    assert (f"{room}/willow", "available") not in other.presences[seen:]
    if end is End.KICKED:
        assert house.do(c.JoinRoom(mine.id, room, "willow")).ending is None
    else:
        house.do(c.LeaveRoom(chat.id))
        assert stored(house, chat.id).ending is None


def test_a_room_that_becomes_one_for_members(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    configure(other, room, membersonly="1")
    assert ended(house, chat.id).end is End.MEMBERS_ONLY
    other.affiliate(room, mine.jid, "member")
    house.do(c.JoinRoom(mine.id, room, "willow"))
    other.affiliate(room, mine.jid, "none")
    until(lambda: (was := stored(house, chat.id).ending) is not None and was.end is End.NO_MEMBER)


def test_a_room_that_is_closed_for_good_names_another(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer(), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    venue = server.fresh_room("other")
    destroy = f"<destroy jid='{venue}'><reason>we moved</reason></destroy>"
    other.raw(f"<iq type='set' id='d' to='{room}'><query xmlns='{OWNER}'>{destroy}</query></iq>")
    assert ended(house, chat.id) == Ending(End.DESTROYED, "we moved", "", venue)
    assert venue not in {one.jid for one in house.ask(ListChats())}


ITEM = "<item affiliation='none' role='none'>{}</item>"


@pytest.mark.parametrize(
    ("codes", "inner", "ending"),
    [
        ((307,), "<actor nick='plum'/><reason>no\u202e tea</reason>", Ending(End.KICKED, "no tea", "plum")),
        ((301,), f"<actor jid='plum@x.test'/><reason>{'x' * 900}</reason>", Ending(End.BANNED, "x" * 299 + "…")),
        ((321,), "", Ending(End.NO_MEMBER)),
        ((322,), "", Ending(End.MEMBERS_ONLY)),
        ((), "<destroy jid='nonsense@'/>", Ending(End.DESTROYED)),
        ((), f"<destroy jid='new@{ROOMS}/x'/>", Ending(End.DESTROYED, venue=f"new@{ROOMS}")),
    ],
)
def test_every_end_is_read_and_bounded(world: World, codes: tuple[int, ...], inner: str, ending: Ending) -> None:
    outside = inner.startswith("<destroy")
    item = ITEM.format("") + inner if outside else ITEM.format(inner)
    world.send(presence("willow", codes=(110, *codes), item=item, type="unavailable"))
    assert ended(world.house, world.chat) == ending
    since = len(world.honest.got)
    break_off(world)
    world.house.do(c.JoinRoom(world.account.id, f"fence@{ROOMS}", "willow"))
    assert entries(world, since, TEA) == []


@pytest.mark.parametrize("codes", [(332,), (307, 333)])
def test_a_room_that_went_down_is_entered_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch, codes: tuple[int, ...]
) -> None:
    monkeypatch.setattr("teahouse.engine.entering.COME_BACK", (0.02, 0.05))
    tries: list[ET.Element] = []

    async def down(wire: Wire, stanza: ET.Element) -> bool:
        if not stanza.tag.endswith("}presence") or stanza.get("to") != f"{TEA}/willow" or len(tries) >= 3:
            return False
        tries.append(stanza)
        error = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        head = f"from='{TEA}/willow' to='{FULL}' type='error' id='{stanza.get('id')}'"
        wire.send(f"<presence {head}>{error}</presence>".encode())
        return True

    world.honest.before = down
    world.send(presence("willow", codes=(110, *codes), item=ITEM.format(""), type="unavailable"))
    assert ended(world.house, world.chat).end is End.SHUT
    until(lambda: stored(world.house, world.chat).ending is None)
    assert len(tries) == 3

    def last() -> Chat:
        return world.house.seen(e.ChatStored, lambda event: event.chat.id == world.chat)[-1].chat

    until(lambda: last().presence is Presence.HERE and last().ending is None)


def test_a_room_that_went_down_and_was_left_is_not_entered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teahouse.engine.entering.COME_BACK", (0.0, 0.0))
    since, held = len(world.honest.got), Held(world, TEA)
    world.send(presence("willow", codes=(110, 332), item=ITEM.format(""), type="unavailable"))
    held.wait()
    world.house.do(c.LeaveRoom(world.chat))
    held.answer()
    world.fence()
    world.house.do(c.JoinRoom(world.account.id, f"fence@{ROOMS}", "willow"))
    assert entries(world, since, TEA) == [] and stored(world.house, world.chat).ending is None
    assert not world.house.seen(e.WentWrong)
