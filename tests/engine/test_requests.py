"""The tray: what strangers want is held apart, bounded and unanswered, until the user says what becomes of it."""

from collections.abc import Iterator

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.chat import Presence
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault
from teahouse.domain.queries import ListChats
from teahouse.domain.request import Asking, Request
from teahouse.store.requests import BODY, MOST, OF_ONE, SAID
from tests.conftest import AccountMaker
from tests.engine.test_rooms_and_people import MakeEngine, MakePeer, sign_in
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, ROOMS, ROSE, TEA, Honest
from tests.rig.hostile import Hostile
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.security.certificates import Authority, Shown
from tests.security.world import World, enter

USER = "<x xmlns='http://jabber.org/protocol/muc#user'>{}</x>"
EVE = "eve@evil.test"


def held(house: RunningEngine) -> tuple[Request, ...]:
    """What is in the tray now."""
    told = house.seen(e.RequestsChanged)
    return told[-1].requests if told else ()


def wait_held(house: RunningEngine, count: int) -> tuple[Request, ...]:
    """The tray, once it holds so many."""
    until(lambda: len(held(house)) == count, what=f"{count} requests")
    return held(house)


def invite(peer: Peer, room: str, whom: str, reason: str = "tea at nine") -> None:
    """A mediated invitation."""
    invitation = USER.format(f"<invite to='{whom}'><reason>{reason}</reason></invite>")
    peer.raw(f"<message to='{room}'>{invitation}</message>")


