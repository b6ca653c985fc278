"""Two programs that talk encrypted on a real server: what is read, what is on the wire, and what is never."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.events import ChatStored
from teahouse.domain.message import Delivery
from teahouse.domain.openpgp import SLOT
from teahouse.domain.problem import Fault
from teahouse.features.openpgp.model import Mode, Why
from teahouse.features.openpgp.wishes import (
    AskSecurity,
    BackUpKey,
    KeepBackup,
    MakeKey,
    NewSecretGroup,
    RestoreKey,
    SecurityChanged,
    SendWithout,
)
from tests.engine.conftest import BOTH
from tests.openpgp.talker import Talker, note
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.wait import until

MakeTalker = Callable[..., Talker]
CANARY = "canary-4b1d-oolong"


@pytest.fixture
def talker(engine: Callable[..., RunningEngine], server: ChatServer) -> MakeTalker:
    """Call it with a name for somebody online."""

    def make(name: str, **more: object) -> Talker:
        return Talker(engine, server, name, **more)  # type: ignore[arg-type]

    return make


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_two_people_talk_encrypted(talker: MakeTalker, server: ChatServer) -> None:
    willow, rose = talker("willow"), talker("rose")
    with_willow = rose.chat(willow.jid)
    rose.encrypts(with_willow)
    to_rose = willow.chat(rose.jid)
    security = willow.encrypts(to_rose)
    assert [(one.jid, one.why) for one in security.people] == [(rose.jid, None)]
    willow.says(to_rose, CANARY)
    got = rose.reads(with_willow, CANARY)
    assert note(got) == "trusted" and got.sender == willow.jid
    assert note(willow.sent(to_rose, CANARY)) == "sealed"
    rose.says(with_willow, CANARY + " back")
    assert note(willow.reads(to_rose, CANARY + " back")) == "trusted"
    assert CANARY not in server.log()


def test_one_who_never_asked_for_it_answers_encrypted_whoever_writes_so(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    # She has a key of which she uses nothing yet.
    with_oak = rose.chat(f"oak@{rose.jid.partition('@')[2]}")
    rose.encrypts(with_oak)
    with_willow = rose.chat(willow.jid)
    to_rose = willow.chat(rose.jid)
    willow.encrypts(to_rose)
    willow.says(to_rose, "first")
    rose.reads(with_willow, "first")
    assert rose.hears(with_willow, lambda s: s.mode is Mode.ON).people[0].why is None
    rose.says(with_willow, "second")
    assert note(willow.reads(to_rose, "second")) == "trusted"


def test_nothing_goes_to_somebody_without_a_key_and_it_goes_once_there_is_one(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    assert willow.encrypts(to_rose).people[0].why is Why.NO_KEY
    message = willow.says(to_rose, "wait for it")
    assert willow.hears(to_rose, lambda s: s.held).left_out[0].jid == rose.jid
    assert willow.house.history(to_rose)[-1].state is Delivery.QUEUED and note(message) == "waiting"
    rose.encrypts(with_willow)
    willow.house.do(AskSecurity(to_rose, fresh=True))
    assert note(rose.reads(with_willow, "wait for it")) == "trusted"


def test_written_offline_it_is_sealed_later_and_in_order(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    willow.house.do(c.Disconnect(willow.account))
    texts = [f"line {number}" for number in range(12)]
    for text in texts:
        willow.says(to_rose, text)
    willow.house.do(c.Connect(willow.account))
    rose.reads(with_willow, texts[-1])
    assert rose.house.bodies(with_willow) == texts
    assert rose.house.heard_bodies() == texts


def test_what_came_while_away_is_opened_in_bulk_and_counted_once(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    rose.house.do(c.Disconnect(rose.account))
    texts = [f"line {number}" for number in range(30)]
    for text in texts:
        willow.says(to_rose, text)
    willow.sent(to_rose, texts[-1])
    rose.house.do(c.Connect(rose.account))
    rose.reads(with_willow, texts[-1])
    assert rose.house.bodies(with_willow) == texts
    rose.house.wait(ChatStored, lambda e: e.chat.id == with_willow and e.chat.unread == 30)


def test_another_device_of_ours_with_the_same_key_reads_all(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    code, backup = willow.house.do(BackUpKey(willow.account))
    second = talker("willow", login=willow.login, folder="second")
    second.house.do(RestoreKey(second.account, backup, code))
    there = second.chat(rose.jid)
    willow.says(to_rose, "from the first")
    rose.says(with_willow, "to both")
    second.reads(there, "to both")

    def mine() -> list[tuple[str, str]]:
        return [(m.body, note(m)) for m in second.house.history(there) if m.mine]

    # A word about a message, which shows nothing, may be there until it was opened.
    until(lambda: mine() == [("from the first", "ours")], what="what the first device wrote")
    assert willow.house.seen(SecurityChanged)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_a_backup_at_the_server_is_for_our_own_devices_alone(talker: MakeTalker, server: ChatServer) -> None:
    willow = talker("willow")
    assert willow.house.refused(RestoreKey(willow.account, b"", "none")).fault is Fault.NO_KEY_BACKUP
    own = willow.house.do(MakeKey(willow.account))
    code, backup = willow.house.do(BackUpKey(willow.account))
    willow.house.do(KeepBackup(willow.account, backup))
    second = talker("willow", login=willow.login, folder="second")
    wrong = second.house.refused(RestoreKey(second.account, b"", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"))
    assert wrong.fault is Fault.WRONG_BACKUP_CODE
    assert second.house.do(RestoreKey(second.account, b"", code)).fingerprint == own.fingerprint
    with Peer(server, server.fresh("mallory")) as mallory:
        items = "<items node='urn:xmpp:openpgp:0:secret-key'/>"
        mallory.raw(
            f"<iq type='get' id='steal' to='{willow.jid}'>"
            f"<pubsub xmlns='http://jabber.org/protocol/pubsub'>{items}</pubsub></iq>"
        )
        mallory.message(mallory.login.jid, "the fence")
        mallory.wait_for("the fence")
        answer = mallory.answers["steal"]
        assert answer.get("type") == "error" and "secretkey" not in ET.tostring(answer, "unicode")


def group(owner: Talker, *others: Talker) -> tuple[int, list[int]]:
    """A secret group: its chat with its owner, and with each of the others."""
    chat = owner.house.do(NewSecretGroup(owner.account, "Tea at five", tuple(one.jid for one in others)))
    rooms = [one.house.do(c.JoinRoom(one.account, chat.jid, one.name, exposed=True)).id for one in others]
    return chat.id, rooms


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_a_secret_group_is_found_and_who_is_left_out_is_named(talker: MakeTalker, server: ChatServer) -> None:
    willow, rose, oak = talker("willow"), talker("rose"), talker("oak")
    chat, (with_rose, with_oak) = group(willow, rose, oak)
    rose.encrypts(with_rose)
    asked = willow.house.do(AskSecurity(chat, fresh=True))
    assert asked.mode is Mode.ON and {one.jid: one.why for one in asked.people} == {rose.jid: None, oak.jid: Why.NO_KEY}
    willow.says(chat, CANARY)
    assert willow.hears(chat, lambda s: s.held).left_out[0].jid == oak.jid
    willow.house.do(SendWithout(chat, frozenset({oak.jid})))
    assert note(rose.reads(with_rose, CANARY)) == "trusted"
    assert willow.sent(chat, CANARY).notes[SLOT] == ["sealed", 1, 2, [oak.jid]]
    # Oak sees that there is something, and nothing of it.
    until(lambda: [m for m in oak.house.history(with_oak) if note(m) == "not-for-us"])
    assert CANARY not in server.log()


def test_a_room_that_shows_no_addresses_any_more_gets_nothing(talker: MakeTalker, server: ChatServer) -> None:
    willow, rose = talker("willow"), talker("rose")
    chat, (with_rose,) = group(willow, rose)
    rose.encrypts(with_rose)
    assert willow.house.do(AskSecurity(chat, fresh=True)).problem is None
    room = next(e.chat.jid for e in willow.house.seen(ChatStored) if e.chat.id == chat)
    with Peer(server, willow.login) as peer:
        peer.join(room, "changer")
        peer.raw(
            f"<iq type='set' id='shape' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#roomconfig</value></field>"
            "<field var='muc#roomconfig_whois'><value>moderators</value></field></x></query></iq>"
        )

        def unfit() -> bool:
            problem = willow.house.do(AskSecurity(chat)).problem
            return problem is not None and problem.fault is Fault.ROOM_UNFIT

        # What was said of it while it was made does not count.
        until(unfit, what="the room's new shape")
    willow.says(chat, CANARY)
    assert willow.hears(chat, lambda s: s.held).problem is not None
    assert willow.house.history(chat)[-1].state is Delivery.QUEUED
