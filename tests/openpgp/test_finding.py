"""Keys at real servers: announced beside those of other devices, found by strangers, believed only when theirs."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.engine import pep
from teahouse.engine.xml import PUBSUB, el
from teahouse.features.openpgp import store
from teahouse.features.openpgp.announcing import LIST, MOST, OX, listed, read_key, read_list, the_list
from teahouse.features.openpgp.finding import STALE
from teahouse.features.openpgp.model import Trust
from tests.engine.conftest import BOTH
from tests.openpgp.house import Online
from tests.rig.chat_server import ChatServer

MakeOnline = Callable[[str], Online]
OTHER = "0123456789ABCDEF0123456789ABCDEF01234567"


def trusts(owner: Online, jid: str) -> dict[str, tuple[Trust, bool, bool]]:
    """What is known of somebody."""
    found = owner.run(owner.finding.of(owner.client, jid, fresh=True))
    return {key.fingerprint: (key.trust, key.announced, key.held) for key in found}


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_strangers_find_a_key_and_notice_a_new_one(online: MakeOnline) -> None:
    willow, rose = online("willow"), online("rose")
    first = rose.key
    # Neither is in the other's roster.
    assert trusts(willow, rose.jid) == {first.fingerprint: (Trust.FIRST_USE, True, True)}
    willow.run(_think(willow, rose.jid, first.fingerprint, Trust.VERIFIED))
    second = rose.run(rose.keyring.make())
    rose.run(rose.finding.present(rose.client))
    # Within some hours nobody is asked again.
    known = willow.run(willow.finding.of(willow.client, rose.jid))
    assert [key.fingerprint for key in known] == [first.fingerprint]
    willow.now += STALE + 1
    known = willow.run(willow.finding.of(willow.client, rose.jid))
    assert [(key.fingerprint, key.trust, key.encrypts) for key in known] == [
        (first.fingerprint, Trust.VERIFIED, False),
        (second.fingerprint, Trust.UNDECIDED, False),
    ]
    willow.run(_think(willow, rose.jid, second.fingerprint, Trust.VERIFIED))
    assert [key.encrypts for key in willow.run(willow.finding.of(willow.client, rose.jid))] == [False, True]


async def _think(owner: Online, jid: str, fingerprint: str, trust: Trust) -> None:
    store.think(owner.desk.tools.db, owner.account, jid, fingerprint, trust)


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_the_keys_of_other_devices_stay_on_the_list(online: MakeOnline) -> None:
    willow = online("willow")

    async def another() -> bool:
        entries = await listed(willow.client, willow.jid) | {OTHER: 86_400}
        return await pep.publish(willow.client, LIST, "current", the_list(entries), to_all=True)

    assert willow.run(another())
    new = willow.run(willow.keyring.make())
    willow.run(willow.finding.present(willow.client))
    found = willow.run(listed(willow.client, willow.jid))
    assert set(found) == {OTHER, new.fingerprint} and found[OTHER] == 86_400 and found[new.fingerprint] == new.created


def test_a_key_of_somebody_else_is_not_taken(online: MakeOnline) -> None:
    willow, rose, mallory = online("willow"), online("rose"), online("mallory")
    key = rose.key

    async def steal() -> None:
        items = await pep.fetch(mallory.client, f"{LIST}:{key.fingerprint}", rose.jid)
        assert items is not None
        data = items[0][0]
        assert await pep.publish(mallory.client, f"{LIST}:{key.fingerprint}", "current", data, to_all=True)
        assert await pep.publish(mallory.client, LIST, "current", the_list({key.fingerprint: 0}), to_all=True)

    mallory.run(steal())
    assert trusts(willow, mallory.jid) == {key.fingerprint: (Trust.FIRST_USE, True, False)}
    assert trusts(willow, rose.jid) == {key.fingerprint: (Trust.FIRST_USE, True, True)}


def test_who_has_no_list_and_who_closed_it_have_no_keys(online: MakeOnline, server: ChatServer) -> None:
    willow, rose = online("willow"), online("rose")
    assert trusts(willow, server.fresh("oak").jid) == {}

    async def shut() -> None:
        form = pep._form("node_config", {"pubsub#access_model": "whitelist"})
        setting = el(f"{{{PUBSUB}#owner}}configure", {"node": LIST}, form)
        answer = await rose.client.ask(el("iq", {"type": "set"}, el(f"{{{PUBSUB}#owner}}pubsub", None, setting)))
        assert answer.get("type") == "result"

    rose.run(shut())
    assert trusts(willow, rose.jid) == {}


def items(*content: ET.Element) -> ET.Element:
    """What a node answers."""
    return el(f"{{{PUBSUB}}}items", None, *(el(f"{{{PUBSUB}}}item", None, one) for one in content))


@given(st.dictionaries(st.text("0123456789ABCDEF", min_size=40, max_size=40), st.integers(0, 2**33), max_size=MOST))
def test_a_list_is_read_as_it_was_written(keys: dict[str, int]) -> None:
    assert read_list(ET.fromstring(ET.tostring(items(the_list(keys))))) == keys


@pytest.mark.parametrize("name", ["", "x" * 40, OTHER[1:], OTHER + "0", "../" + OTHER[3:], OTHER.replace("0", "٠")])
def test_what_is_no_fingerprint_is_none(name: str) -> None:
    assert read_list(items(the_list({name: 1}))) == {}


def test_a_list_has_an_end_and_a_date_is_one() -> None:
    assert len(read_list(items(the_list({f"{n:040X}": 1 for n in range(MOST * 5)})))) == MOST
    entry = el(f"{{{OX}}}pubkey-metadata", {"v4-fingerprint": OTHER.lower(), "date": "2020-02-31T00:00:00Z"})
    assert read_list(items(el(f"{{{OX}}}public-keys-list", None, entry))) == {OTHER: 0}


@pytest.mark.parametrize("text", ["", "not base64!", "A", "QUJD" * 60_000], ids=["none", "other", "cut", "endless"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert read_key(items(el(f"{{{OX}}}pubkey", None, el(f"{{{OX}}}data", text=text)))) == b""
    good = el(f"{{{OX}}}pubkey", None, el(f"{{{OX}}}data", text=" QU\nJD "))
    assert read_key(items(good)) == b"ABC"