def test_a_stranger_is_held_and_let_in(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer("moth")
    mine = sign_in(house, server, account())
    for text in ("is anybody there", "你好"):
        other.message(mine.jid, text)
    until(lambda: [r.count for r in held(house)] == [2])
    (request,) = held(house)
    assert (request.kind, request.jid, request.text) == (Asking.TALK, other.login.jid, "你好")
    assert not house.seen(e.ChatStored) and not house.seen(e.MessageStored) and house.ask(ListChats()) == ()
    house.stop()
    again = engine()
    again.do(c.AnnounceAll())
    assert held(again) == (request,)
    again.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    chat = again.do(c.AcceptRequest(request.id))
    assert chat.jid == other.login.jid and chat.unread == 2
    assert again.bodies(chat.id) == ["is anybody there", "你好"] and held(again) == ()
    other.message(mine.jid, "three")
    until(lambda: again.bodies(chat.id) == ["is anybody there", "你好", "three"])
    assert again.refused(c.AcceptRequest(request.id)).fault is Fault.REQUEST_GONE
    assert other.lines == [] and [kind for who, kind in other.presences if who.startswith(mine.jid)] == []


@pytest.mark.parametrize("way", ["write", "add", "let see"])
def test_whoever_is_written_to_or_added_is_no_stranger(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, way: str
) -> None:
    house, other = engine(), peer("moth")
    mine = sign_in(house, server, account())
    if way == "let see":
        other.subscribe(mine.jid)
        house.wait(e.ContactsChanged, lambda event: any(person.asking for person in event.contacts))
    other.message(mine.jid, "first")
    wait_held(house, 1)
    jid = other.login.jid
    house.do(
        {"write": c.OpenPerson(mine.id, jid), "add": c.AddContact(mine.id, jid)}.get(
            way, c.AnswerContact(mine.id, jid, True)
        )
    )
    wait_held(house, 0)
    other.message(mine.jid, "second")
    chat = house.wait(e.ChatStored, lambda event: event.chat.jid == jid).chat
    until(lambda: house.bodies(chat.id) == ["first", "second"])
    if way == "add":
        house.do(c.RemoveChat(chat.id))
        other.message(mine.jid, "third")
        house.wait(e.MessageStored, lambda event: event.message.body == "third")


def test_a_chat_that_is_removed_makes_a_stranger_again(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer("moth")
    mine = sign_in(house, server, account())
    chat = house.do(c.OpenPerson(mine.id, other.login.jid))
    other.message(mine.jid, "known")
    until(lambda: house.bodies(chat.id) == ["known"])
    house.do(c.RemoveChat(chat.id))
    other.message(mine.jid, "and now")
    assert wait_held(house, 1)[0].text == "and now"


def test_ignored_until_written_to(engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer) -> None:
    house, other, fence = engine(), peer("moth"), peer("fence")
    mine = sign_in(house, server, account())
    other.message(mine.jid, "buy tea")
    house.do(c.DropRequest(wait_held(house, 1)[0].id, ignore=True))
    house.stop()
    house = engine()
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    other.subscribe(mine.jid)
    other.message(mine.jid, "buy more tea")
    other.message(other.login.jid, "sent")
    other.wait_for("sent")
    fence.message(mine.jid, "fence")
    assert [r.text for r in wait_held(house, 1)] == ["fence"]
    assert not house.seen(e.ContactsChanged, lambda event: any(person.asking for person in event.contacts))
    chat = house.do(c.OpenPerson(mine.id, other.login.jid))
    other.message(mine.jid, "hello again")
    until(lambda: house.bodies(chat.id) == ["hello again"])


def test_invitations_wait_and_say_nothing(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, other, room = engine(), peer("moth"), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "moth")
    invite(other, room, mine.jid)
    other.raw(f"<message to='{mine.jid}'><x xmlns='jabber:x:conference' jid='{room}' reason='by hand'/></message>")
    by_hand, by_room = wait_held(house, 2)
    told = (by_room.kind, by_room.jid, by_room.sender, by_room.inviter, by_room.text)
    assert told == (Asking.ROOM, room, room, f"{room}/moth", "tea at nine")
    told = (by_hand.kind, by_hand.jid, by_hand.sender, by_hand.inviter, by_hand.text)
    assert told == (Asking.DIRECT, room, other.login.jid, other.login.jid, "by hand")
    assert house.refused(c.AcceptRequest(by_room.id)).fault is Fault.REQUEST_GONE
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    assert chat.presence is Presence.HERE and held(house) == ()
    invite(other, room, mine.jid)
    other.say(room, "fence")
    until(lambda: "fence" in house.bodies(chat.id))
    assert held(house) == ()


@pytest.mark.parametrize("decline", [False, True])
def test_who_invited_hears_of_a_no_only_by_wish(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, decline: bool
) -> None:
    house, other, room = engine(), peer("moth"), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "moth")
    invite(other, room, mine.jid)
    house.do(c.DropRequest(wait_held(house, 1)[0].id, decline=decline))
    assert held(house) == ()
    # Whatever was sent goes before this.
    chat = house.do(c.OpenPerson(mine.id, other.login.jid))
    house.do(c.SendMessage(chat.id, "fence"))
    other.wait_for("fence")
    other.say(room, "fence in the room")
    other.wait_for("fence in the room")
    no = "{http://jabber.org/protocol/muc#user}x/{http://jabber.org/protocol/muc#user}decline"
    told = [declined.get("from", "") for line in other.lines if (declined := line.stanza.xml.find(no)) is not None]
    assert [Jid.parse(who).bare for who in told] == ([mine.jid] if decline else [])


# -- a server that does as it is told ---------------------------------------


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shown, Server]:
    """A server's certificate, and how to trust it."""
    authority = Authority(tmp_path_factory.mktemp("certificates"), "trusted")
    return authority.sign(("hostile.test",)), Server(ca_file=str(authority.file))


@pytest.fixture
def world(engine: MakeEngine, shown: tuple[Shown, Server]) -> Iterator[World]:
    """An engine in a room of a server that sends whatever it is told to."""
    script = Honest()
    with Hostile(script, shown[0].context) as hostile:
        house = engine()
        try:
            yield enter(house, hostile, script, shown[1])
        finally:
            house.stop()


def stranger(who: str, body: str, inner: str = "") -> str:
    """A message of somebody."""
    return f"<message from='{who}' to='{FULL}' type='chat'><body>{body}</body>{inner}</message>"


def conference(room: str, who: str = EVE) -> str:
    """A direct invitation."""
    return f"<message from='{who}/x' to='{FULL}'><x xmlns='jabber:x:conference' jid='{room}'/></message>"


