"""Read once, read everywhere: two devices of one account count the same, by positions that their server keeps."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route
from teahouse.domain.chat import Chat
from teahouse.domain.events import ChatStored, LinkChanged, MessageStored
from teahouse.domain.settings import MARKERS, SEEN, kept_as
from teahouse.engine.seen import MOST, positions
from teahouse.engine.xml import PUBSUB, SID
from teahouse.engine.xml import SEEN as NODE
from teahouse.store import accounts, chats, preferences, seen
from teahouse.store.database import Database
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]
EVERYTHING = 1 << 62


def sign_in(house: RunningEngine, server: ChatServer, login: Login) -> Account:
    kept: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    online(house, server, kept)
    return kept


def online(house: RunningEngine, server: ChatServer, mine: Account) -> None:
    """Online, and the server has heard what this device wants to be told: it asks that once, behind our presence."""
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    for _ in range(3):
        house.refused(c.AskRoom(mine.id, f"nowhere@{server.hosts[1]}"))


def counted(house: RunningEngine, jid: str, unread: int, mentions: int = 0) -> Chat:
    return house.wait(
        ChatStored, lambda e: (e.chat.jid, e.chat.unread, e.chat.mentions) == (jid, unread, mentions)
    ).chat


def said(house: RunningEngine, body: str) -> MessageStored:
    return house.wait(MessageStored, lambda e: e.message.body == body)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_is_read_on_one_device_is_read_on_the_other(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """In a chat with a person and in a room; at once, after being away, and after a restart. Part of it, too."""
    login, plum, room = account(), peer("plum"), server.fresh_room()
    plum.join(room, "plum")
    first, second = engine("first"), engine("second")
    one, two = sign_in(first, server, login), sign_in(second, server, login)
    for house, mine in ((first, one), (second, two)):
        # Whoever is told nothing learns nothing by markers.
        house.do(c.SetPreference(kept_as(MARKERS, mine.id), "never"))
        house.do(c.OpenPerson(mine.id, plum.login.jid))
        house.do(c.JoinRoom(mine.id, room, "willow"))
    plum.message(login.jid, "to you")
    plum.say(room, "willow: to the room")
    for house in (first, second):
        counted(house, plum.login.jid, 1)
        counted(house, room, 1, 1)
    for jid in (plum.login.jid, room):
        first.do(c.MarkRead(counted(first, jid, 1, int(jid == room)).id, EVERYTHING))
        counted(second, jid, 0)
    # Part of it, while the other is away.
    second.stop()
    plum.message(login.jid, "seen elsewhere")
    place = said(first, "seen elsewhere").message.order
    plum.message(login.jid, "unseen")
    plum.say(room, "seen in the room")
    said(first, "unseen")
    said(first, "seen in the room")
    first.do(c.MarkRead(counted(first, plum.login.jid, 2).id, place))
    first.do(c.MarkRead(counted(first, room, 1).id, EVERYTHING))
    until(lambda: all_told(first), 20, "the server to hold all of it")
    again = engine("second")
    online(again, server, two)
    said(again, "unseen")
    said(again, "seen in the room")
    counted(again, plum.login.jid, 1)
    counted(again, room, 0)
    chats = {chat.jid: chat.unread for chat in (e.chat for e in again.seen(ChatStored))}
    assert chats[plum.login.jid] == 1 and chats[room] == 0


def test_who_does_not_want_it_tells_the_server_nothing(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    login, plum, cherry = account(), peer("plum"), peer("cherry")
    first, second = engine("first"), engine("second")
    one, two = sign_in(first, server, login), sign_in(second, server, login)
    for house, mine in ((first, one), (second, two)):
        house.do(c.SetPreference(kept_as(MARKERS, mine.id), "never"))
        for other in (plum, cherry):
            house.do(c.OpenPerson(mine.id, other.login.jid))
    plum.message(login.jid, "one")
    cherry.message(login.jid, "two")
    hers = plum.login.jid
    first.do(c.SetPreference(kept_as(SEEN, one.id), "never"))
    first.do(c.MarkRead(counted(first, plum.login.jid, 1).id, EVERYTHING))
    first.do(c.SetPreference(kept_as(SEEN, one.id), "auto"))
    first.do(c.MarkRead(counted(first, cherry.login.jid, 1).id, EVERYTHING))
    # Positions are told in order: the first would have come before.
    counted(second, cherry.login.jid, 1)
    counted(second, cherry.login.jid, 0)
    assert not second.seen(ChatStored, lambda e: (e.chat.jid, e.chat.last_text, e.chat.unread) == (hers, "one", 0))


@pytest.mark.parametrize("route", list(Route))
def test_b12_only_an_account_that_does_not_hide_takes_part(tmp_path: Path, route: Route) -> None:
    """Whatever is chosen, and by the route of now."""
    db = Database(tmp_path / "store", bytes(32))
    mine = accounts.add(db, Account(0, "willow@tea.example", "willow", route), "secret")
    for chosen in ("auto", "always", "never", ""):
        preferences.put(db, kept_as(SEEN, mine.id), chosen)
        assert preferences.wanted(db, SEEN, mine) is (route is Route.DIRECT and chosen != "never")
        preferences.put(db, kept_as(MARKERS, mine.id), chosen)
        assert preferences.wanted(db, MARKERS, mine) is (
            chosen == "always" or (route is Route.DIRECT and chosen != "never")
        )
    db.close()


def test_a_lie_about_what_was_read_is_not_believed(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """Only our own account says it; and never backwards, nor of a message that is in another chat."""
    login, plum, cherry = account(), peer("plum"), peer("cherry")
    house = engine()
    mine = sign_in(house, server, login)
    for other in (plum, cherry):
        house.do(c.OpenPerson(mine.id, other.login.jid))
    cherry.message(login.jid, "before")
    counted(house, cherry.login.jid, 1)
    plum.message(login.jid, "one")
    plum.message(login.jid, "two")
    chat = counted(house, plum.login.jid, 2)
    names = archived(house, chat.id)
    lies = [
        (plum.login.jid, login.jid, names["two"], plum),
        (cherry.login.jid, login.jid, names["two"], cherry),
    ]
    for jid, by, number, liar in lies:
        name = f"<stanza-id xmlns='{SID}' by='{by}' id='{number}'/>"
        inside = items(item(jid, name), event=True)
        liar.raw(f"<message to='{login.jid}' type='headline'><event xmlns='{PUBSUB}#event'>{inside}</event></message>")
        liar.message(login.jid, f"fence of {liar.login.user}")
        said(house, f"fence of {liar.login.user}")
    told = house.seen(ChatStored, lambda e: (e.chat.id, e.chat.last_text) == (chat.id, "two"))
    assert {event.chat.unread for event in told} == {2}
    own = Peer(server, login, "other")
    try:
        house.events.clear()
        publish(own, cherry.login.jid, login.jid, names["two"])
        publish(own, plum.login.jid, "rooms.example", names["two"])
        publish(own, plum.login.jid, login.jid, names["one"])
        counted(house, plum.login.jid, 2)
        assert not house.seen(ChatStored, lambda e: e.chat.jid == cherry.login.jid)
        publish(own, plum.login.jid, login.jid, names["two"])
        counted(house, plum.login.jid, 1)
        publish(own, plum.login.jid, login.jid, names["one"])
        house.events.clear()
        plum.message(login.jid, "three")
        counted(house, plum.login.jid, 2)
    finally:
        own.stop()


def archived(house: RunningEngine, chat: int) -> dict[str, str]:
    """The archive's names of what is in a chat."""
    assert house._opened is not None
    db = Database(*house._opened, read_only=True)
    try:
        return dict(db.all("SELECT body, stanza_id FROM message WHERE chat = ?", (chat,)))
    finally:
        db.close()


