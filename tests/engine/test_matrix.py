"""The fault matrix: whatever the network and the server do, nothing is lost, doubled, out of order or ticked falsely.

Both directions, with a person and in a room, by seeds, which are printed: `TEAHOUSE_SEED=7 tests/run -k matrix` replays
one. `matrix.py` holds the faults. What a lying server does with the counts of a session stands in `test_stream.py`,
what a hostile archive does in `tests/security/test_archives.py`, what comes inside the stream in
`tests/security/test_streams.py`, kills and power cuts in `test_kills.py` and `test_power.py`.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.message import Delivery
from tests.engine import matrix
from tests.engine.test_delivery import MakeEngine
from tests.engine.test_stream import signed_in, through
from tests.rig.engine import RunningEngine
from tests.rig.faults import GOOD, Faults, Plan, aborts, flaps, half_opens
from tests.rig.peer import Peer
from tests.rig.prosody import Login, Prosody
from tests.rig.wait import until

pytestmark = pytest.mark.allows_log(r"socket\.send\(\) raised exception|SSL connection is closed")
"""What asyncio says of writing to a connection that was broken a moment before."""
TICKED = (Delivery.ACKED, Delivery.CONFIRMED)
SEEDS = [int(seed) for seed in os.environ.get("TEAHOUSE_SEED", "").split()]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes minutes otherwise, in moments."""
    monkeypatch.setattr("teahouse.engine.session.pause_after", lambda _: 0.02)
    monkeypatch.setattr("teahouse.engine.session.PING", (0.2, 0.6))
    monkeypatch.setattr("teahouse.engine.session.HANDSHAKE", 1.5)


@dataclass
class Talk:
    """willow, who has the faults, and plum, who has none: with each other, and in a room."""

    house: RunningEngine
    login: Login
    plum: Peer
    room: str
    chat: int
    person: int
    said: int = 0
    heard: dict[str, list[str]] = field(default_factory=lambda: {"alone": [], "together": []})

    @property
    def jid(self) -> str:
        """willow's address."""
        return self.login.jid

    def turn(self) -> None:
        """Everybody says one thing to everybody, numbered."""
        self.said += 1
        self.house.do(c.SendMessage(self.person, f"willow alone {self.said}"))
        self.plum.message(self.jid, f"plum alone {self.said}")
        self.house.do(c.SendMessage(self.chat, f"willow together {self.said}"))
        self.plum.say(self.room, f"plum together {self.said}")

    def expected(self, who: str, where: str) -> list[str]:
        """What was said."""
        return [f"{who} {where} {number}" for number in range(1, self.said + 1)]

    def arrived(self) -> bool:
        """Whether everything has."""
        chats = (self.chat, self.person)
        counts = [len(self.house.bodies(chat)) for chat in chats]
        return self.ticked() and min(counts) >= 2 * self.said and len(self.plum_heard("together")) >= self.said

    def ticked(self) -> bool:
        """Whether all that willow said is shown as arrived."""
        return all(m.state in TICKED for chat in (self.chat, self.person) for m in self.house.history(chat) if m.mine)

    def plum_heard(self, where: str) -> list[str]:
        """What plum has heard of willow, then and now."""
        lines = [line.body for line in list(self.plum.lines)]
        return self.heard[where] + [body for body in lines if body.startswith(f"willow {where}")]

    def false_ticks(self) -> set[str]:
        """What was shown as arrived and has not been heard."""
        changed = self.house.seen(e.MessageChanged, lambda event: event.message.state in TICKED)
        ticked = {event.message.body for event in changed if event.message.body.startswith("willow")}
        return ticked - set(self.plum_heard("alone")) - set(self.plum_heard("together"))

    def check(self, seconds: float = 60) -> None:
        """Lost 0, doubled 0, out of order 0, false ticks 0."""
        until(self.arrived, seconds, f"{self.said} turns to arrive: {self.summary()}")
        for where, chat in (("alone", self.person), ("together", self.chat)):
            until(lambda where=where: len(self.plum_heard(where)) >= self.said)  # type: ignore[misc]
            assert self.plum_heard(where) == self.expected("willow", where)
            theirs = [body for body in self.house.bodies(chat) if body.startswith("plum")]
            assert theirs == self.expected("plum", where)
            ours = [body for body in self.house.bodies(chat) if body.startswith("willow")]
            assert ours == self.expected("willow", where)
        assert self.false_ticks() == set()

    def summary(self) -> str:
        """How far it has come."""
        chats = (self.person, self.chat)
        states = [[f"{m.body}:{m.state.name}" for m in self.house.history(x) if m.state not in (0, 4)] for x in chats]
        return f"{states} {[len(self.house.bodies(x)) for x in chats]}"


