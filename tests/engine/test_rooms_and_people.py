"""Two real clients on a real server: what one writes the other has on disk, once and in order."""

from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Server
from teahouse.domain.chat import Presence
from teahouse.domain.events import ContactsChanged, LinkChanged, MessageChanged, OccupantsChanged, RoomDescribed
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.practice.prosody import RoomSetup, free_ports
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.prosody import Login, Prosody
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]


def sign_in(engine: RunningEngine, server: ChatServer, login: Login, direct_tls: bool = True) -> Account:
    kept: Account = engine.do(c.AddAccount(login.jid, login.password, "willow", server.server(direct_tls)))
    engine.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    return kept


@pytest.mark.parametrize("server", BOTH, indirect=True)
@pytest.mark.parametrize("direct_tls", [True, False])
def test_a_room_both_ways(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, direct_tls: bool
) -> None:
    house, room, other = engine(), server.fresh_room(), peer()
    mine = sign_in(house, server, account(), direct_tls)
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    assert chat.presence is Presence.HERE
    house.wait(OccupantsChanged, lambda e: {o.nick for o in e.present} >= {"plum", "willow"})
    house.wait(RoomDescribed, lambda e: e.facts.members_only is False)
    other.say(room, "你好 willow")
    sent = house.do(c.SendMessage(chat.id, "hello 🍵"))
    other.wait_for("hello 🍵")
    until(lambda: [m.state for m in house.history(chat.id) if m.id == sent.id] == [Delivery.CONFIRMED])
    until(lambda: len(house.bodies(chat.id)) == 2)
    assert [m.mention for m in house.history(chat.id) if not m.mine] == [True]


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_a_person_and_the_servers_acknowledgement(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer()
    mine = sign_in(house, server, account())
    chat = house.do(c.OpenPerson(mine.id, other.login.jid))
    sent = house.do(c.SendMessage(chat.id, "only you"))
    other.wait_for("only you")
    # Its archive may have told before that that it has it.
    taken = (Delivery.ACKED, Delivery.CONFIRMED)
    house.wait(MessageChanged, lambda e: e.message.id == sent.id and e.message.state in taken)
    other.message(mine.jid, "and you")
    until(lambda: house.bodies(chat.id) == ["only you", "and you"])


def test_written_offline_goes_out_once_when_the_server_is_back(engine: MakeEngine, own_server: Prosody) -> None:
    house = engine()
    login = own_server.fresh()
    mine = sign_in(house, own_server, login)
    room = own_server.fresh_room()
    other = Peer(own_server, own_server.fresh("other"))
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    other.stop()
    own_server.kill()
    house.wait(LinkChanged, lambda e: e.link is Link.WAITING)
    house.do(c.SendMessage(chat.id, "meanwhile"))
    own_server.restart()
    house.do(c.Connect(mine.id))
    until(lambda: [m.state for m in house.history(chat.id)] == [Delivery.CONFIRMED], 30)
    assert house.bodies(chat.id) == ["meanwhile"]


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_missed_lines_arrive_once_after_coming_back(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    house, room, other = engine(), server.fresh_room(), peer()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    for text in ("one", "two"):
        other.say(room, text)
    until(lambda: house.bodies(chat.id) == ["one", "two"])
    house.stop()
    for text in ("three", "four"):
        other.say(room, text)
        other.wait_for(text)
    again = engine()
    again.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    other.say(room, "five")
    until(lambda: again.bodies(chat.id) == ["one", "two", "three", "four", "five"], what="all five, once")


@pytest.mark.parametrize(("whole", "left"), [(False, ["two"]), (True, [])])
def test_what_was_deleted_here_is_not_told_again_by_the_room(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, whole: bool, left: list[str]
) -> None:
    house, room, other = engine(), server.fresh_room(), peer()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    for text in ("one", "two"):
        other.say(room, text)
    until(lambda: house.bodies(chat.id) == ["one", "two"])
    house.do(c.ClearHistory(chat.id) if whole else c.DeleteMessage(house.history(chat.id)[0].id))
    assert house.bodies(chat.id) == left
    house.stop()
    other.say(room, "three")
    other.wait_for("three")
    again = engine()
    again.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    other.say(room, "four")
    until(lambda: again.bodies(chat.id) == [*left, "three", "four"], 30)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_somebody_asks_and_is_not_accepted_by_itself(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer()
    mine = sign_in(house, server, account())
    other.subscribe(mine.jid)
    asked = house.wait(ContactsChanged, lambda e: any(p.asking for p in e.contacts))
    assert [p.jid for p in asked.contacts] == [other.login.jid]
    house.do(c.AnswerContact(mine.id, other.login.jid, True))
    house.wait(ContactsChanged, lambda e: any(p.subscription == "from" for p in e.contacts))


def test_browse_finds_the_room(engine: MakeEngine, own_server: Prosody) -> None:
    house, room = engine(), own_server.fresh_room()
    with Peer(own_server, own_server.fresh("other")) as other:
        other.join(room, "plum")
        mine = sign_in(house, own_server, own_server.fresh())
        listed = house.do(c.BrowseRooms(mine.id))
        assert [found.jid for found in listed] == [room]
        assert house.do(c.AskRoom(mine.id, room)).members_only is False


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_wrong_password_is_said_and_nothing_is_kept(
    engine: MakeEngine, server: ChatServer, account: AccountMaker
) -> None:
    house, login = engine(), account()
    problem = house.refused(c.AddAccount(login.jid, "not it", "", server.server()))
    assert problem.fault is Fault.WRONG_PASSWORD
    sign_in(house, server, login)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_an_unknown_authority_is_refused_and_a_pin_mends_it(
    engine: MakeEngine, server: ChatServer, account: AccountMaker
) -> None:
    from dataclasses import replace

    house, login = engine(), account()
    stranger = replace(server.server(), ca_file="")
    assert house.refused(c.AddAccount(login.jid, login.password, "", stranger)).fault is Fault.CERTIFICATE_REFUSED
    wrong = replace(stranger, pin="0" * 64)
    assert house.refused(c.AddAccount(login.jid, login.password, "", wrong)).fault is Fault.CERTIFICATE_REFUSED


def test_what_a_room_refuses_is_said(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, room, other = engine(), server.fresh_room(), peer()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    assert house.refused(c.JoinRoom(mine.id, room, "plum")).fault is Fault.NICK_TAKEN
    assert house.refused(c.JoinRoom(mine.id, "not an address", "plum")).fault is Fault.BAD_ADDRESS
    assert house.refused(c.JoinRoom(mine.id, "full-room@rooms.xmpp.test", "plum")).fault is Fault.ROOM_FULL
    other.affiliate(room, mine.jid, "outcast")
    assert house.refused(c.JoinRoom(mine.id, room, "willow")).fault is Fault.BANNED
    club = server.add_room(RoomSetup(server.fresh_room("club").partition("@")[0], members_only=True))
    assert house.refused(c.JoinRoom(mine.id, club, "willow")).fault is Fault.MEMBERS_ONLY


def test_a_room_with_a_password(engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer) -> None:
    house, other = engine(), peer()
    mine = sign_in(house, server, account())
    room = server.add_room(RoomSetup(server.fresh_room("locked").partition("@")[0], password="open sesame"))
    other.join(room, "plum", "open sesame")
    assert house.do(c.AskRoom(mine.id, room)).password
    assert house.refused(c.JoinRoom(mine.id, room, "willow")).fault is Fault.ROOM_PASSWORD
    assert house.refused(c.JoinRoom(mine.id, room, "willow", "wrong")).fault is Fault.ROOM_PASSWORD
    chat = house.do(c.JoinRoom(mine.id, room, "willow", "open sesame"))
    other.say(room, "inside")
    until(lambda: house.bodies(chat.id) == ["inside"])


def test_a_server_that_is_not_there(engine: MakeEngine, account: AccountMaker) -> None:
    house, login = engine(), account()
    nowhere = Server("127.0.0.1", free_ports(1)[0], True)
    assert house.refused(c.AddAccount(login.jid, login.password, "", nowhere)).fault is Fault.UNREACHABLE
    unknown = Server("nobody.invalid", 5222)
    assert house.refused(c.AddAccount(login.jid, login.password, "", unknown)).fault is Fault.UNKNOWN_HOST


@pytest.mark.parametrize(
    ("server", "host"),
    [("prosody", "xmpp.test"), ("prosody", "captcha.test"), ("ejabberd", "xmpp.test")],
    indirect=["server"],
)
def test_registration_over_tls(engine: MakeEngine, server: ChatServer, host: str) -> None:
    house = engine()
    form = house.do(c.OpenRegistration(host, server.server()))
    values = {f.var: f.value for f in form.fields if f.var}
    name = server.fresh_room("reg").partition("@")[0]
    values |= {"username": name, "password": "a long secret"}
    if host == "captcha.test":
        picture = next(f for f in form.fields if f.var == "ocr")
        assert picture.image.startswith(b"\x89PNG")
        values["ocr"] = "7nHL3"
    kept = house.do(c.SubmitRegistration(form.ticket, tuple(values.items())))
    assert kept.jid == f"{name}@{host}"
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)


def test_registration_closed_and_name_taken(engine: MakeEngine, server: Prosody, account: AccountMaker) -> None:
    house, login = engine(), account()
    closed = house.refused(c.OpenRegistration("closed.test", server.server()))
    assert closed.fault is Fault.REGISTRATION_CLOSED
    form = house.do(c.OpenRegistration("xmpp.test", server.server()))
    values = (("username", login.jid.partition("@")[0]), ("password", "x"))
    assert house.refused(c.SubmitRegistration(form.ticket, values)).fault is Fault.NAME_TAKEN
