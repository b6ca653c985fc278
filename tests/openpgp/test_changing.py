"""What changes under a conversation: keys, members, and words that come in the clear. Nothing of it goes unsaid."""

from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain.events import ChatStored
from teahouse.domain.message import Delivery
from teahouse.features.openpgp.model import Mode, Security, Trust, Why
from teahouse.features.openpgp.wishes import (
    AskKeys,
    AskOwnKeys,
    AskSecurity,
    Decide,
    MakeKey,
    Noticed,
    RevokeKey,
    SetMode,
)
from tests.openpgp.correspondent import Correspondent
from tests.openpgp.talker import Talker, note
from tests.openpgp.test_talking import group
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until

MakeTalker = Callable[..., Talker]


@pytest.fixture
def talker(engine: Callable[..., RunningEngine], server: ChatServer) -> MakeTalker:
    """Call it with a name for somebody online."""

    def make(name: str) -> Talker:
        return Talker(engine, server, name)

    return make


def why(security: Security) -> dict[str, Why | None]:
    """Who can read, and who cannot for which reason."""
    return {one.jid: one.why for one in security.people}


def asked(who: Talker, chat: int) -> Security:
    """Who can read, asked anew."""
    security: Security = who.house.do(AskSecurity(chat, fresh=True))
    return security


