"""The fault matrix: many people talk through one engine at once while something is wrong, and then all is counted.

`python -m tests.engine.matrix [FAULT ...]` prints the table; TEAHOUSE_SEEDS and TEAHOUSE_MESSAGES say how much of it,
TEAHOUSE_SEED replays one seed.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from slixmpp.jid import JID

from teahouse.domain.message import LATEST, Delivery, Message
from teahouse.store import messages
from teahouse.store.database import Database
from teahouse.store.vault import Vault
from tests.engine.house import House, Seat, Setting
from tests.rig.faults import GOOD, Faults, Plan, aborts, crumbs, flaps, garbled, half_opens, slow
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until

TICKED = (Delivery.ACKED, Delivery.CONFIRMED)
SEEDS = [int(seed) for seed in os.environ.get("TEAHOUSE_SEED", "").split()]
PAUSE, WINDOW, PATIENCE = 0.04, 12, 0.08
"""Seconds between two turns; so many own messages may be on the way before the next ones wait for them, for so many
seconds at most."""
AT_ONCE = 20
"""Talks in one engine."""


@dataclass
class Counts:
    """One row of the table."""

    fault: str
    seeds: int = 0
    messages: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    false_ticks: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    """What went wrong, for whoever mends it."""

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.disordered or self.false_ticks or self.notes)

    def __str__(self) -> str:
        found = (self.seeds, self.messages, self.lost, self.doubled, self.disordered, self.false_ticks)
        return f"{self.fault:22}" + "".join(f"{number:>10}" for number in found) + f"{self.seconds:>9.0f} s"

    def compare(self, wanted: Sequence[str], found: Sequence[str], where: str) -> None:
        """What should be somewhere, in order, and what is."""
        lost, doubled = set(wanted) - set(found), len(found) - len(set(found))
        strange = set(found) - set(wanted)
        in_both = [text for text in wanted if text not in lost]
        once = list(dict.fromkeys(text for text in found if text not in strange))
        moved = sum(one != other for one, other in zip(in_both, once, strict=False))
        self.lost += len(lost)
        self.doubled += doubled
        self.disordered += moved
        if lost or doubled or moved or strange:
            told = f"lost {sorted(lost)[:5]}, {doubled} doubled, {moved} out of order, strange {sorted(strange)[:5]}"
            at = next((at for at, (one, other) in enumerate(zip(in_both, once, strict=False)) if one != other), 0)
            part = slice(max(0, at - 1), at + 9)
            self.notes.append(f"{where}: {told}" + (f"; wanted {in_both[part]}, found {once[part]}" if moved else ""))


_COLUMNS = ("seeds", "messages", "lost", "doubled", "disorder", "ticks")
HEAD = f"{'fault':22}" + "".join(f"{word:>10}" for word in _COLUMNS)


class Talk:
    """willow, in the engine and behind a bad network, and plum, who has none: with each other, and in a room."""

    def __init__(self, server: Prosody, seed: int, turns: int, draw: "Draw | None") -> None:
        self.seed, self.turns, self.said = seed, turns, 0
        self.chance = random.Random(seed)
        self.faults = Faults(server.tls_port)
        self.faults.__enter__()
        self.login, self.plum_login = server.fresh("willow"), server.fresh("plum")
        self.room, self.server = server.fresh_room(), server
        self.plum = self._come()
        self.told = 0
        """So much plum has said in the room."""
        self._last = 0.0
        self._draw = draw

    def _come(self) -> Peer:
        peer = Peer(self.server, self.plum_login, plugins=("xep_0313",))
        peer.join(self.room, "plum")
        return peer

    def seat(self) -> Seat:
        """What the engine has to know of it."""
        ca = str(self.server.ca)
        return Seat(self.login.jid, self.login.password, self.faults.port, ca, self.room, self.plum_login.jid)

    def disturb(self) -> None:
        """From now on its connections are bad."""
        if self._draw is not None:
            self.faults.plan(*self._draw(self.chance, 12), GOOD)
            self.faults.cut()

    def calm(self) -> None:
        """From now on they are good."""
        if self._draw is not None:
            self.faults.plan(GOOD)
            self.faults.cut()

    def turn(self, house: House, under_way: int) -> bool:
        """Everybody says one thing to everybody, if it is time for it; whether there is more to say.

        Where plum is not in the room it says nothing there: that would be refused, and lost by nobody.
        """
        now = time.monotonic()
        if self.said < self.turns and now - self._last > (PAUSE if under_way < WINDOW else PATIENCE):
            self.said, self._last = self.said + 1, now
            for where, chat in (("alone", self.plum_login.jid), ("together", self.room)):
                house.order("send", house.chats[chat], f"w{self.seed} {where} {self.said} 茶")
            self.plum.message(self.login.jid, f"p{self.seed} alone {self.said} 茶")
            if self.plum.inside(self.room):
                self.plum.say(self.room, f"p{self.seed} together {self.said} 茶")
                self.told += 1
        return self.said < self.turns

    def ours(self, house: House, where: str) -> list[str]:
        """What the engine has taken to send, in that order."""
        return [text for text in list(house.has) if text.startswith(f"w{self.seed} {where} ")]

    def heard(self, kind: str) -> list[str]:
        """What plum has heard of willow, and in the room of everybody."""
        return [line.body for line in list(self.plum.lines) if line.kind == kind]

    def taken(self) -> list[str]:
        """What the room took of plum's, and gave back to her."""
        return [text for text in self.heard("groupchat") if text.startswith(f"p{self.seed} ")]

    def answered(self) -> bool:
        """Whether plum knows of all that she said in the room what became of it."""
        return len(self.taken()) + len(self.plum.refused(self.room)) >= self.told

    def archived(self, kind: str) -> list[str]:
        """What the server has of it for willow, in order, as another program of hers reads it."""
        with Peer(self.server, self.login, resource="reader", plugins=("xep_0313",)) as reader:
            return self._archived(kind, reader)

    def _archived(self, kind: str, reader: Peer) -> list[str]:
        async def read() -> list[str]:
            of = reader.client.plugin["xep_0313"].iterate(JID(self.room) if kind == "groupchat" else None)
            inner = [found["mam_result"]["forwarded"]["stanza"] async for found in of]
            return [str(said["body"]) for said in inner if said["body"] and said["type"] == kind]

        return reader.ask(read(), 30)

    def again(self) -> None:
        """plum comes back to a server that was started again."""
        self.plum.stop()
        self.plum = self._come()

    def close(self) -> None:
        """Everybody goes."""
        self.plum.stop()
        self.faults.__exit__()


