"""The fault matrix: whatever the network and the server do, nothing is lost, doubled, out of order or ticked falsely.

Both directions, with a person and in a room, by seeds: `TEAHOUSE_SEED=7 tests/run -k matrix` replays one. The seed of
a run that fails stands in the name of its test.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link
from teahouse.domain.chat import Presence
from teahouse.domain.message import Delivery
from tests.engine.test_delivery import MakeEngine
from tests.engine.test_stream import links, signed_in, through
from tests.rig.engine import RunningEngine
from tests.rig.faults import GOOD, Faults, Plan, aborts, flaps, half_opens, slow
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


Draw = Callable[[random.Random, int], list[Plan]]
BAD: dict[str, Draw] = {"abort": aborts, "half-open": half_opens, "flap": flaps, "slow": slow}


def run(draw: Draw, seed: int, turns: int, count: int, made: Talk, faults: Faults) -> None:
    """Talk on while one connection after the other breaks."""
    chance = random.Random(seed)
    plans = draw(chance, count)
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


@pytest.mark.parametrize("seed", SEEDS or [1, 2])
@pytest.mark.parametrize("fault", BAD)
def test_matrix_of_bad_networks(engine: MakeEngine, server: Prosody, plum: Peer, fault: str, seed: int) -> None:
    with Faults(server.tls_port) as faults:
        made = talk(engine, server, faults, plum)
        run(BAD[fault], seed, 20, 6, made, faults)
        made.house.stop()


@pytest.mark.parametrize("server", ["ejabberd"], indirect=True)
@pytest.mark.parametrize("fault", ["abort", "half-open", "flap"])
def test_matrix_on_another_server(engine: MakeEngine, server: Prosody, plum: Peer, fault: str) -> None:
    with Faults(server.tls_port) as faults:
        made = talk(engine, server, faults, plum)
        run(BAD[fault], 1, 20, 6, made, faults)
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


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS or range(10, 20))
@pytest.mark.parametrize("fault", BAD)
def test_matrix_of_bad_networks_long(engine: MakeEngine, server: Prosody, plum: Peer, fault: str, seed: int) -> None:
    with Faults(server.tls_port) as faults:
        made = talk(engine, server, faults, plum)
        run(BAD[fault], seed, 300, 40, made, faults)
        made.house.stop()


def again(made: Talk, server: Prosody, login: Login) -> None:
    """plum comes back after the server died; what it heard so far stays heard."""
    for where, heard in made.heard.items():
        heard[:] = made.plum_heard(where)
    made.plum = Peer(server, login)
    made.plum.join(made.room, "plum")


@pytest.mark.parametrize("seed", SEEDS or [1])
def test_matrix_of_a_server_that_dies(engine: MakeEngine, own_server: Prosody, seed: int) -> None:
    """What the server had taken is in its archive, whatever became of the sessions: a witness reads it there."""
    chance, login = random.Random(seed), own_server.fresh("plum")
    print(f"TEAHOUSE_SEED={seed}")
    with Faults(own_server.tls_port) as faults:
        made = talk(engine, own_server, faults, Peer(own_server, login))
        for _ in range(3):
            for _ in range(chance.randint(1, 4)):
                made.turn()
            if chance.random() < 0.5:
                until(made.ticked, 30, made.summary())
            own_server.kill()
            before = links(made.house)
            made.house.do(c.SendMessage(made.person, f"willow alone {made.said + 1}"))
            made.house.do(c.SendMessage(made.chat, f"willow together {made.said + 1}"))
            own_server.restart()
            again(made, own_server, login)
            until(lambda before=before: links(made.house) > before, 30)  # type: ignore[misc]
            made.plum.message(made.jid, f"plum alone {made.said + 1}")
            made.plum.say(made.room, f"plum together {made.said + 1}")
            made.said += 1
        witnessed(engine, own_server, made, login)
        made.house.stop()


def witnessed(engine: MakeEngine, server: Prosody, made: Talk, login: Login) -> None:
    """What plum's account and the room hold, as another program of plum's reads it."""
    until(made.ticked, 60, made.summary())
    made.plum.stop()
    house = engine("witness")
    mine = house.do(c.AddAccount(login.jid, login.password, "witness", server.server()))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    person = house.do(c.OpenPerson(mine.id, made.jid))
    chat = house.do(c.JoinRoom(mine.id, made.room, "witness"))
    house.wait(e.ChatStored, lambda event: event.chat.id == chat.id and event.chat.presence is Presence.HERE)
    for where, here, there in (("alone", person.id, made.person), ("together", chat.id, made.chat)):
        ours = made.expected("willow", where)
        until(lambda here=here: not house.do(c.FetchOlder(here)))  # type: ignore[misc]

        def heard(here: int = here) -> list[str]:
            return [body for body in house.bodies(here) if body.startswith("willow")]

        until(lambda heard=heard, ours=ours: len(heard()) >= len(ours), 20, f"{ours} at {where}")  # type: ignore[misc]
        assert heard() == ours
        theirs = [body for body in house.bodies(here) if body.startswith("plum")]

        def known(there: int = there) -> list[str]:
            return [body for body in made.house.bodies(there) if body.startswith("plum")]

        until(lambda known=known, theirs=theirs: known() == theirs)  # type: ignore[misc]
        assert len(set(theirs)) == len(theirs)
    house.stop()