def test_a_new_key_is_told_once_and_used_where_none_was_compared(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    assert not willow.encrypts(to_rose).changed
    rose.house.do(MakeKey(rose.account))
    told = asked(willow, to_rose)
    assert [one.jid for one in told.changed] == [rose.jid] and why(told) == {rose.jid: None}
    willow.says(to_rose, "to the new one")
    assert note(rose.reads(with_willow, "to the new one")) == "trusted"
    # Said until the user has seen it, and not again then.
    assert willow.house.do(AskSecurity(to_rose)).changed
    assert not willow.house.do(Noticed(to_rose)).changed
    assert not asked(willow, to_rose).changed


def test_after_a_comparison_nothing_goes_to_a_new_key_before_the_users_word(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    (first,) = willow.encrypts(to_rose).people[0].keys
    willow.house.do(Decide(willow.account, rose.jid, first.fingerprint, Trust.VERIFIED))
    new = rose.house.do(MakeKey(rose.account))
    assert why(asked(willow, to_rose)) == {rose.jid: Why.UNDECIDED}
    willow.says(to_rose, "not before you say so")
    assert willow.hears(to_rose, lambda s: s.held).left_out[0].jid == rose.jid
    assert willow.house.history(to_rose)[-1].state is Delivery.QUEUED
    # What she writes meanwhile is shown, and that her key is not decided about.
    rose.says(with_willow, "it is me")
    assert note(willow.reads(to_rose, "it is me")) == "undecided"
    keys = willow.house.do(Decide(willow.account, rose.jid, new.fingerprint, Trust.VERIFIED))
    assert {key.fingerprint: key.encrypts for key in keys} == {first.fingerprint: False, new.fingerprint: True}
    assert keys == willow.house.do(AskKeys(willow.account, rose.jid))
    assert rose.reads(with_willow, "not before you say so")


def test_a_key_that_expires_or_is_withdrawn_is_not_written_to(talker: MakeTalker, server: ChatServer) -> None:
    willow = talker("willow")
    with Correspondent(server, "oak") as oak:
        fingerprint, own = oak.fingerprint, oak.gnupg
        chat = willow.chat(oak.jid)
        willow.encrypts(chat)
        until(lambda: why(asked(willow, chat)) == {oak.jid: None}, what="a key of oak's")
        whole = own.public(fingerprint)
        own.gpg("--quick-set-expire", fingerprint, "seconds=1")
        oak.publish({fingerprint: own.public(fingerprint)})
        until(lambda: why(asked(willow, chat)) == {oak.jid: Why.UNUSABLE}, what="the end of the key")
        willow.says(chat, "too late")
        assert willow.hears(chat, lambda s: s.held).left_out[0].why is Why.UNUSABLE
        # It may last longer again.
        own.gpg("--quick-set-expire", fingerprint, "0")
        oak.publish({fingerprint: own.public(fingerprint)})
        until(lambda: why(asked(willow, chat)) == {oak.jid: None}, what="a longer life")
        own.revoke(fingerprint)
        oak.publish({fingerprint: own.public(fingerprint)})
        until(lambda: why(asked(willow, chat)) == {oak.jid: Why.UNUSABLE}, what="the revocation")
        # An old copy does not bring it back.
        before = _dated(willow, oak.jid)
        oak.publish({fingerprint: whole})
        until(lambda: _dated(willow, oak.jid) > before, what="the old copy")
        assert why(asked(willow, chat)) == {oak.jid: Why.UNUSABLE}


def _dated(who: Talker, jid: str) -> int:
    asked(who, who.chat(jid))
    (key,) = who.house.do(AskKeys(who.account, jid))
    return int(key.dated)


def test_a_key_withdrawn_is_gone_for_others_and_the_new_one_takes_its_place(talker: MakeTalker) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    (old,) = rose.house.do(AskOwnKeys(rose.account))
    new = rose.house.do(RevokeKey(rose.account))
    told = asked(willow, to_rose)
    assert {key.fingerprint: key.encrypts for key in told.people[0].keys} == {
        old.fingerprint: False, new.fingerprint: True
    }  # fmt: skip
    willow.says(to_rose, "to the new one")
    assert note(rose.reads(with_willow, "to the new one")) == "trusted"
    assert [key.retired for key in rose.house.do(AskOwnKeys(rose.account))] == [False, True]


def test_a_member_who_comes_later_without_a_key_is_named_before_anything_goes(
    talker: MakeTalker, server: ChatServer
) -> None:
    willow, rose = talker("willow"), talker("rose")
    chat, (with_rose,) = group(willow, rose)
    rose.encrypts(with_rose)
    assert why(asked(willow, chat)) == {rose.jid: None}
    room = next(e.chat.jid for e in willow.house.seen(ChatStored) if e.chat.id == chat)
    oak = server.fresh("oak")
    with Peer(server, willow.login) as admin, Peer(server, oak) as late:
        admin.join(room, "admin")
        admin.affiliate(room, oak.jid, "member")
        late.join(room, "oak")
        heard = willow.hears(chat, lambda s: oak.jid in why(s))
        assert why(heard) == {rose.jid: None, oak.jid: Why.NO_KEY}
        willow.says(chat, "who is there?")
        assert [one.jid for one in willow.hears(chat, lambda s: s.held).left_out] == [oak.jid]
        assert willow.house.history(chat)[-1].state is Delivery.QUEUED
        admin.affiliate(room, oak.jid, "none")
        willow.hears(chat, lambda s: oak.jid not in why(s))
    assert note(rose.reads(with_rose, "who is there?")) == "trusted"


def test_what_comes_in_the_clear_is_marked_where_it_should_be_encrypted(talker: MakeTalker, server: ChatServer) -> None:
    willow, login = talker("willow"), server.fresh("oak")
    with Peer(server, login) as oak:
        chat = willow.chat(login.jid)
        oak.message(willow.jid, "before")
        assert not willow.reads(chat, "before").notes
        willow.encrypts(chat)
        oak.message(willow.jid, "in the clear")
        assert note(willow.reads(chat, "in the clear")) == "in-clear"
        willow.house.do(SetMode(chat, Mode.OFF))
        oak.message(willow.jid, "and after")
        assert not willow.reads(chat, "and after").notes


def test_a_chat_that_is_removed_and_opened_again_is_encrypted_again(talker: MakeTalker, server: Prosody) -> None:
    willow, rose = talker("willow"), talker("rose")
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    willow.house.do(c.RemoveChat(to_rose))
    again = willow.chat(rose.jid)
    assert willow.house.do(AskSecurity(again)).mode is Mode.ON
    willow.says(again, "a word after all was removed")
    assert note(rose.reads(with_willow, "a word after all was removed")) == "trusted"
    assert "a word after all was removed" not in server.kept()
    # What the user wants otherwise stays so, too.
    willow.house.do(SetMode(again, Mode.OFF))
    willow.house.do(c.RemoveChat(again))
    assert willow.house.do(AskSecurity(willow.chat(rose.jid))).mode is Mode.UNDECIDED
