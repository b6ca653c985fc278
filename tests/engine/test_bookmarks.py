"""Bookmarks: two devices of one account are in the same rooms, and what one leaves the other leaves."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route
from teahouse.domain.chat import Presence
from teahouse.domain.events import ChatStored, LinkChanged
from teahouse.domain.settings import BOOKMARKS
from teahouse.engine.bookmarks import MOST, NODE, read
from teahouse.engine.desk import Desk
from teahouse.engine.routing import routes_of
from teahouse.engine.xml import PUBSUB
from teahouse.store import accounts
from teahouse.store.database import Database
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]


def sign_in(house: RunningEngine, server: ChatServer, login: Login) -> Account:
    kept: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    return kept


def again(house: RunningEngine, mine: Account) -> None:
    """Offline and online."""
    house.do(c.Disconnect(mine.id))
    house.events.clear()
    house.do(c.Connect(mine.id))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)


def inside(house: RunningEngine, room: str, presence: Presence = Presence.HERE) -> ChatStored:
    return house.wait(ChatStored, lambda e: e.chat.jid == room and e.chat.presence is presence, 30)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_one_device_enters_and_leaves_the_other_does_too(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    login, room, other = account(), server.fresh_room(), peer()
    other.join(room, "plum")
    first = engine("first")
    mine = sign_in(first, server, login)
    chat = first.do(c.JoinRoom(mine.id, room, "willow"))
    first.do(c.JoinRoom(mine.id, server.fresh_room("other"), "rose"))
    # Behind its answer lies what was published before: the server works in order.
    first.do(c.AskRoom(mine.id, room))
    second = engine("second")
    there = sign_in(second, server, login)
    found = inside(second, room).chat
    assert (found.nick, found.joined) == ("willow", True)
    second.do(c.LeaveRoom(found.id))
    second.do(c.AskRoom(there.id, room))
    again(first, mine)
    left = first.wait(ChatStored, lambda e: e.chat.id == chat.id and not e.chat.joined, 30)
    assert left.chat.presence is not Presence.HERE
    # What is left and entered while offline counts, too.
    second.do(c.Disconnect(there.id))
    first.do(c.JoinRoom(mine.id, room, "willow"))
    first.do(c.AskRoom(mine.id, room))
    second.events.clear()
    second.do(c.Connect(there.id))
    inside(second, room)


def test_kept_here_only_nothing_goes_to_the_server(
    engine: MakeEngine, server: ChatServer, account: AccountMaker
) -> None:
    login, room = account(), server.fresh_room()
    first = engine("first")
    first.do(c.SetPreference(BOOKMARKS.key, "local"))
    mine = sign_in(first, server, login)
    first.do(c.JoinRoom(mine.id, room, "willow"))
    first.do(c.AskRoom(mine.id, room))
    second = engine("second")
    there = sign_in(second, server, login)
    # The own room comes last, so that any other would have been entered before.
    second.do(c.JoinRoom(there.id, server.fresh_room("fence"), "willow"))
    assert not second.seen(ChatStored, lambda e: e.chat.jid == room)


def test_being_put_out_is_no_wish_of_ours(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """Other devices stay in, and after the next log-in the server still has the room."""
    login, room, other = account(), server.fresh_room(), peer()
    other.join(room, "plum")
    house = engine()
    mine = sign_in(house, server, login)
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    house.do(c.AskRoom(mine.id, room))
    other.role(room, "willow", "none")
    house.wait(ChatStored, lambda e: e.chat.id == chat.id and not e.chat.joined)
    again(house, mine)
    house.do(c.AskRoom(mine.id, room))
    second = engine("second")
    sign_in(second, server, login)
    inside(second, room)


def items(*children: str) -> ET.Element:
    return ET.fromstring(f"<items xmlns='{PUBSUB}' node='{NODE}'>{''.join(children)}</items>")


def test_what_makes_no_sense_is_left_out() -> None:
    sound = f"<item id='Tea@rooms.example'><conference xmlns='{NODE}' autojoin='1' name='T'/></item>"
    odd = (
        "<item/>", "<item id=''/>", "<item id='no room'/>", "<item id='rooms.example'/>",
        f"<item id='a@b/c'><conference xmlns='{NODE}'/></item>", "<item id='a@b'><conference xmlns='x'/></item>",
    )  # fmt: skip
    assert [(mark.jid, mark.autojoin) for mark in read(items(*odd, sound, sound))] == [("tea@rooms.example", True)]
    many = (f"<item id='r{n}@b'><conference xmlns='{NODE}'/></item>" for n in range(MOST * 2))
    assert len(read(items(*many))) == MOST
    nick = f"<nick>{'y' * 9000}</nick>"
    (mark,) = read(items(f"<item id='a@b'><conference xmlns='{NODE}' name='{'x' * 9000}'>{nick}</conference></item>"))
    assert len(mark.name) <= 60 and len(mark.nick) < 2000 and not mark.autojoin


def test_an_account_that_begins_to_hide_keeps_its_rooms_here_from_then_on(tmp_path: Path) -> None:
    """What counts is the route of now, not that of the start."""

    async def wishes() -> list[bool]:
        db = Database(tmp_path / "store", bytes(32))
        desk = Desk(db, lambda _: None, routes_of(None, lambda _: None, None), offline=True)
        online = desk.add(accounts.add(db, Account(0, "willow@tea.example", "willow"), "secret"))
        found = [online.entering._bookmarks.wanted()]
        await online.session.change(replace(online.session.account, route=Route.TOR))
        found.append(online.entering._bookmarks.wanted())
        db.close()
        return found

    assert asyncio.run(wishes()) == [True, False]