def test_a_flood_of_strangers_is_bounded(world: World) -> None:
    before, said = world.state(), len(world.honest.got)
    for start in range(0, 10_000, 500):
        world.send(*(stranger(f"eve{n}@evil.test/x", f"offer {n}") for n in range(start, start + 500)))
    until(lambda: held(world.house) and held(world.house)[0].text == "offer 9999", 60)
    told = world.house.seen(e.RequestsChanged)[-1]
    assert [r.text for r in told.requests] == [f"offer {n}" for n in range(9_999, 9_999 - MOST, -1)]
    assert told.lost == 10_000 - MOST
    world.fence()
    assert world.state() == before and len(world.honest.got) == said
    for request in told.requests:
        world.house.do(c.DropRequest(request.id))
    told = world.house.seen(e.RequestsChanged)[-1]
    assert (told.requests, told.lost) == ((), 0)


def test_a_chatty_stranger_is_bounded(world: World) -> None:
    request_text = "x" * (BODY + 50)
    delayed = "<delay xmlns='urn:xmpp:delay' from='hostile.test' stamp='2020-01-01T00:00:00Z'/>"
    world.send(*(stranger(f"{EVE}/r{n}", f"{n} {request_text}", delayed) for n in range(SAID + 7)))
    until(lambda: held(world.house) and held(world.house)[0].lost == 7)
    (request,) = held(world.house)
    assert request.count == SAID and len(request.text) <= 500
    chat = world.house.do(c.AcceptRequest(request.id))
    bodies = world.house.bodies(chat.id)
    assert [body.split()[0] for body in bodies] == [str(n) for n in range(7, SAID + 7)]
    assert all(len(body) == BODY and body.endswith("…") for body in bodies)


def test_a_message_delivered_twice_is_held_once(world: World) -> None:
    same = stranger(f"{EVE}/x", "once", "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>")
    world.send(same, same, stranger(f"{EVE}/x", "fence"))
    until(lambda: held(world.house) and held(world.house)[0].text == "fence")
    assert held(world.house)[0].count == 2
    chat = world.house.do(c.AcceptRequest(held(world.house)[0].id))
    world.send(same)
    world.fence()
    assert world.house.bodies(chat.id) == ["once", "fence"]


def test_invitations_of_one_sender_are_bounded(world: World) -> None:
    world.send(*(conference(f"trap{n}@{ROOMS}") for n in range(OF_ONE + 4)))
    until(lambda: held(world.house) and held(world.house)[0].jid == f"trap{OF_ONE + 3}@{ROOMS}")
    assert len(held(world.house)) == OF_ONE
    world.house.do(c.DropRequest(held(world.house)[0].id, ignore=True))
    assert held(world.house) == ()
    world.send(conference(f"trap@{ROOMS}"), stranger(f"{EVE}/x", "but listen"))
    world.fence()
    assert held(world.house) == ()


def passed_on(sender: str, inner: str, kind: str = "normal") -> str:
    """What a room, or somebody who says so, passes on."""
    return f"<message from='{sender}' to='{FULL}' type='{kind}'>{inner}</message>"


BY_ROSE = f"<invite from='{ROSE}'/>"
FORGED = {
    "by an occupant": passed_on(f"trap@{ROOMS}/eve", USER.format(BY_ROSE)),
    "two invitations": passed_on(f"trap@{ROOMS}", USER.format(BY_ROSE * 2)),
    "two words of the room": passed_on(f"trap@{ROOMS}", USER.format(BY_ROSE) * 2),
    "in a groupchat": passed_on(f"trap@{ROOMS}", USER.format(BY_ROSE), "groupchat"),
    "into where we are": passed_on(TEA, USER.format(BY_ROSE)),
    "by a service": passed_on(ROOMS, USER.format(BY_ROSE)),
    "by hand into where we are": conference(TEA),
    "by hand to no room": conference("nonsense@"),
    "by hand to a service": conference(ROOMS),
    "by hand by an occupant": conference(f"trap@{ROOMS}", TEA),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_invitation_is_not_held(world: World, name: str) -> None:
    before = world.state()
    world.send(FORGED[name], conference(f"real@{ROOMS}"))
    assert [r.jid for r in wait_held(world.house, 1)] == [f"real@{ROOMS}"]
    assert world.state() == before


def test_an_invitation_by_a_contact_waits_too(world: World) -> None:
    world.send(conference(f"party@{ROOMS}", ROSE))
    (request,) = wait_held(world.house, 1)
    assert (request.kind, request.inviter) == (Asking.DIRECT, ROSE)