def all_told(house: RunningEngine) -> bool:
    """Whether the server holds all positions of a device."""
    assert house._opened is not None
    db = Database(*house._opened, read_only=True)
    try:
        return all(seen.ahead(db, chat.id, whole=True) is None for chat in chats.every(db))
    finally:
        db.close()


def publish(own: Peer, jid: str, by: str, number: str) -> None:
    name = f"<stanza-id xmlns='{SID}' by='{by}' id='{number}'/>"
    body = f"<publish node='{NODE}'>{item(jid, name)}</publish>"
    own.raw(f"<iq type='set' id='p'><pubsub xmlns='{PUBSUB}'>{body}</pubsub></iq>")


def items(*children: str, event: bool = False) -> str:
    return f"<items xmlns='{PUBSUB}{'#event' if event else ''}' node='{NODE}'>{''.join(children)}</items>"


def item(jid: str, *names: str) -> str:
    return f"<item id='{jid}'><displayed xmlns='{NODE}'>{''.join(names)}</displayed></item>"


def parsed(*children: str) -> ET.Element:
    return ET.fromstring(items(*children))


def test_positions_that_make_no_sense_are_left_out() -> None:
    name = f"<stanza-id xmlns='{SID}' by='Me@x.example' id='s1'/>"
    odd = (
        "<item/>", "<item id='a@b'/>", item("a@b"), item("", name), item("a b", name), item("a@b/c", name),
        item("a@b", name, name), item("a@b", f"<stanza-id xmlns='{SID}' by='me@x.example' id=''/>"),
        item("a@b", f"<stanza-id xmlns='{SID}' id='s1'/>"), item("a@b", f"<stanza-id xmlns='{SID}' by='x/y' id='s'/>"),
        item("a@b", f"<stanza-id xmlns='{SID}' by='me@x.example' id='{'s' * 900}'/>"),
    )  # fmt: skip
    assert positions(parsed(*odd, item("Plum@b", name))) == [("plum@b", "me@x.example", "s1")]
    assert len(positions(parsed(*(item(f"p{n}@b", name) for n in range(MOST + 5))))) == MOST
