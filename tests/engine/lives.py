"""Lives of the engine, each in a process of its own that may be killed at any point; forked from one that is warm.

`python -m tests.engine.lives` reads one life a line (JSON of `Life`), forks it, and tells line by line what comes of
it: `point NAME` for each point that is passed, `born PID`, `ended STATUS`, and whatever the life itself says.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from teahouse.domain.problem import Fault, Trouble
from tests.rig.wait import until

PASSPHRASE = "tea for two"


@dataclass
class Life:
    """What a life is to do. Every one begins by doing again what an earlier one may not have come to."""

    folder: str
    jid: str
    password: str
    port: int
    ca: str
    room: str
    person: str
    stranger: str
    point: str = ""
    """Where it dies: `sent:3`."""
    first: int = 1
    """The number of the first message that it sends to the person, and in the room."""
    count: int = 0
    chores: Sequence[str] = ()
    offset: float = 0.0
    """Seconds by which its clock is ahead."""


@dataclass
class Told:
    """What lives have said so far."""

    lines: list[str] = field(default_factory=list)

    def words(self, first: str) -> list[str]:
        """The rest of every line that begins with this word."""
        return [line.partition(" ")[2] for line in list(self.lines) if line.partition(" ")[0] == first]


class Zygote:
    """A warm process, from which one life at a time is forked. Use it as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.engine.lives"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.told = Told()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.lines.append(line.rstrip("\n"))

    def begin(self, life: Life) -> Told:
        """Fork a life; what it says, from its birth."""
        assert self._process.stdin is not None
        self.told = Told()
        self._process.stdin.write(json.dumps(asdict(life)) + "\n")
        until(lambda: self.told.words("born"), 30, "a birth")
        return self.told

    def kill(self) -> None:
        """The life that is going on ends here."""
        os.kill(int(self.told.words("born")[-1]), signal.SIGKILL)

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return bool(self.told.words("ended"))

    def end(self) -> None:
        """Kill what is going on, and wait."""
        if not self.ended:
            self.kill()
        until(lambda: self.ended, 10, "the end")

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        if self.told.words("born") and not self.ended:
            self.kill()
        self._process.stdin.close()
        self._process.wait(10)
        self._thread.join(10)
        self._process.stdout.close()


def tell(*words: object) -> None:
    """One line, whole or not at all."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def _watch(point: str) -> None:
    """Tell of each point once, and die at this one."""
    from teahouse import crash

    passed: set[str] = set()
    dies = crash.dies_at(point)

    def pass_by(name: str) -> None:
        if name not in passed:
            passed.add(name)
            tell("point", name)
        dies(name)

    crash.at = pass_by


def _hurry() -> None:
    """What takes seconds otherwise, in moments."""
    from teahouse.engine import entering, session
    from teahouse.store import vault

    session.pause_after = lambda failures: 0.02
    session.PING, session.HANDSHAKE = (0.3, 1.0), 3.0
    entering.REPLAY_PATIENCE = 1.0
    vault.MEMORY_KIB = 1024


def live(life: Life) -> None:
    """From the first start of the program to whatever end."""
    from teahouse.domain import commands as c
    from teahouse.domain.account import Link, Server
    from teahouse.domain.chat import Presence
    from teahouse.domain.events import AccountStored, ChatStored, Event, LinkChanged, MessageChanged
    from teahouse.domain.message import Delivery
    from tests.rig.engine import RunningEngine

    _watch(life.point)

    class House(RunningEngine):
        def _heard(self, event: Event) -> None:
            super()._heard(event)
            if isinstance(event, MessageChanged) and event.message.state in (Delivery.ACKED, Delivery.CONFIRMED):
                tell("tick", event.message.body)

        def insist(self, command: c.Command) -> Any:
            """Carry it out as soon as there is a connection for it."""
            while True:
                before = len(self.seen(LinkChanged, lambda e: e.link is Link.ONLINE))
                try:
                    return self.do(command)
                except Trouble as trouble:
                    if trouble.problem.fault not in (Fault.OFFLINE, Fault.CONNECTION_LOST):
                        raise
                until(lambda before=before: len(self.seen(LinkChanged, lambda e: e.link is Link.ONLINE)) > before)  # type: ignore[misc]

    house = House(Path(life.folder))
    # Commands wait until everything is open and announced.
    house.do(c.AnnounceAll())
    kept = house.seen(AccountStored)
    server = Server("127.0.0.1", life.port, True, life.ca)
    wish = c.AddAccount(life.jid, life.password, "willow", server)
    mine = kept[-1].account if kept else house.insist(wish)
    house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)

    def enter(room: str) -> int:
        chat: int = house.insist(c.JoinRoom(mine.id, room, "willow")).id
        house.wait(ChatStored, lambda e: e.chat.id == chat and e.chat.presence is Presence.HERE)
        return chat

    room, person = enter(life.room), house.insist(c.OpenPerson(mine.id, life.person)).id
    # What was said before the first look at an archive is the past, which the user may fetch.
    until(lambda: {life.jid, life.room} <= house.read_archives(), 20, "both archives to be read")
    tell("ready", room, person)
    for number in range(life.first, life.first + life.count):
        for where, chat in (("alone", person), ("together", room)):
            body = f"willow {where} {number}"
            tell("says", body)
            house.do(c.SendMessage(chat, body))
            tell("has", body)
    chores: dict[str, Callable[[], object]] = {
        "tidy": lambda: _tidy(house, enter(f"attic-{life.room}")),
        "back up": lambda: house.do(c.BackUp(str(Path(life.folder) / "tea.backup"), PASSPHRASE)),
        "welcome": lambda: house.do(c.OpenPerson(mine.id, life.stranger)),
        "leave": lambda: house.insist(c.LeaveRoom(enter(f"porch-{life.room}"))),
    }
    for chore in life.chores:
        chores[chore]()
        tell("did", chore)
    tell("idle")
    threading.Event().wait()


def _tidy(house: "object", attic: int) -> None:
    """Say something where nothing is kept, and clear it away."""
    from teahouse.domain import commands as c
    from tests.rig.engine import RunningEngine

    assert isinstance(house, RunningEngine)
    for number in range(3):
        house.do(c.SendMessage(attic, f"dust {number}"))
    # Of what an earlier life said there nobody may tell any more than that the server had it.
    until(lambda: all(m.state in (3, 4) for m in house.history(attic)), 10, "the dust to settle")
    house.do(c.DeleteMessage(house.history(attic)[0].id))
    house.do(c.ClearHistory(attic))


def main() -> None:
    """Be the zygote: warm, without a thread, and a parent."""
    import teahouse.engine.engine  # noqa: F401
    from tests.rig.engine import RunningEngine  # noqa: F401

    _hurry()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                live(Life(**json.loads(line)))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        tell("born", child)
        tell("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
