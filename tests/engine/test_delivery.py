"""kill -9 at the two worst moments, on a real server: everybody gets the message exactly once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.events import LinkChanged
from teahouse.domain.message import Delivery
from tests.conftest import AccountMaker
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until

MakeEngine = Callable[..., RunningEngine]
MakePeer = Callable[..., Peer]

CRASHING = """
import sys, threading
from pathlib import Path
from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.chat import Presence
from teahouse.domain.events import ChatStored, LinkChanged
from tests.rig.engine import RunningEngine
house = RunningEngine(Path(sys.argv[1]))
chat = int(sys.argv[2])
house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
if sys.argv[4] == "room":
    house.wait(ChatStored, lambda e: e.chat.id == chat and e.chat.presence is Presence.HERE)
house.do(c.SendMessage(chat, sys.argv[3]))
threading.Event().wait(40)
"""


def crash(folder: Path, chat: int, body: str, point: str, kind: str) -> None:
    """Run the engine in a process of its own until it dies at this point."""
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(folder), str(chat), body, kind],
        env=os.environ | {"TEAHOUSE_CRASH_AT": point, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


@pytest.mark.parametrize("point", ["written", "sent"])
def test_a_room_message_is_delivered_exactly_once(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, tmp_path: Path, point: str
) -> None:
    house, room, other = engine(), server.fresh_room(), peer()
    login = account()
    mine = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    other.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    other.say(room, "before")
    until(lambda: house.bodies(chat.id) == ["before"])
    house.stop()
    crash(tmp_path / "profile", chat.id, "the one", point, "room")
    again = engine()
    until(
        lambda: [(m.body, m.state) for m in again.history(chat.id) if m.mine] == [("the one", Delivery.CONFIRMED)],
        seconds=30,
    )
    other.say(room, "fence")
    other.wait_for("fence")
    assert other.bodies().count("the one") == 1
    until(lambda: again.bodies(chat.id) == ["before", "the one", "fence"])


@pytest.mark.parametrize("point", ["written", "sent"])
def test_a_message_to_a_person_is_delivered_exactly_once(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, tmp_path: Path, point: str
) -> None:
    house, other = engine(), peer()
    login = account()
    mine = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
    chat = house.do(c.OpenPerson(mine.id, other.login.jid))
    house.do(c.SendMessage(chat.id, "first"))
    other.wait_for("first")
    house.stop()
    crash(tmp_path / "profile", chat.id, "the one", point, "person")
    again = engine()
    arrived = (Delivery.ACKED, Delivery.CONFIRMED)
    until(lambda: [m.state in arrived for m in again.history(chat.id)] == [True, True], 30)
    again.do(c.SendMessage(chat.id, "fence"))
    other.wait_for("fence")
    assert other.bodies() == ["first", "the one", "fence"]
    assert again.bodies(chat.id) == ["first", "the one", "fence"]
