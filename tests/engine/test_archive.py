"""What was said while we were away, what is older, and what other devices did: on a real Prosody."""

from collections.abc import Callable
from functools import partial

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Account, Link
from teahouse.domain.chat import ChatKind, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.queries import ListChats
from teahouse.engine.browsing import Described, ask_room
from teahouse.engine.client import Client
from teahouse.engine.entering import ASKED
from tests.engine.conftest import BOTH
from tests.engine.test_delivery import MakeEngine, MakePeer
from tests.rig.engine import RunningEngine
from tests.rig.prosody import Login, Prosody
from tests.rig.wait import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before another try."""
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.02)


def online(house: RunningEngine, server: Prosody, login: Login) -> Account:
    """An account in a profile, online."""
    mine: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    return mine


def away(house: RunningEngine, account: int, meanwhile: Callable[[], object]) -> None:
    """Offline, and back when something has happened."""
    house.do(c.Disconnect(account))
    house.wait(e.LinkChanged, lambda event: event.link is Link.OFF)
    meanwhile()
    house.do(c.Connect(account))


def numbered(word: str, count: int) -> list[str]:
    """So many texts."""
    return [f"{word} {number}" for number in range(count)]


def unread(house: RunningEngine, chat: int) -> int:
    """What the list of chats says."""
    return sum(int(found.unread) for found in house.ask(ListChats()) if found.id == chat)


def ends_with(house: RunningEngine, chat: int, text: str) -> bool:
    """Whether this was said last."""
    return house.bodies(chat)[-1:] == [text]


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_all_that_was_missed_is_read_in_order(engine: MakeEngine, server: Prosody, peer: MakePeer) -> None:
    house, other, login = engine(), peer(), server.fresh("willow")
    mine, room = online(house, server, login), server.fresh_room()
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    person = house.do(c.OpenPerson(mine.id, other.login.jid))
    other.say(room, "before")
    other.message(login.jid, "before you")
    until(lambda: house.bodies(chat.id) == ["before"] and house.bodies(person.id) == ["before you"])
    to_me, to_all = numbered("to you", 600), numbered("to all", 600)

    def speak() -> None:
        for one, all_ in zip(to_me, to_all, strict=True):
            other.message(login.jid, one)
            other.say(room, all_)
        other.wait_for("to all 599", 30)

    away(house, mine.id, speak)
    until(lambda: house.bodies(person.id)[-1:] == ["to you 599"], 30)
    until(lambda: house.bodies(chat.id)[-1:] == ["to all 599"], 30)
    assert house.bodies(person.id) == ["before you", *to_me]
    assert house.bodies(chat.id) == ["before", *to_all]
    until(lambda: (unread(house, chat.id), unread(house, person.id)) == (601, 601))
    # What comes by itself goes behind it, and coming back once more brings nothing twice.
    other.say(room, "after")
    other.message(login.jid, "after you")
    until(lambda: house.bodies(chat.id)[-1] == "after" and house.bodies(person.id)[-1] == "after you")
    away(house, mine.id, lambda: None)
    other.message(login.jid, "fence")
    until(lambda: house.bodies(person.id)[-1] == "fence")
    assert house.bodies(person.id) == ["before you", *to_me, "after you", "fence"]
    house.wait(e.ChatStored, lambda event: event.chat.id == chat.id and event.chat.presence is Presence.HERE)
    other.say(room, "fence")
    until(lambda: house.bodies(chat.id)[-1] == "fence")
    assert house.bodies(chat.id) == ["before", *to_all, "after", "fence"]


@pytest.mark.parametrize("times", [1, ASKED + 2])
@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_a_room_that_says_what_it_keeps_when_we_are_inside_is_read_in_order(
    engine: MakeEngine, server: Prosody, peer: MakePeer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr("teahouse.engine.entering.RETRY", 0.02)
    house, other, login = engine(), peer(), server.fresh("willow")
    mine, room = online(house, server, login), server.fresh_room()
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    other.say(room, "before")
    until(lambda: house.bodies(chat.id) == ["before"])
    texts, silent = numbered("to all", 60), [True] * times

    async def ask(client: Client, jid: str, patience: float) -> Described:
        if silent:
            silent.pop()
            raise Trouble(Problem(Fault.TIMED_OUT, jid))
        return await ask_room(client, jid, patience)

    def speak() -> None:
        monkeypatch.setattr("teahouse.engine.entering.ask_room", ask)
        for text in texts:
            other.say(room, text)
        other.wait_for(texts[-1])

    away(house, mine.id, speak)
    until(lambda: ends_with(house, chat.id, texts[-1]))
    other.say(room, "after")
    until(lambda: ends_with(house, chat.id, "after"))
    until(lambda: house.bodies(chat.id) == ["before", *texts, "after"])
    assert not silent
    house.stop()


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_comes_meanwhile_stands_behind_what_was_missed(
    engine: MakeEngine, server: Prosody, peer: MakePeer
) -> None:
    house, other, login = engine(), peer(), server.fresh("willow")
    mine = online(house, server, login)
    person = house.do(c.OpenPerson(mine.id, other.login.jid))
    other.message(login.jid, "before")
    until(lambda: house.bodies(person.id) == ["before"])
    texts = numbered("line", 900)

    def speak() -> None:
        for text in texts[:600]:
            other.message(login.jid, text)

    away(house, mine.id, speak)
    for text in texts[600:]:
        other.message(login.jid, text)
    until(lambda: len(house.bodies(person.id)) >= 901, 30)
    assert house.bodies(person.id) == ["before", *texts]


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_a_new_device_fetches_what_is_older(engine: MakeEngine, server: Prosody, peer: MakePeer) -> None:
    other, login, room = peer(), server.fresh("willow"), server.fresh_room()
    texts = numbered("old", 700)
    other.join(room, "plum")
    for text in texts:
        other.message(login.jid, text)
        other.say(room, text)
    other.wait_for("old 699", 30)
    # The user has answered, so that this is no stranger's.
    first = engine("first")
    mine = online(first, server, login)
    person = first.do(c.OpenPerson(mine.id, other.login.jid))
    first.do(c.SendMessage(person.id, "answer"))
    other.wait_for("answer")
    first.stop()
    house = engine("second")
    mine = online(house, server, login)
    person = house.do(c.OpenPerson(mine.id, other.login.jid))
    until(lambda: house.bodies(person.id)[-1:] == ["answer"], 30)
    had = len(house.bodies(person.id))
    assert had
    while house.do(c.FetchOlder(person.id)):
        assert len(house.bodies(person.id)) > had
        had = len(house.bodies(person.id))
    assert house.bodies(person.id) == [*texts, "answer"]
    assert house.do(c.FetchOlder(person.id)) is False
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    until(lambda: house.bodies(chat.id)[-1:] == ["old 699"], 30)
    while house.do(c.FetchOlder(chat.id)):
        pass
    assert house.bodies(chat.id) == texts


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_two_devices_of_one_account_agree(engine: MakeEngine, server: Prosody, peer: MakePeer) -> None:
    one, two, other, login = engine("one"), engine("two"), peer(), server.fresh("willow")
    first, second = online(one, server, login), online(two, server, login)
    here = one.do(c.OpenPerson(first.id, other.login.jid))
    there = two.do(c.OpenPerson(second.id, other.login.jid))
    for number in range(5):
        one.do(c.SendMessage(here.id, f"from one {number}"))
        other.wait_for(f"from one {number}")
        until(partial(ends_with, two, there.id, f"from one {number}"))
        two.do(c.SendMessage(there.id, f"from two {number}"))
        other.wait_for(f"from two {number}")
        until(partial(ends_with, one, here.id, f"from two {number}"))
        other.message(login.jid, f"answer {number}")
        for house, chat in ((one, here), (two, there)):
            until(partial(ends_with, house, chat.id, f"answer {number}"))
    expected = [f"{word} {number}" for number in range(5) for word in ("from one", "from two", "answer")]
    assert one.bodies(here.id) == two.bodies(there.id) == expected
    for house, chat in ((one, here), (two, there)):
        by_us = [m for m in house.history(chat.id) if not m.body.startswith("answer")]
        assert all(m.mine and m.state in (Delivery.ACKED, Delivery.CONFIRMED) for m in by_us)
    # Once more by the archive: nothing comes twice.
    away(one, first.id, lambda: None)
    other.message(login.jid, "fence")
    until(lambda: one.bodies(here.id)[-1] == "fence")
    assert one.bodies(here.id) == [*expected, "fence"]


def test_nothing_of_a_room_becomes_a_person(engine: MakeEngine, server: Prosody, peer: MakePeer) -> None:
    house, other, login = engine(), peer(), server.fresh("willow")
    mine, room = online(house, server, login), server.fresh_room()
    other.join(room, "plum")
    house.do(c.JoinRoom(mine.id, room, "willow"))
    other.raw(f"<message to='{room}/willow' type='chat'><body>whispered</body></message>")
    away(house, mine.id, lambda: other.raw(f"<message to='{room}/willow' type='chat'><body>again</body></message>"))
    house.wait(e.ChatStored, lambda event: event.chat.jid == room and event.chat.presence is Presence.HERE)
    people = [chat for chat in house.ask(ListChats()) if chat.kind is ChatKind.PERSON]
    assert people == []
