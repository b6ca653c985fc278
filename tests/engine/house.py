"""An engine with many accounts in a process of its own, for the fault matrix: it may be stopped, starved and disturbed.

`python -m tests.engine.house` reads one `Setting` and then orders, each a line of JSON, and tells line by line what
happens: `has BODY` when a message is on disk, `refused BODY`, `tick BODY`, `online JID`.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.rig.wait import until


@dataclass
class Seat:
    """One account, and whom it talks with."""

    jid: str
    password: str
    port: int
    ca: str
    room: str
    person: str


@dataclass
class Setting:
    """What an engine is to be."""

    folder: str
    seats: Sequence[Seat] = ()


@dataclass
class House:
    """The other end of the line. `before` is a command that runs it."""

    setting: Setting
    before: Sequence[str] = ()
    has: list[str] = field(default_factory=list)
    """Texts in the order in which they came to be on disk."""
    refused: list[str] = field(default_factory=list)
    ticked: set[str] = field(default_factory=set)
    online: "Counter[str]" = field(default_factory=Counter)
    chats: dict[str, int] = field(default_factory=dict)
    """Chats by their address."""
    said: list[str] = field(default_factory=list)
    """All its lines."""

    def start(self) -> "House":
        """Wait until everybody is online and in their room, and knows where its archive ends."""
        self.process = subprocess.Popen(
            [*self.before, sys.executable, "-P", "-m", "tests.engine.house"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(self.setting)) + "\n")
        until(lambda: "ready" in self.said or self.process.poll() is not None, 90, "the engine")
        assert "ready" in self.said, self.said
        return self

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            line = raw.rstrip("\n")
            word, _, rest = line.partition(" ")
            if word == "has":
                self.has.append(rest)
            elif word == "refused":
                self.refused.append(rest)
            elif word == "tick":
                self.ticked.add(rest)
            elif word == "online":
                self.online[rest] += 1
            elif word == "chat":
                self.chats[rest.split()[0]] = int(rest.split()[1])
            self.said.append(line)

    def order(self, *words: object) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words) + "\n")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the engine itself."""
        pid = next(int(line.split()[1]) for line in self.said if line.startswith("pid "))
        os.kill(pid, number)

    @property
    def folder(self) -> Path:
        """Its profile."""
        return Path(self.setting.folder)

    def stop(self) -> None:
        """End it, kindly if possible."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join(5)
        self.process.stdout.close()


def tell(*words: object) -> None:
    """One line."""
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def _hurry(ahead: list[float]) -> None:
    """What takes minutes otherwise, in moments; `ahead` is by how much the computer has slept."""
    from teahouse.engine import catchup, entering, inbound, session

    awake = session._slept
    session._slept = lambda: awake() + ahead[1]
    session.pause_after = lambda failures: 0.02
    session.PING, session.HANDSHAKE = (0.2, 0.6), 1.5
    inbound.RETRY = catchup.RETRY = 0.2
    entering.REPLAY_PATIENCE, entering.ENTER_PATIENCE, entering.RETRY = 1.0, 5.0, 0.2


def main() -> None:
    """Be the engine."""
    from teahouse.domain import commands as c
    from teahouse.domain.account import Link, Server
    from teahouse.domain.chat import Presence
    from teahouse.domain.events import (
        Answered,
        ChatStored,
        Event,
        LinkChanged,
        MessageChanged,
        MessageStored,
        Refused,
        WentWrong,
    )
    from teahouse.domain.message import Delivery
    from teahouse.engine.thread import EngineThread
    from tests.rig import engine as rig

    ahead = [0.0, 0.0]
    _hurry(ahead)
    ticked = (Delivery.ACKED, Delivery.CONFIRMED)
    under_way: dict[int, str] = {}
    addresses: dict[int, str] = {}
    rooms: dict[str, Presence] = {}

    class Timed(EngineThread):
        """By a clock that may be set."""

        def __init__(self, *given: Any, **more: Any) -> None:
            more.pop("resolvers")
            super().__init__(*given, **more, clock=lambda: time.time() + ahead[0])

    class Told(rig.RunningEngine):
        """Tells what counts."""

        def _heard(self, event: Event) -> None:
            if isinstance(event, Answered | Refused) and event.ticket in under_way:
                tell("has" if isinstance(event, Answered) else "refused", under_way.pop(event.ticket))
            elif isinstance(event, MessageChanged | MessageStored) and event.message.state in ticked:
                tell("tick", event.message.body)
            elif isinstance(event, LinkChanged) and event.link is Link.ONLINE and event.account in addresses:
                tell("online", addresses[event.account])
            elif isinstance(event, ChatStored) and rooms.get(event.chat.jid) is not event.chat.presence:
                rooms[event.chat.jid] = event.chat.presence
                tell("room", event.chat.jid, event.chat.presence.name, event.chat.ending)
            elif isinstance(event, WentWrong):
                tell("wrong", event.problem.fault.value, event.problem.about, event.chat)
            super()._heard(event)

    rig.EngineThread = Timed  # type: ignore[attr-defined]
    setting = json.loads(sys.stdin.readline())
    house = Told(Path(setting["folder"]))
    for seat in setting["seats"]:
        server = Server("127.0.0.1", seat["port"], True, seat["ca"])
        mine = house.do(c.AddAccount(seat["jid"], seat["password"], "willow", server))
        addresses[mine.id] = seat["jid"]
        house.wait(LinkChanged, lambda e, n=mine.id: e.account == n and e.link is Link.ONLINE)  # type: ignore[misc]
        room = house.do(c.JoinRoom(mine.id, seat["room"], "willow")).id
        house.wait(ChatStored, lambda e, n=room: e.chat.id == n and e.chat.presence is Presence.HERE)  # type: ignore[misc]
        tell("chat", seat["room"], room)
        tell("chat", seat["person"], house.do(c.OpenPerson(mine.id, seat["person"])).id)
    # What was said before the first look at an archive is the past, which the user may fetch.
    archives = {jid for seat in setting["seats"] for jid in (seat["jid"], seat["room"])}
    until(lambda: archives <= house.read_archives(), 60, "all archives to be read")
    tell("pid", os.getpid())
    tell("ready")
    for ticket, line in enumerate(sys.stdin, 1_000_000):
        _obey(house, json.loads(line), ticket, under_way, ahead)
    house.stop()


def _obey(house: Any, order: list[Any], ticket: int, under_way: dict[int, str], ahead: list[float]) -> None:
    from teahouse.domain import commands as c

    word, *rest = order
    ballast = house.folder.parent / "ballast"
    if word == "send":
        under_way[ticket] = rest[1]
        house.thread.submit(c.SendMessage(rest[0], rest[1]), ticket)
    elif word == "clock":
        ahead[:] = rest
    elif word == "files":
        resource.setrlimit(resource.RLIMIT_NOFILE, (rest[0] or 4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    elif word == "length":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (rest[0] or resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    elif word == "fill" and rest[0]:
        with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
    elif word == "fill":
        ballast.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
