"""The roster is kept with its version: people are there at once, and only what has changed is told again."""

from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link
from teahouse.domain.contact import Contact
from teahouse.domain.events import ContactsChanged, LinkChanged
from teahouse.store import contacts
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
    online(house, server, kept)
    return kept


def online(house: RunningEngine, server: ChatServer, mine: Account) -> None:
    """Online, with the roster: the server answers in order, and this is asked behind it."""
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    house.refused(c.AskRoom(mine.id, f"nowhere@{server.hosts[1]}"))


def people(house: RunningEngine) -> dict[str, Contact]:
    return {one.jid: one for one in house.wait(ContactsChanged, lambda e: bool(e.contacts)).contacts}


def push(own: Peer, item: str) -> None:
    own.raw(f"<iq type='set' id='r'><query xmlns='jabber:iq:roster'>{item}</query></iq>")


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_people_are_there_at_once_and_only_changes_are_told(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    login = account()
    house, own = engine(), peer(login)
    mine = sign_in(house, server, login)
    for name, group in (("heron", "茶会"), ("plum", "Tea"), ("moth", "Tea")):
        push(own, f"<item jid='{name}@far.example' name='{name}'><group>{group}</group></item>")
    house.wait(ContactsChanged, lambda e: len(e.contacts) == 3)
    house.do(c.Disconnect(mine.id))
    house.stop()
    # A mark on what is kept here: were all of it told again, it would be gone.
    marked(house, "UPDATE contact SET name = 'as kept here' WHERE jid = 'heron@far.example'")
    assert contacts_of(house)["plum@far.example"].groups == ("Tea",)
    house = engine(offline=True)
    assert sorted(one.name for one in people(house).values()) == ["as kept here", "moth", "plum"]
    house.stop()
    house = engine()
    house.do(c.Connect(mine.id))
    online(house, server, mine)
    assert people(house)["heron@far.example"].name == "as kept here"
    # What changes now, and is taken away, is pushed; and that is where the next log-in goes on.
    push(own, "<item jid='plum@far.example' name='Plum Kettle'><group>Garden</group></item>")
    push(own, "<item jid='moth@far.example' subscription='remove'/>")
    house.wait(ContactsChanged, lambda e: len(e.contacts) == 2)
    assert people(house)["plum@far.example"].name == "Plum Kettle"
    house.do(c.Disconnect(mine.id))
    house.events.clear()
    house.do(c.Connect(mine.id))
    online(house, server, mine)
    assert {jid: one.name for jid, one in contacts_of(house).items()} == {
        "heron@far.example": "as kept here", "plum@far.example": "Plum Kettle",
    }  # fmt: skip
    # What changed while nobody was here is told.
    house.do(c.Disconnect(mine.id))
    push(own, "<item jid='heron@far.example' name='Heron'/>")
    own.raw("<iq type='get' id='fence'><query xmlns='jabber:iq:roster'/></iq>")
    house.events.clear()
    house.do(c.Connect(mine.id))
    house.wait(ContactsChanged, lambda e: any(one.name == "Heron" for one in e.contacts))
    assert {jid: one.name for jid, one in contacts_of(house).items()} == {
        "heron@far.example": "Heron", "plum@far.example": "Plum Kettle",
    }  # fmt: skip


def marked(house: RunningEngine, sql: str) -> None:
    assert house._opened is not None
    db = Database(*house._opened)
    db.run(sql)
    db.close()


def contacts_of(house: RunningEngine) -> dict[str, Contact]:
    """What is on disk."""
    assert house._opened is not None
    db = Database(*house._opened, read_only=True)
    try:
        return contacts.every(db, 1)
    finally:
        db.close()
