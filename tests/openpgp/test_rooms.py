"""Encrypted rooms on real servers: who is written to, who cannot read and why, and that nobody else does."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from teahouse.domain import commands as c
from teahouse.domain.chat import RoomFacts
from teahouse.domain.openpgp import Opened
from teahouse.domain.problem import Fault, Trouble
from teahouse.engine.members import ADMIN, members, read
from teahouse.engine.xml import CLIENT, DATA, el
from teahouse.features.openpgp import store
from teahouse.features.openpgp.judging import Frame, Heard, Refusal, Standing, judge
from teahouse.features.openpgp.model import Trust, Why
from teahouse.features.openpgp.readers import Readers, may_be_encrypted, readers
from teahouse.features.openpgp.sealing import Sealing
from tests.engine.conftest import BOTH
from tests.openpgp.house import Online
from tests.rig.chat_server import ChatServer

MakeOnline = Callable[..., Online]
OWNER = "http://jabber.org/protocol/muc#owner"
NOW = 1_800_000_000


async def set_up(owner: Online, room: str, **wanted: str) -> None:
    """Have a room be as it is wanted."""
    values = {"FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig"}
    values |= {f"muc#roomconfig_{name}": value for name, value in wanted.items()}
    fields = (el(f"{{{DATA}}}field", {"var": var}, el(f"{{{DATA}}}value", text=value)) for var, value in values.items())
    form = el(f"{{{DATA}}}x", {"type": "submit"}, *fields)
    answer = await owner.client.ask(el("iq", {"type": "set", "to": room}, el(f"{{{OWNER}}}query", None, form)))
    assert answer.get("type") == "result"


async def belongs(owner: Online, room: str, jid: str, affiliation: str) -> None:
    """Give somebody an affiliation."""
    item = el(f"{{{ADMIN}}}item", {"affiliation": affiliation, "jid": jid})
    answer = await owner.client.ask(el("iq", {"type": "set", "to": room}, el(f"{{{ADMIN}}}query", None, item)))
    assert answer.get("type") == "result"


def sealing(one: Online) -> Sealing:
    """What encrypts for somebody."""
    return Sealing(one.desk.tools.db, one.account, one.keyring, lambda: NOW)


async def heard(one: Online, sent: bytes, frame: Frame) -> Heard | Refusal:
    """What somebody makes of a message that the room brought."""
    await one.finding.of(one.client, frame.sender)
    opened: Opened = await sealing(one).open(frame.addressee, sent)
    db = one.desk.tools.db
    keys = store.peers(db, one.account, frame.sender)
    own = [key.fingerprint for key in store.own(db, one.account)]
    return judge(replace(opened, signed_at=NOW), frame, keys, own, lambda _: True)


def message(room: str, text: str) -> ET.Element:
    """One for all."""
    return el("message", {"to": room, "type": "groupchat", "id": "one"}, el("body", text=text))


async def who(one: Online, jids: set[str]) -> Readers:
    """Who can read what somebody sends to these."""
    return await readers(one.client, one.finding, one.keyring, jids - {one.jid})


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_all_members_with_a_key_can_read_and_nobody_else(online: MakeOnline, server: ChatServer) -> None:
    willow, rose, oak, mallory = online("willow"), online("rose"), online("oak", key=False), online("mallory")
    room = server.fresh_room()
    willow.house.do(c.JoinRoom(willow.account, room, "willow"))

    async def send() -> tuple[set[str], Readers, bytes]:
        await set_up(willow, room, membersonly="1", whois="anyone")
        # Neither has ever been there.
        await belongs(willow, room, rose.jid, "member")
        await belongs(willow, room, oak.jid, "admin")
        found = await members(willow.client, room)
        assert found.whole
        can = await who(willow, set(found.jids))
        return set(found.jids), can, await sealing(willow).seal(message(room, "tea at five"), room, can)

    everybody, can, sent = willow.run(send())
    assert everybody == {willow.jid, rose.jid, oak.jid}
    assert can == Readers(((rose.jid, (rose.key.fingerprint,)),), ((oak.jid, Why.NO_KEY),))
    frame = Frame(sender=willow.jid, addressee=room, at=NOW)
    read_by_rose = rose.run(heard(rose, sent, frame))
    assert isinstance(read_by_rose, Heard) and read_by_rose.standing is Standing.TRUSTED
    assert [child.text for child in read_by_rose.payload] == ["tea at five"]
    # Our own device reads it, too, and an outsider does not.
    ours = willow.run(heard(willow, sent, replace(frame, ours=True)))
    assert isinstance(ours, Heard) and ours.standing is Standing.OURS
    assert mallory.run(heard(mallory, sent, frame)) is Refusal.NOT_FOR_US
    # Whoever joins later cannot read it, and whoever has left cannot read what comes then.
    willow.run(belongs(willow, room, mallory.jid, "member"))
    willow.run(belongs(willow, room, rose.jid, "none"))

    async def send_again() -> bytes:
        jids = set((await members(willow.client, room)).jids)
        return await sealing(willow).seal(message(room, "tea at six"), room, await who(willow, jids))

    later = willow.run(send_again())
    assert isinstance(mallory.run(heard(mallory, later, frame)), Heard)
    assert rose.run(heard(rose, later, frame)) is Refusal.NOT_FOR_US


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_plain_members_read_the_lists_or_are_told_that_they_may_not(online: MakeOnline, server: ChatServer) -> None:
    willow, rose, room = online("willow", key=False), online("rose", key=False), server.fresh_room()
    willow.house.do(c.JoinRoom(willow.account, room, "willow"))

    async def make() -> None:
        await set_up(willow, room, membersonly="1", whois="anyone")
        await belongs(willow, room, rose.jid, "member")

    willow.run(make())
    rose.house.do(c.JoinRoom(rose.account, room, "rose", exposed=True))
    found = rose.run(members(rose.client, room))
    assert found.jids == {willow.jid, rose.jid} if found.whole else found.jids <= {willow.jid, rose.jid}


def test_somebody_with_an_undecided_key_is_not_written_to(online: MakeOnline) -> None:
    willow, rose = online("willow"), online("rose")
    first = rose.key.fingerprint

    async def verify() -> None:
        await willow.finding.of(willow.client, rose.jid)
        store.think(willow.desk.tools.db, willow.account, rose.jid, first, Trust.VERIFIED)

    willow.run(verify())
    second = rose.run(rose.keyring.make())
    rose.run(rose.finding.present(rose.client))
    willow.run(willow.finding.of(willow.client, rose.jid, fresh=True))
    assert willow.run(who(willow, {rose.jid})).cannot == ((rose.jid, Why.UNDECIDED),)
    with pytest.raises(Trouble) as nobody:
        willow.run(sealing(willow).seal(message(rose.jid, "tea"), rose.jid, willow.run(who(willow, {rose.jid}))))
    assert nobody.value.problem.fault is Fault.NO_KEY

    async def decide(trust: Trust) -> None:
        store.think(willow.desk.tools.db, willow.account, rose.jid, second.fingerprint, trust)

    willow.run(decide(Trust.DISTRUSTED))
    assert willow.run(who(willow, {rose.jid})).cannot == ((rose.jid, Why.DISTRUSTED),)
    willow.run(decide(Trust.VERIFIED))
    assert willow.run(who(willow, {rose.jid})).fingerprints == (second.fingerprint,)


def test_a_key_that_cannot_be_had_leaves_out_nobody_silently(online: MakeOnline, server: ChatServer) -> None:
    willow, rose = online("willow"), online("rose")
    can = willow.run(who(willow, {rose.jid, "nobody@nowhere.test", server.fresh("ash").jid}))
    assert [jid for jid, _ in can.can] == [rose.jid]
    assert len(can.cannot) == 2 and {why for _, why in can.cannot} <= {Why.NO_KEY, Why.SILENT}


def test_the_gate() -> None:
    secret = RoomFacts(members_only=True, anonymous=False)
    assert may_be_encrypted(secret)
    for other in (None, False):
        assert not may_be_encrypted(replace(secret, members_only=other))
    for hidden in (None, True):
        assert not may_be_encrypted(replace(secret, anonymous=hidden))


def test_lists_hold_nothing_but_addresses_with_that_affiliation() -> None:
    def item(affiliation: str, jid: str) -> ET.Element:
        return el(f"{{{ADMIN}}}item", {"affiliation": affiliation, "jid": jid})

    told = (item("member", "rose@example.org/x"), item("outcast", "oak@example.org"), item("member", "@@"),
            item("member", "example.org"), el(f"{{{ADMIN}}}item", {"affiliation": "member"}),
            el(f"{{{CLIENT}}}item", {"affiliation": "member", "jid": "ash@example.org"}))  # fmt: skip
    assert read(el(f"{{{ADMIN}}}query", None, *told), "member") == {"rose@example.org"}
