"""An engine in a process of its own under strace, which writes down every socket it makes and every place it calls."""

import contextlib
import copyreg
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import MappingProxyType
from typing import Any

from teahouse.domain.commands import Command
from teahouse.domain.events import Event
from teahouse.engine.thread import EngineThread

_CALLS = "trace=socket,connect,sendto,sendmsg,sendmmsg,bind"


@dataclass(frozen=True)
class Call:
    """One system call: its name, what stood in its brackets, and what it answered."""

    name: str
    said: str
    answer: str
    task: int = 0
    """The process or thread that made it."""


def tracing(file: Path, *more: str) -> list[str]:
    """The command that runs a program and writes down its sockets, and further calls, into a file."""
    return ["strace", "-f", "-qq", "--seccomp-bpf", "-s", "200", "-e", ",".join((_CALLS, *more)), "-o", str(file)]


def read_trace(file: Path) -> list[Call]:
    """The calls of a trace, in order; those that took turns with others are put together again."""
    begun: dict[str, str] = {}
    found = []
    for raw in file.read_text(errors="replace").splitlines():
        number, _, text = raw.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[number] = text.removesuffix("<unfinished ...>").strip()
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
            text = begun.pop(number, "") + resumed[1]
        if call := re.fullmatch(r"(\w+)\((.*)\)\s+= (.*)", text):
            found.append(Call(call[1], call[2], call[3], int(number)))
    return found


def descended(calls: list[Call], ancestor: int) -> list[Call]:
    """The calls of a process, of its threads and of all that it started; needs a trace with clone, clone3 and vfork."""
    family = {ancestor}
    for call in calls:
        child = call.answer.split()[0]
        if call.task in family and call.name in ("clone", "clone3", "fork", "vfork") and child.isdigit():
            family.add(int(child))
    return [call for call in calls if call.task in family]


class TracedEngine:
    """As EngineThread, but elsewhere; `calls` is what strace saw of the process and of all that it started."""

    def __init__(
        self,
        folder: Path,
        announce: Callable[[Event], None],
        opened: Callable[[Path, bytes], None],
        *,
        tell_broker: Callable[[str], None] | None = None,
        **how: Any,
    ) -> None:
        self._announce, self._opened, self._tell = announce, opened, tell_broker
        self._trace = folder / "trace.txt"
        self._line, theirs = Pipe()
        self._process = subprocess.Popen(
            [*tracing(self._trace), sys.executable, "-P", "-m", "tests.rig.traced", str(theirs.fileno())],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._line.send((folder, tell_broker is not None, how))
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Take what it says from now on."""
        self._thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                word, value = self._line.recv()
                if word == "event":
                    self._announce(value)
                elif word == "opened":
                    self._opened(*value)
                elif self._tell is not None:
                    self._tell(value)

    def submit(self, command: Command, ticket: int) -> None:
        """Give a command."""
        self._line.send(("submit", (command, ticket)))

    def hear(self, line: str) -> None:
        """Give it a line of the broker."""
        with contextlib.suppress(OSError):
            self._line.send(("hear", (line,)))

    def stop(self) -> None:
        """End it and wait for strace, which has written everything then."""
        with contextlib.suppress(OSError):
            self._line.send(("stop", ()))
        self._process.wait(20)
        self._thread.join(2)
        self._line.close()

    def calls(self) -> list[Call]:
        """What it did so far, in order."""
        return read_trace(self._trace)


def read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """The kind of mapping that events carry, which pickle does not know."""
    return MappingProxyType(mapping)


def main() -> None:
    """Be the engine at the other end of the pipe whose descriptor is the first argument."""
    # By the name that this module has for the other end.
    from tests.rig.traced import read_only

    copyreg.pickle(MappingProxyType, lambda mapping: (read_only, (dict(mapping),)))
    line = Connection(int(sys.argv[1]))
    folder, brokered, how = line.recv()
    lock = threading.Lock()

    def say(word: str, value: Any) -> None:
        with lock, contextlib.suppress(OSError):
            line.send((word, value))

    thread = EngineThread(
        folder,
        lambda event: say("event", event),
        lambda path, key: say("opened", (path, key)),
        tell_broker=(lambda text: say("tell", text)) if brokered else None,
        **how,
    )
    thread.start()
    with contextlib.suppress(EOFError):
        while (order := line.recv())[0] != "stop":
            getattr(thread, order[0])(*order[1])
    thread.stop()


if __name__ == "__main__":
    main()
