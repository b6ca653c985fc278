"""A chat that keeps nothing: what is written in it is delivered exactly once all the same, and does not come back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link
from teahouse.domain.chat import Presence
from teahouse.domain.events import ChatStored, LinkChanged, MessageStored
from teahouse.domain.message import Delivery
from tests.conftest import AccountMaker
from tests.engine.conftest import BOTH
from tests.engine.test_delivery import CRASHING
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]


def sign_in(house: RunningEngine, server: ChatServer, login: Login) -> Account:
    kept: Account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    return kept


@pytest.mark.parametrize("server", BOTH, indirect=True)
def test_what_went_at_the_end_does_not_come_back(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer
) -> None:
    """Neither from the archives nor from a room's own history; what comes later does."""
    login, plum, room = account(), peer("plum"), server.fresh_room()
    plum.join(room, "plum")
    house = engine()
    mine = sign_in(house, server, login)
    chat, place = house.do(c.OpenPerson(mine.id, plum.login.jid)), house.do(c.JoinRoom(mine.id, room, "willow"))
    for number in (chat.id, place.id):
        house.do(c.SetRetention(number, -1))
        house.do(c.SendMessage(number, "hello"))
    plum.wait_for(lambda line: line.body == "hello" and line.kind == "groupchat")
    plum.message(login.jid, "to you")
    plum.say(room, "to all")
    for body in ("to you", "to all"):
        house.wait(MessageStored, lambda e, body=body: e.message.body == body)  # type: ignore[misc]
    until(lambda: [m.state for m in house.history(place.id) if m.mine] == [Delivery.CONFIRMED])
    house.stop()
    assert house.bodies(chat.id) == house.bodies(place.id) == []
    plum.message(login.jid, "later")
    plum.say(room, "later to all")
    again = engine()
    again.wait(ChatStored, lambda e: e.chat.id == place.id and e.chat.presence is Presence.HERE, 30)
    until(lambda: again.bodies(place.id)[-1:] == ["later to all"], 20)
    until(lambda: again.bodies(chat.id)[-1:] == ["later"], 20)
    plum.say(room, "fence")
    again.wait(MessageStored, lambda e: e.message.body == "fence")
    assert again.bodies(chat.id) == ["later"]
    assert again.bodies(place.id) == ["later to all", "fence"]


@pytest.mark.parametrize("point", ["written", "sent"])
def test_what_was_under_way_at_a_crash_is_delivered_once_and_then_goes(
    engine: MakeEngine, server: ChatServer, account: AccountMaker, peer: MakePeer, tmp_path: Path, point: str
) -> None:
    login, plum = account(), peer("plum")
    house = engine()
    mine = sign_in(house, server, login)
    chat = house.do(c.OpenPerson(mine.id, plum.login.jid))
    house.do(c.SetRetention(chat.id, -1))
    house.stop()
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path / "profile"), str(chat.id), "the one", "person"],
        env=os.environ | {"TEAHOUSE_CRASH_AT": point, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    again = engine()
    until(lambda: [m.state in (Delivery.ACKED, Delivery.CONFIRMED) for m in again.history(chat.id)] == [True], 30)
    again.do(c.SendMessage(chat.id, "fence"))
    plum.wait_for("fence")
    assert plum.bodies() == ["the one", "fence"]
    until(lambda: all(m.state in (Delivery.ACKED, Delivery.CONFIRMED) for m in again.history(chat.id)), 20)
    again.stop()
    assert again.bodies(chat.id) == []