def talk(engine: MakeEngine, server: Prosody, faults: Faults, plum: Peer) -> Talk:
    """Both are in the room and know each other."""
    house, room = engine(), server.fresh_room()
    login = server.fresh("willow")
    mine = signed_in(house, server, faults, lambda: login)
    plum.join(room, "plum")
    chat = house.do(c.JoinRoom(mine.id, room, "willow"))
    person = house.do(c.OpenPerson(mine.id, plum.login.jid))
    made = Talk(house, login, plum, room, chat.id, person.id)
    made.turn()
    until(made.arrived)
    return made


@pytest.fixture
def plum(server: Prosody) -> Iterator[Peer]:
    """The other one."""
    with Peer(server, server.fresh("plum")) as one:
        yield one


BAD: dict[str, Callable[[random.Random, int], list[Plan]]] = {"abort": aborts, "half-open": half_opens, "flap": flaps}


def run(fault: str, seed: int, turns: int, count: int, made: Talk, faults: Faults) -> None:
    """Talk on while one connection after the other breaks."""
    chance = random.Random(seed)
    plans = BAD[fault](chance, count)
    print(f"TEAHOUSE_SEED={seed}", [plan.kind for plan in plans])
    before = len(faults.taken)
    faults.plan(*plans, GOOD)
    faults.cut()
    each = max(1, turns // count)
    for number in range(turns):
        made.turn()
        if number % each == each - 1:
            until(lambda wanted=before + number // each: len(faults.taken) > wanted or made.arrived(), 30)  # type: ignore[misc]
    faults.plan(GOOD)
    faults.cut()
    made.check()


SOUND = [fault for fault in matrix.FAULTS if fault not in matrix.OPEN]


def counted(fault: str, folder: Path, seeds: Sequence[int], count: int) -> None:
    """One row of the matrix, which must be clean."""
    server = matrix.served(fault, folder)
    try:
        row = matrix.run(fault, server, folder, seeds, count // 4)
    finally:
        server.stop()
    print(matrix.HEAD, row, sep="\n")
    assert row.clean, "\n".join([str(row), *row.notes])


@pytest.mark.parametrize("fault", SOUND)
def test_matrix(tmp_path: Path, fault: str) -> None:
    counted(fault, tmp_path, matrix.SEEDS or range(1, 6), 300)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", SOUND)
def test_matrix_of_twenty_seeds(tmp_path: Path, fault: str) -> None:
    counted(fault, tmp_path, range(6, 26), 300)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("fault", SOUND)
def test_matrix_of_a_hundred_seeds(tmp_path: Path, fault: str) -> None:
    counted(fault, tmp_path, range(100, 200), 1_000)


@pytest.mark.parametrize("server", ["ejabberd"], indirect=True)
@pytest.mark.parametrize("fault", ["abort", "half-open", "flap"])
def test_matrix_on_another_server(engine: MakeEngine, server: Prosody, plum: Peer, fault: str) -> None:
    with Faults(server.tls_port) as faults:
        made = talk(engine, server, faults, plum)
        run(fault, 1, 20, 6, made, faults)
        made.house.stop()


@pytest.mark.parametrize("seed", SEEDS or [1])
def test_matrix_of_two_devices(engine: MakeEngine, server: Prosody, plum: Peer, seed: int) -> None:
    """What one of them says comes to the other as a copy, from the archive, or both: it is there once."""
    chance = random.Random(seed)
    with Faults(server.tls_port) as faults, Faults(server.tls_port) as others:
        made = talk(engine, server, faults, plum)
        second = engine("second")
        twin = second.do(c.AddAccount(made.login.jid, made.login.password, "willow", through(server, others)))
        person = second.do(c.OpenPerson(twin.id, plum.login.jid))
        faults.plan(*aborts(chance, 4), *flaps(chance, 2), GOOD)
        others.plan(*flaps(chance, 2), *aborts(chance, 4), GOOD)
        for number in range(20):
            made.turn()
            second.do(c.SendMessage(person.id, f"twin alone {number + 1}"))
            if number % 4 == 3:
                faults.cut()
                others.cut()
        made.check()
        theirs = made.expected("plum", "alone") + made.expected("willow", "alone")
        wanted = sorted(theirs + [f"twin alone {number + 1}" for number in range(20)])
        for house, chat in ((made.house, made.person), (second, person.id)):
            until(lambda house=house, chat=chat: sorted(house.bodies(chat)) == wanted, 30)  # type: ignore[misc]

        def heard() -> list[str]:
            return [line.body for line in list(plum.lines) if line.body.startswith("twin")]

        until(lambda: heard() == [f"twin alone {number + 1}" for number in range(20)])
        second.stop()
        made.house.stop()