Draw = Callable[[random.Random, int], list[Plan]]


class Matrix:
    """Some talks at once, through one engine, under one fault."""

    name = ""
    draw: ClassVar[Any] = None
    """How the plans of its connections are drawn, None when they are good."""
    server_lines: ClassVar[tuple[str, ...]] = ()
    """What the configuration of its server has more."""

    def __init__(self, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> None:
        self.server, self.chance = server, random.Random(seeds[0])
        self.talks = [Talk(server, seed, turns, self.draw) for seed in seeds]
        self.house = House(Setting(str(folder), [talk.seat() for talk in self.talks]))

    # -- what a fault may do ---------------------------------------------------------

    def disturb(self) -> None:
        """Everything is up: the trouble begins."""
        for talk in self.talks:
            talk.disturb()

    def trouble(self) -> None:
        """Again and again, while they talk."""

    def calm(self) -> None:
        """All is said: the trouble ends."""
        for talk in self.talks:
            talk.calm()

    # -- the talk ----------------------------------------------------------------------

    def run(self, counts: Counts) -> None:
        """Talk, and count; as many seconds are waited as each has turns, for that is what may be left to do."""
        patience = max(60, self.talks[0].turns)
        self.house.start()
        self.disturb()
        more = True
        while more:
            waiting = self._waiting()
            # No talk is left out, whatever the first one says.
            more = any([talk.turn(self.house, waiting.get(talk.seed, 0)) for talk in self.talks])
            self.trouble()
            time.sleep(0.005)
        self.calm()
        try:
            until(self._arrived, patience, "everything to arrive")
        except AssertionError as error:
            counts.notes.append(f"{error}: {self._missing()}")
        with suppress(AssertionError):
            # The last tick may have been quicker than plum.
            until(self._heard_all, 10)
        self._count(counts)

    def _heard_all(self) -> bool:
        return all(
            set(talk.ours(self.house, where)) <= set(self.heard(talk, where))
            for talk in self.talks
            for where in ("alone", "together")
        )

    def _waiting(self) -> dict[int, int]:
        ticked, refused = set(self.house.ticked), len(self.house.refused)
        found: dict[int, int] = {}
        for text in list(self.house.has):
            if text not in ticked:
                number = int(text.partition(" ")[0][1:])
                found[number] = found.get(number, 0) + 1
        return found if refused < 1_000_000 else {}

    def _answered(self) -> bool:
        sent = sum(2 * talk.said for talk in self.talks)
        return len(self.house.has) + len(self.house.refused) >= sent

    def _arrived(self) -> bool:
        if not self._answered() or not set(self.house.has) <= set(self.house.ticked):
            return False
        if not all(self.answered(talk) for talk in self.talks):
            return False
        with self.opened() as db:
            return all(
                len(self.kept(db, talk, where, mine=False)) >= len(self.theirs(talk, where))
                for talk in self.talks
                for where in ("alone", "together")
            ) and all(
                # Until the room shows them, nobody knows where among the others they are.
                message.state is Delivery.CONFIRMED
                for talk in self.talks
                for message in self.kept(db, talk, "together", mine=True)
            )

    def _missing(self) -> str:
        rest = sorted(set(self.house.has) - set(self.house.ticked))
        behind = {text.partition(" ")[0][1:] for text in rest}
        named = [word for talk in self.talks if str(talk.seed) in behind for word in (talk.login.jid, talk.room)]
        told = [line for line in self.house.said if line.split()[0] in ("online", "room", "wrong")]
        told = [line for line in told if not named or line.split()[1] in named or line.startswith("wrong")]
        return f"{len(rest)} without a tick: {rest[:10]}; {told[-20:]}"

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database as it is at this moment."""
        vault = Vault(self.house.folder)
        db = Database(vault.database, vault.key(), read_only=True)
        try:
            yield db
        finally:
            db.close()

    def kept(self, db: Database, talk: Talk, where: str, mine: bool | None = None) -> list[Message]:
        """What is on disk of a talk."""
        chat = self.house.chats[talk.plum_login.jid if where == "alone" else talk.room]
        found = messages.before(db, chat, LATEST, 99_999)
        return [m for m in found if mine is None or m.mine is mine]

    def heard(self, talk: Talk, where: str) -> list[str]:
        """What was said according to plum."""
        return talk.heard("chat" if where == "alone" else "groupchat")

    def theirs(self, talk: Talk, where: str) -> list[str]:
        """What plum has said, and in the room, what that took."""
        return talk.taken() if where == "together" else [f"p{talk.seed} alone {n + 1} 茶" for n in range(talk.turns)]

    def answered(self, talk: Talk) -> bool:
        """Whether it is known of all that plum said in the room whether that took it."""
        return talk.answered()

    def unsaid(self, talk: Talk) -> str:
        """What plum did not get said in the room, which is the rig's fault or the server's, never the engine's."""
        taken, refused = talk.taken(), talk.plum.refused(talk.room)
        if len(taken) == talk.turns:
            return ""
        lacking = [n + 1 for n in range(talk.turns) if f"p{talk.seed} together {n + 1} 茶" not in taken]
        seen = [said for said in talk.plum.presences if said[0].startswith(talk.room)][-4:]
        return f"{talk.seed}: the room has not {lacking[:5]} ... of plum's, who said {talk.told}: {refused[:3]}, {seen}"

    def _count(self, counts: Counts) -> None:
        counts.notes += filter(None, map(self.unsaid, self.talks))
        with self.opened() as db:
            for talk in self.talks:
                alone, together = self.kept(db, talk, "alone"), self.kept(db, talk, "together")
                self._compare(counts, talk, alone, "alone", self.heard(talk, "alone"))
                in_room = self.heard(talk, "together")
                self._compare(counts, talk, together, "together", in_room)
                # In a room there is one order for all.
                counts.compare(in_room, [m.body for m in together], f"{talk.seed} in the room")
                counts.seeds, counts.messages = counts.seeds + 1, counts.messages + len(alone) + len(together)

    def _compare(self, counts: Counts, talk: Talk, kept: list[Message], where: str, heard: list[str]) -> None:
        ours, theirs = talk.ours(self.house, where), self.theirs(talk, where)
        reached = [text for text in heard if text.startswith("w")]
        counts.compare(ours, [m.body for m in kept if m.mine], f"{talk.seed} own {where}")
        counts.compare(theirs, [m.body for m in kept if not m.mine], f"{talk.seed} received {where}")
        counts.compare(ours, reached, f"{talk.seed} sent {where}")
        false = {text for text in list(self.house.ticked) if text.startswith(f"w{talk.seed} {where} ")} - set(reached)
        counts.false_ticks += len(false)

    def close(self) -> None:
        """End it all."""
        self.house.stop()
        for talk in self.talks:
            talk.close()


class Aborts(Matrix):
    """Connections that are reset after some bytes."""

    name = "abort"
    draw = staticmethod(aborts)


class HalfOpens(Matrix):
    """Connections that fall silent in one direction or both."""

    name = "half-open"
    draw = staticmethod(half_opens)


class Flaps(Matrix):
    """Connections that live for a moment."""

    name = "flap"
    draw = staticmethod(flaps)


class Slow(Matrix):
    """Late and narrow ones."""

    name = "slow"
    draw = staticmethod(slow)


class Crumbs(Matrix):
    """Bytes that come one by one."""

    name = "crumbs"
    draw = staticmethod(crumbs)


class Garbled(Matrix):
    """Noise in the stream."""

    name = "garbage"
    draw = staticmethod(garbled)


class Frozen(Matrix):
    """A server that stands still, for a moment or until everybody gives it up."""

    name = "server frozen"
    _until = 0.0
    _next = 0.3

    def trouble(self) -> None:
        """Stand still, or go on."""
        now = time.monotonic()
        if self._until and now > self._until:
            self.server.thaw()
            self._until, self._next = 0.0, now + self.chance.uniform(0.5, 1.5)
        elif not self._until and now > self._next:
            self.server.freeze()
            self._until = now + self.chance.uniform(0.2, 2.0)

    def calm(self) -> None:
        """It is awake."""
        self.server.thaw()


class Killed(Matrix):
    """A server that dies and is started again: sessions are lost, plum comes back, and the archives tell what was."""

    name = "server kill -9"

    def __init__(self, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> None:
        super().__init__(server, folder, seeds, turns)
        self._left, self._read = 3, dict[tuple[int, str], list[str]]()

    def trouble(self) -> None:
        """Die in the middle, some times."""
        if self._left and min(talk.said for talk in self.talks) >= self.talks[0].turns * (4 - self._left) / 4:
            self._left -= 1
            self.server.kill()
            for talk in self.talks:
                for where, chat in (("alone", talk.plum_login.jid), ("together", talk.room)):
                    self.house.order("send", self.house.chats[chat], f"w{talk.seed} {where} {talk.said}+ 茶")
            self.server.restart()
            for talk in self.talks:
                talk.again()

    def calm(self) -> None:
        """Nobody says anything any more: the server has all that it will have as soon as all is ticked."""

    def _arrived(self) -> bool:
        return self._answered() and set(self.house.has) <= set(self.house.ticked) and super()._arrived()

    def heard(self, talk: Talk, where: str) -> list[str]:
        """What willow's archive has, or the room's: a server may die with what it has put into one of two archives."""
        if (talk.seed, where) not in self._read:
            self._read[talk.seed, where] = talk.archived("chat" if where == "alone" else "groupchat")
        return self._read[talk.seed, where]

    def answered(self, talk: Talk) -> bool:
        """A server that dies gives nothing back."""
        return True

    def unsaid(self, talk: Talk) -> str:
        """The archives tell what was said."""
        return ""

    def theirs(self, talk: Talk, where: str) -> list[str]:
        """What of plum's had reached the server when it died."""
        return [text for text in self.heard(talk, where) if text.startswith("p")]


class Forgetful(Matrix):
    """A server that keeps no session without a connection: each one begins anew, and reads the archives."""

    name = "session lost"
    draw = staticmethod(flaps)
    server_lines = ("smacks_hibernation_time = 0", "smacks_max_hibernated_sessions = 0")


class Doubled(Matrix):
    """A second device of willow's: what it says comes as a copy, from the archive, or both, and is there once."""

    name = "duplicates"
    draw = staticmethod(aborts)

    def __init__(self, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> None:
        super().__init__(server, folder, seeds, turns)
        self._twins = {talk.seed: Peer(server, talk.login, resource="twin") for talk in self.talks}
        self._said = dict.fromkeys(self._twins, 0)

    def trouble(self) -> None:
        """It says as much as willow does."""
        for talk in self.talks:
            while self._said[talk.seed] < talk.said:
                self._said[talk.seed] += 1
                self._twins[talk.seed].message(talk.plum_login.jid, f"t{talk.seed} alone {self._said[talk.seed]} 茶")

    def kept(self, db: Database, talk: Talk, where: str, mine: bool | None = None) -> list[Message]:
        """What is on disk but for what the twin said, which is counted by itself."""
        return [m for m in super().kept(db, talk, where, mine) if not m.body.startswith("t")]

    def _count(self, counts: Counts) -> None:
        super()._count(counts)
        with self.opened() as db:
            for talk in self.talks:
                found = [m.body for m in super().kept(db, talk, "alone", mine=True) if m.body.startswith("t")]
                wanted = [f"t{talk.seed} alone {n + 1} 茶" for n in range(talk.turns)]
                counts.compare(wanted, found, f"{talk.seed} the twin's")

    def close(self) -> None:
        """The twins go, too."""
        super().close()
        for twin in self._twins.values():
            twin.stop()


class Starved(Matrix):
    """Something of the computer is used up from time to time; what is refused then was never taken."""

    order: ClassVar[str] = ""
    most: ClassVar[int] = 0
    cuts: ClassVar[bool] = False
    """Whether the connections break while it is so."""
    _short = False
    _next = 0.0

    def trouble(self) -> None:
        """Take it away, or give it back."""
        now = time.monotonic()
        if now < self._next:
            return
        self._short, self._next = not self._short, now + self.chance.uniform(0.2, 0.8)
        self.house.order(self.order, self.most if self._short else 0)
        if self._short and self.cuts:
            for talk in self.talks:
                talk.faults.cut()

    def calm(self) -> None:
        """There is enough of it."""
        self.house.order(self.order, 0)


class Short(Starved):
    """Files may not grow (RLIMIT_FSIZE)."""

    name = "file size limit"
    order, most = "length", 65_536


class Full(Starved):
    """A disk of its own, which is full to the last byte. Who may not mount one has `Short` for it."""

    name = "full disk"
    order, most = "fill", 1

    def __init__(self, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> None:
        super().__init__(server, folder, seeds, turns)
        self._disk = folder / "disk"
        self._disk.mkdir(parents=True)
        size = 2_048 + len(seeds) * turns * 40
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", self._disk], check=True)
        self.house.setting.folder = str(self._disk / "profile")

    def close(self) -> None:
        """The disk goes, too."""
        super().close()
        subprocess.run(["umount", self._disk], check=True)


class Broken(Matrix):
    """A disk that fails now and then: every so-manieth fsync and write is answered by EIO."""

    name = "EIO"

    def __init__(self, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> None:
        super().__init__(server, folder, seeds, turns)
        # As often for each talk, however many there are in one engine: so much more is written.
        first, often = self.chance.randint(150, 250) * len(seeds), max(1, len(seeds) // 5)
        calls = [("fsync", 97), ("fdatasync", 89), ("pwrite64", 397)]
        wrong = [f"inject={name}:error=EIO:when={first}+{every * often}" for name, every in calls]
        traced = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,pwrite64"]
        self.house.before = [*traced, *(word for each in wrong for word in ("-e", each))]


class Closed(Starved):
    """No file and no connection can be opened."""

    name = "no descriptors"
    order, most, cuts = "files", 8, True


class Timeless(Matrix):
    """A clock that is set back by a day, ahead by ten years, and by an hour for the summer."""

    name = "clock"
    draw = staticmethod(flaps)
    _next = 0.0

    def trouble(self) -> None:
        """Set it."""
        if time.monotonic() > self._next:
            self._next = time.monotonic() + self.chance.uniform(0.2, 0.6)
            self.house.order("clock", self.chance.choice((0, -86_400, 3_600, -3_600, 315_360_000)), 0)

    def calm(self) -> None:
        """It is right again."""
        super().calm()
        self.house.order("clock", 0, 0)


class Asleep(Matrix):
    """A computer that sleeps for eight hours at a time; by then its connections are gone, on one side at least."""

    name = "sleep 8 h"
    _hours, _next = 0, 0.5
    draw = staticmethod(flaps)

    def disturb(self) -> None:
        """Only sleep disturbs."""

    def trouble(self) -> None:
        """Sleep, and wake up."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next, self._hours = now + self.chance.uniform(0.5, 1.5), self._hours + 8
        self.house.signal(signal.SIGSTOP)
        for talk in self.talks:
            if self.chance.random() < 0.5:
                talk.faults.cut()
            talk.plum.message(talk.login.jid, "")
        self.house.order("clock", 3_600 * self._hours, 3_600 * self._hours)
        self.house.signal(signal.SIGCONT)

    def calm(self) -> None:
        """It stays awake."""


def _may_mount() -> bool:
    """Whether this process has CAP_SYS_ADMIN (capabilities(7))."""
    status = Path("/proc/self/status").read_text().splitlines()
    return bool(int(next(line for line in status if line.startswith("CapEff:")).split()[1], 16) >> 21 & 1)


FAULTS: dict[str, type[Matrix]] = {
    made.name: made
    for made in (
        *(Aborts, HalfOpens, Flaps, Slow, Crumbs, Garbled, Frozen, Killed, Forgetful, Doubled),
        *((Full,) if _may_mount() else ()),
        *(Short, Broken, Closed, Timeless, Asleep),
    )
}


OPEN = (Full.name, Short.name, Broken.name)
"""Faults of disks: one run in some twenty leaves something unfinished. The table shows them, the tests do not."""


def run(fault: str, server: Prosody, folder: Path, seeds: Sequence[int], turns: int) -> Counts:
    """Some seeds of one fault, as many at once as one engine bears."""
    counts, begun = Counts(fault), time.monotonic()
    print(f"TEAHOUSE_SEED='{' '.join(map(str, seeds))}'", fault)
    for first in range(0, len(seeds), AT_ONCE):
        matrix = FAULTS[fault](server, folder / str(first), seeds[first : first + AT_ONCE], turns)
        try:
            matrix.run(counts)
        finally:
            matrix.close()
    counts.seconds = time.monotonic() - begun
    return counts


class Own(Prosody):
    """A server with some lines of its own in the configuration."""

    lines: Sequence[str] = ()

    def set_up(self) -> None:
        """Write the configuration."""
        super().set_up()
        file = self.folder / "prosody.cfg.lua"
        file.write_text("\n".join([*self.lines, file.read_text()]))


def served(fault: str, folder: Path) -> Prosody:
    """A server for one fault, which may do with it what it likes."""
    server = Own(folder / "server")
    server.lines = FAULTS[fault].server_lines
    return server.start()


def main(names: Sequence[str]) -> int:
    """Print the table."""
    seeds = SEEDS or list(range(1, 1 + int(os.environ.get("TEAHOUSE_SEEDS", "5"))))
    turns = int(os.environ.get("TEAHOUSE_MESSAGES", "300")) // 4
    print(HEAD, flush=True)
    bad = 0
    with ExitStack() as stack:
        for name in names or FAULTS:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = served(name, folder)
            try:
                counts = run(name, server, folder, seeds, turns)
            finally:
                server.stop()
            print(counts, *counts.notes, sep="\n    ", flush=True)
            bad += not counts.clean
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
