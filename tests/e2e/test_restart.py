"""The real program is killed in the middle of a talk and started again: there is a window to write in, soon."""

import os
import statistics
import time
from pathlib import Path

import pytest

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Delivery, Message
from teahouse.store import chats, messages
from teahouse.store.messages import Identity
from tests.e2e.driven import hands
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.rig.xvfb import Xvfb
from tests.speed.window import profile


def killed_again_and_again(home: Path, display: Xvfb, server: Prosody, times: int) -> list[float]:
    """Seconds from each start on what a kill has left to a chat that can be written in."""
    login, room = server.fresh("willow"), server.fresh_room("evening")
    db, account = profile(home, Account(0, login.jid, "willow", server=server.server()), login.password)
    chat = chats.ensure(db, account.id, room, ChatKind.ROOM, "Evening tea")
    chats.set_joined(db, chat.id, "willow", "")
    with db.transaction():
        for number in range(2_000):
            said = Message(0, account.id, chat.id, number, number, "plum", f"line {number}", False, Delivery.RECEIVED)
            chats.spoken(db, chat.id, messages.append(db, said, Identity()), 0, 0)
    db.close()
    took = []
    with Peer(server, server.fresh("plum")) as plum:
        plum.join(room, "plum")
        for number in range(times + 1):
            begun = time.monotonic()
            with hands(home, display, "usable") as program:
                until(lambda p=program, n=number: p.output.count("hands: usable") > n, 20, "a window to write in")  # type: ignore[misc]
                took.append(time.monotonic() - begun)
                plum.say(room, f"good evening {number}")
                until(lambda p=program, n=number: p.output.count("hands: heard") > n, 20, "what plum says")  # type: ignore[misc]
                program.kill9()
    return took[1:]


def test_a_program_that_was_killed_is_there_again(tmp_path: Path, display: Xvfb, server: Prosody) -> None:
    assert len(killed_again_and_again(tmp_path, display, server, 1)) == 1


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_how_soon_a_program_that_was_killed_is_there_again(tmp_path: Path, display: Xvfb, server: Prosody) -> None:
    took = killed_again_and_again(tmp_path, display, server, int(os.environ.get("TEAHOUSE_KILLS", "20")))
    print(f"{len(took)} restarts: median {statistics.median(took):.2f} s, worst {max(took):.2f} s")
    assert max(took) <= 3.0
