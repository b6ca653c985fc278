"""What we send: no character and no size that ends a stream, and a message that does so all the same is set aside."""

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault
from teahouse.domain.text import BODY_BYTES, BODY_LIMIT, cleaned, excess
from tests.engine.test_delivery import MakeEngine
from tests.rig.engine import RunningEngine
from tests.rig.honest import Honest
from tests.rig.hostile import Gone, Hostile, Wire
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import enter

POLICY = "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"


def killing(word: str, last_words: str = POLICY, times: int = 1_000) -> Honest:
    """A server that cannot bear this word in a message, so many times."""
    left = [True] * times

    async def before(wire: Wire, stanza: ET.Element) -> bool:
        if not left or word not in (stanza.findtext("{jabber:client}body") or ""):
            return False
        left.pop()
        wire.send(last_words.encode())
        wire.transport.close()
        raise Gone

    return Honest(before=before, remembers=True)


def states(house: RunningEngine, chat: int) -> dict[str, Delivery]:
    """How far own messages have come."""
    return {m.body: m.state for m in house.history(chat) if m.mine}


@pytest.mark.parametrize("last_words", [POLICY, ""], ids=["said", "unsaid"])
def test_a_message_that_ends_the_stream_fails_and_the_others_arrive(
    engine: MakeEngine, honest: Shown, trusting: Server, last_words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.01)
    script = killing("poison", last_words)
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        house, chat = world.house, world.chat
        for body in ("before", "poison", "after", "last"):
            house.do(c.SendMessage(chat, body))
        wanted = {"before": Delivery.CONFIRMED, "poison": Delivery.FAILED}
        if last_words:
            wanted |= {"after": Delivery.CONFIRMED, "last": Delivery.CONFIRMED}
        until(lambda: wanted.items() <= states(house, chat).items(), 40, f"{wanted}")
        tried = sum(s.findtext("{jabber:client}body") == "poison" for s in script.got)
        assert tried <= 5
        house.do(c.SendMessage(chat, "fence"))
        until(lambda: states(house, chat).get("fence") is Delivery.CONFIRMED, 20)
        assert sum(s.findtext("{jabber:client}body") == "poison" for s in script.got) == tried
        failed = next(m for m in house.history(chat) if m.body == "poison")
        assert failed.detail == ("policy violation" if last_words else "connection lost")
        house.stop()


def test_a_stream_that_ends_once_is_no_fault_of_the_message(
    engine: MakeEngine, honest: Shown, trusting: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.01)
    script = killing("hello", times=1)
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        world.house.do(c.SendMessage(world.chat, "hello"))
        until(lambda: states(world.house, world.chat) == {"hello": Delivery.CONFIRMED}, 20)
        world.house.stop()


def test_the_guilty_one_is_found_among_many(
    engine: MakeEngine, honest: Shown, trusting: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.01)
    script = killing("poison")
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        house, chat = world.house, world.chat
        house.do(c.SendMessage(chat, "known"))
        until(lambda: states(house, chat) == {"known": Delivery.CONFIRMED})
        house.do(c.Disconnect(world.account.id))
        innocent = ["one", "two", "three", "four"]
        for body in (*innocent[:2], "poison", *innocent[2:]):
            house.do(c.SendMessage(chat, body))
        house.do(c.Connect(world.account.id))
        wanted = dict.fromkeys(["known", *innocent], Delivery.CONFIRMED) | {"poison": Delivery.FAILED}
        until(lambda: states(house, chat) == wanted, 10, str(wanted))
        house.stop()


def test_what_no_stream_can_carry_never_leaves(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        world.house.do(c.SendMessage(world.chat, "a\x00b\x1b[0mc\ufffed\ud800e\r\nf"))
        clean = "a\ufffdb\ufffd[0mc\ufffdd\ufffde\nf"
        world.sent(clean)
        until(lambda: states(world.house, world.chat).get(clean) is Delivery.CONFIRMED)
        world.house.do(c.SetSubject(world.chat, "tea\x07time"))
        world.house.do(c.AddContact(world.account.id, "new@hostile.test", "a\x01b"))
        until(lambda: any(s.findtext("{jabber:client}subject") == "tea\ufffdtime" for s in list(script.got)))
        for body in ("x" * 100_001, "茶" * 80_000, "&" * 50_000):
            assert world.house.refused(c.SendMessage(world.chat, body)).fault is Fault.MESSAGE_TOO_LONG
        assert world.house.refused(c.SetSubject(world.chat, "s" * 300_000)).fault is Fault.MESSAGE_TOO_LONG
        world.house.do(c.SendMessage(world.chat, "still there"))
        world.sent("still there")
        assert world.house.seen(e.LinkChanged)[-1].link is Link.ONLINE
        world.house.stop()


@given(st.text(max_size=200))
def test_cleaned_text_comes_back_as_it_was_sent(text: str) -> None:
    sent = ET.Element("body")
    sent.text = cleaned(text)
    assert (ET.fromstring(ET.tostring(sent)).text or "") == cleaned(text)


@given(st.text(alphabet="aé茶🍵&<>'\"", max_size=400), st.integers(1, 700))
def test_what_is_not_too_long_fits(text: str, times: int) -> None:
    whole = text * times
    escaped = escape(whole, {"'": "&apos;", '"': "&quot;"}).encode()
    assert (excess(whole) == 0) == (len(whole) <= BODY_LIMIT and len(escaped) <= BODY_BYTES)
