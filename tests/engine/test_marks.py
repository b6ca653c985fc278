"""Receipts and displayed markers: told to people whom one knows, believed of nobody else, and never by who hides."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Proxy, Route
from teahouse.domain.chat import Chat
from teahouse.domain.events import ChatStored, LinkChanged, MessageChanged, MessageStored, RequestsChanged
from teahouse.domain.message import Delivery, Message, Reach
from teahouse.domain.settings import MARKERS, RECEIPTS, kept_as
from teahouse.domain.telling import SetTelling
from teahouse.engine.xml import MARKERS as MARKS
from teahouse.engine.xml import RECEIPTS as RECEIPT
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.socks import SocksProxy
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]
EVERYTHING = 1 << 62


def sign_in(house: RunningEngine, server: ChatServer, login: Login) -> Account:
    kept: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    return kept


def choose(house: RunningEngine, mine: Account, value: str) -> None:
    for setting in (RECEIPTS, MARKERS):
        house.do(c.SetPreference(kept_as(setting, mine.id), value))


def chat_with(house: RunningEngine, mine: Account, jid: str) -> Chat:
    chat: Chat = house.do(c.OpenPerson(mine.id, jid))
    return chat


def said(house: RunningEngine, body: str) -> Message:
    return house.wait(MessageStored, lambda e: e.message.body == body).message


def known(house: RunningEngine, body: str, reach: Reach) -> Message:
    """An own message, once it is known to have come so far."""
    return house.wait(MessageChanged, lambda e: e.message.body == body and e.message.reach is reach).message


def request(to: str, number: str, body: str) -> str:
    wants = f"<request xmlns='{RECEIPT}'/><markable xmlns='{MARKS}'/>"
    return f"<message to='{to}' type='chat' id='{number}'><body>{body}</body>{wants}</message>"


def telling_of(peer: Peer) -> list[ET.Element]:
    """What somebody was told of messages."""
    told = (f"{{{RECEIPT}}}received", f"{{{MARKS}}}displayed")
    return [child for stanza in list(peer.messages) for child in stanza if child.tag in told]


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_two_people_see_how_far_their_words_have_come(
    engine: MakeEngine, server: ChatServer, account: AccountMaker
) -> None:
    one, other = account(), account()
    here, there = engine("here"), engine("there")
    mine, theirs = sign_in(here, server, one), sign_in(there, server, other)
    # Both write: each has then written to the other.
    chat, back = chat_with(here, mine, other.jid), chat_with(there, theirs, one.jid)
    there.do(c.SendMessage(back.id, "hello"))
    assert said(here, "hello").reach is Reach.UNKNOWN
    here.do(c.SendMessage(chat.id, "first"))
    here.do(c.SendMessage(chat.id, "second"))
    arrived = known(here, "first", Reach.DEVICE)
    assert arrived.state is Delivery.CONFIRMED
    known(here, "second", Reach.DEVICE)
    assert not here.seen(MessageChanged, lambda e: e.message.reach is Reach.DISPLAYED)
    said(there, "second")
    there.do(c.MarkRead(back.id, EVERYTHING))
    known(here, "second", Reach.DISPLAYED)
    known(here, "first", Reach.DISPLAYED)
    assert [(m.body, m.reach) for m in here.history(chat.id)] == [
        ("hello", Reach.UNKNOWN), ("first", Reach.DISPLAYED), ("second", Reach.DISPLAYED),
    ]  # fmt: skip
    assert not there.seen(MessageChanged, lambda e: e.message.reach is Reach.DISPLAYED)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_was_read_while_offline_is_told_later_and_heard_later(
    engine: MakeEngine, server: ChatServer, account: AccountMaker
) -> None:
    """Reading offline is told on coming online; what is told while the other is away comes with their archive."""
    one, other = account(), account()
    here, there = engine("here"), engine("there")
    mine, theirs = sign_in(here, server, one), sign_in(there, server, other)
    chat, back = chat_with(here, mine, other.jid), chat_with(there, theirs, one.jid)
    there.do(c.SendMessage(back.id, "hello"))
    said(here, "hello")
    here.do(c.SendMessage(chat.id, "first"))
    said(there, "first")
    known(here, "first", Reach.DEVICE)
    there.do(c.Disconnect(theirs.id))
    here.do(c.Disconnect(mine.id))
    there.do(c.MarkRead(back.id, EVERYTHING))
    there.do(c.Connect(theirs.id))
    # Behind the answer to this lies whatever was told.
    there.refused(c.AskRoom(theirs.id, f"nobody@{server.hosts[0]}"))
    there.refused(c.AskRoom(theirs.id, f"nobody@{server.hosts[0]}"))
    here.do(c.Connect(mine.id))
    known(here, "first", Reach.DISPLAYED)


def test_a_stranger_hears_nothing_until_they_are_answered(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    house, mallory = engine(), peer("mallory")
    mine = sign_in(house, server, account())
    mallory.raw(request(mine.jid, "m1", "are you there?"))
    held = house.wait(RequestsChanged, lambda e: bool(e.requests)).requests[0]
    chat = house.do(c.AcceptRequest(held.id))
    house.do(c.MarkRead(chat.id, EVERYTHING))
    mallory.raw(request(mine.jid, "m2", "still there?"))
    said(house, "still there?")
    house.do(c.MarkRead(chat.id, EVERYTHING))
    house.do(c.SendMessage(chat.id, "yes"))
    mallory.wait_for("yes")
    assert telling_of(mallory) == []
    mallory.raw(request(mine.jid, "m3", "now?"))
    assert until(lambda: telling_of(mallory), 10, "a receipt")[0].get("id") == "m3"


def test_a_room_hears_nothing(engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer) -> None:
    house, other, room = engine(), peer("plum"), server.fresh_room()
    mine = sign_in(house, server, account())
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    other.raw(request(room, "r1", "who reads this?").replace("type='chat'", "type='groupchat'"))
    said(house, "who reads this?")
    other.raw(request(f"{room}/willow", "r2", "only you"))
    house.do(c.MarkRead(chat.id, EVERYTHING))
    house.do(c.SendMessage(chat.id, "fence"))
    own = other.wait_for("fence")
    assert telling_of(other) == []
    assert own.stanza.xml.find(f"{{{RECEIPT}}}request") is None and own.stanza.xml.find(f"{{{MARKS}}}markable") is None


def test_who_does_not_want_it_neither_asks_nor_tells(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    house, other = engine(), peer("plum")
    mine = sign_in(house, server, account())
    choose(house, mine, "never")
    chat = chat_with(house, mine, other.login.jid)
    house.do(c.SendMessage(chat.id, "hello"))
    hello = other.wait_for("hello")
    assert {child.tag.rpartition("}")[2] for child in hello.stanza.xml} <= {"body", "origin-id", "stanza-id", "active"}
    other.raw(request(mine.jid, "p1", "got it?"))
    said(house, "got it?")
    house.do(c.MarkRead(chat.id, EVERYTHING))
    house.do(c.SendMessage(chat.id, "fence"))
    other.wait_for("fence")
    assert telling_of(other) == []


@pytest.mark.parametrize(
    ("identity", "person", "told"),
    [("never", "always", True), ("always", "never", False), ("never", "", False), ("always", "", True)],
)
def test_what_is_chosen_for_a_person_counts_before_what_is_chosen_for_the_identity(
    engine: MakeEngine,
    server: ChatServer,
    account: AccountMaker,
    peer: MakePeer,
    identity: str,
    person: str,
    told: bool,
) -> None:
    house, plum = engine(), peer("plum")
    mine = sign_in(house, server, account())
    choose(house, mine, identity)
    chat = chat_with(house, mine, plum.login.jid)
    house.do(SetTelling(chat.id, person))
    talk(house, mine, chat, plum, told=told)


@pytest.mark.parametrize(("identity", "told"), [("", False), ("always", True)])
def test_b14_who_hides_tells_nothing_by_itself(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, identity: str, told: bool
) -> None:
    """By a proxy, which keeps the place from the server, as Tor does; and then nobody asks for anything either."""
    house, plum, login = engine(), peer("plum"), account()
    socks = SocksProxy()
    try:
        by, proxy = Route.PROXY, Proxy("127.0.0.1", socks.port)
        mine = house.do(c.AddAccount(login.jid, login.password, "willow", server.server(), route=by, proxy=proxy))
        house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
        choose(house, mine, identity)
        talk(house, mine, chat_with(house, mine, plum.login.jid), plum, told=told)
        assert socks.asked
        house.do(c.Disconnect(mine.id))
    finally:
        socks.stop()


def talk(house: RunningEngine, mine: Account, chat: Chat, plum: Peer, *, told: bool) -> None:
    """Both write, and what is written is read; everything is told of it, or nothing."""
    house.do(c.SendMessage(chat.id, "hello"))
    hello = plum.wait_for("hello").stanza.xml
    plum.raw(request(mine.jid, "p1", "got it?"))
    said(house, "got it?")
    house.do(c.MarkRead(chat.id, EVERYTHING))
    house.do(c.SendMessage(chat.id, "fence"))
    plum.wait_for("fence")
    asked = [hello.find(f"{{{RECEIPT}}}request") is not None, hello.find(f"{{{MARKS}}}markable") is not None]
    assert asked == [told, told]
    heard = [element.tag.rpartition("}")[2] for element in telling_of(plum)]
    assert heard == (["received", "displayed"] if told else [])


@pytest.mark.parametrize("word", [f"<received xmlns='{RECEIPT}' id='ID'/>", f"<displayed xmlns='{MARKS}' id='ID'/>"])
def test_nobody_else_says_that_a_message_arrived(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, word: str
) -> None:
    """Not a stranger, not another contact, not somebody in a room: only the address that it was sent to."""
    house, plum, mallory, room = engine(), peer("plum"), peer("mallory"), server.fresh_room()
    mine = sign_in(house, server, account())
    mallory.join(room, "plum")
    house.do(c.JoinRoom(mine.id, room, "willow"))
    chat, hers = chat_with(house, mine, plum.login.jid), chat_with(house, mine, mallory.login.jid)
    house.do(c.SendMessage(hers.id, "to mallory"))
    house.do(c.SendMessage(chat.id, "secret"))
    number = plum.wait_for("secret").id
    lie = word.replace("ID", number)
    double = f"<received xmlns='{RECEIPT}' id='{number}'/>" * 2
    for inner in (lie, double):
        mallory.raw(f"<message to='{mine.jid}' type='chat'>{inner}</message>")
    mallory.raw(f"<message to='{room}/willow' type='chat'>{lie}</message>")
    mallory.raw(f"<message to='{room}' type='groupchat'>{lie}<body>room fence</body></message>")
    mallory.raw(f"<message to='{mine.jid}' type='chat'><body>fence</body></message>")
    said(house, "fence")
    said(house, "room fence")
    plum.raw(f"<message to='{mine.jid}' type='chat'>{double}<body>twice</body></message>")
    said(house, "twice")
    assert not house.seen(MessageChanged, lambda e: e.message.reach is not Reach.UNKNOWN)
    plum.raw(f"<message to='{mine.jid}' type='chat'>{lie}</message>")
    house.wait(MessageChanged, lambda e: e.message.body == "secret" and e.message.reach is not Reach.UNKNOWN)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_another_device_answers_or_marks_is_read_here(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """By copies of our own words and markers alone: positions kept by the server are off."""
    login, plum = account(), peer("plum")
    first = engine("first")
    mine = sign_in(first, server, login)
    second = peer(login)
    first.do(c.SetPreference(f"seen/{mine.id}", "never"))
    first.refused(c.AskRoom(mine.id, server.fresh_room()))
    chat = chat_with(first, mine, plum.login.jid)
    for n in range(3):
        plum.raw(request(login.jid, f"p{n}", f"line {n}"))
    said(first, "line 2")
    first.wait(ChatStored, lambda e: e.chat.unread == 3)
    second.raw(f"<message to='{plum.login.jid}' type='chat'><displayed xmlns='{MARKS}' id='p1'/></message>")
    first.wait(ChatStored, lambda e: e.chat.id == chat.id and e.chat.unread == 1)
    second.message(plum.login.jid, "an answer")
    first.wait(ChatStored, lambda e: e.chat.id == chat.id and e.chat.unread == 0)
