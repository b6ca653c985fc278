"""What the server keeps: shown, chosen, and heeded when it is asked what has arrived."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link
from teahouse.domain.archiving import Archiving, AskArchiving, SetArchiving
from teahouse.domain.events import LinkChanged, MessageStored
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault, Trouble
from teahouse.engine.archiving import rule
from teahouse.engine.xml import MAM
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


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_is_chosen_is_what_the_server_keeps(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """With the exceptions of before; and a new device finds nothing of what was not kept."""
    login, plum = account(), peer("plum")
    house, own = engine(), Peer(server, login, "other")
    try:
        prefs = f"<prefs xmlns='{MAM}' default='always'><always><jid>heron@x.example</jid></always><never/></prefs>"
        own.raw(f"<iq type='set' id='p'>{prefs}</iq>")
    finally:
        own.stop()
    mine = sign_in(house, server, login)
    for archiving in (Archiving.ALWAYS, Archiving.ROSTER, Archiving.NEVER):
        assert house.do(SetArchiving(mine.id, archiving)) is archiving
        assert house.do(AskArchiving(mine.id)) is archiving
    house.do(c.OpenPerson(mine.id, plum.login.jid))
    plum.message(login.jid, "in passing")
    house.wait(MessageStored, lambda e: e.message.body == "in passing")
    house.do(SetArchiving(mine.id, Archiving.ALWAYS))
    plum.message(login.jid, "for good")
    house.wait(MessageStored, lambda e: e.message.body == "for good")
    later = engine("later")
    again = sign_in(later, server, login)
    later.do(c.OpenPerson(again.id, plum.login.jid))
    assert "for good" in until_bodies(later, again, plum)
    assert "in passing" not in until_bodies(later, again, plum)
    third = Peer(server, login, "third")
    try:
        asked = third.client.make_iq_get()
        asked.append(ET.fromstring(f"<prefs xmlns='{MAM}'/>"))

        async def ask() -> ET.Element:
            found: ET.Element = (await asked.send()).xml  # type: ignore[no-untyped-call]
            return found

        held = third.ask(ask()).findall(f"{{{MAM}}}prefs/{{{MAM}}}always/{{{MAM}}}jid")
        assert [jid.text for jid in held] == ["heron@x.example"]
    finally:
        third.stop()


def until_bodies(house: RunningEngine, mine: Account, plum: Peer) -> list[str]:
    """What an archive has brought, once it is read."""
    house.wait(MessageStored, lambda e: e.message.body == "for good", 20)
    return house.bodies(house.do(c.OpenPerson(mine.id, plum.login.jid)).id)


def test_what_an_archive_does_not_keep_is_not_sent_again_because_it_is_not_there(
    engine: MakeEngine, own_server: ChatServer
) -> None:
    """The server dies with a message under way; its archive was told to keep nothing."""
    login, other = own_server.fresh("willow"), own_server.fresh("plum")
    house = engine()
    mine = sign_in(house, own_server, login)
    chat = house.do(c.OpenPerson(mine.id, other.jid))
    house.do(SetArchiving(mine.id, Archiving.NEVER))
    house.do(c.SendMessage(chat.id, "before"))
    own_server.freeze()
    message = house.do(c.SendMessage(chat.id, "in doubt"))
    own_server.kill()
    house.wait(LinkChanged, lambda e: e.link is Link.WAITING)
    house.events.clear()
    own_server.restart()
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE, 60)
    # Behind the answers lies what would have been sent again.
    for _ in range(3):
        house.do(AskArchiving(mine.id))
    state = next(m.state for m in house.history(chat.id) if m.id == message.id)
    assert state is Delivery.UNSURE


@pytest.mark.parametrize("said", ["", "sometimes", "ALWAYS"])
def test_an_answer_that_makes_no_sense_is_no_choice(said: str) -> None:
    with pytest.raises(Trouble) as trouble:
        rule(ET.fromstring(f"<prefs xmlns='{MAM}' default='{said}'/>"))
    assert trouble.value.problem.fault is Fault.NO_ARCHIVING
