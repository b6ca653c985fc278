"""The broker's tor as a process of its own, for engines that run without a broker: `python -m tests.rig.tor_host`."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from teahouse.broker_link import BrokerLink
from teahouse.tor_runner import TorRunner
from tests.rig.tor_node import Control


class TorHost:
    """Runs tor as the broker does, with further torrc lines; `heard` gets its lines, `tell` takes the engine's."""

    def __init__(self, data: Path, torrc: list[str], environment: dict[str, str] | None = None) -> None:
        # A short path: that of a Unix socket ends at 107 bytes.
        self._run = tempfile.TemporaryDirectory(prefix="tt-", dir="/tmp")
        self.run = Path(self._run.name)
        self._data = data
        data.mkdir(parents=True, exist_ok=True)
        (data / "torrc").write_text("\n".join([*torrc, ""]))
        self.heard: Callable[[str], None] = lambda _: None
        self.lines: list[str] = []
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.rig.tor_host", str(theirs.fileno()), str(data / "tor"), str(self.run)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(environment or {})}
            | {"TEAHOUSE_TORRC": str(data / "torrc")},
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._link = BrokerLink(ours)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def tell(self, line: str) -> None:
        """A line of the engine."""
        self._link.send(line.encode())

    def _listen(self) -> None:
        while not self._link.closed:
            select.select([self._link], [], [], 0.2)
            for line in self._link.receive():
                self.lines.append(line)
                self.heard(line.removeprefix("tor "))

    def ask(self, key: str) -> str:
        """GETINFO on a connection of its own: a look at tor from outside."""
        line = Control(self.run / "control", self._data / "tor" / "control_auth_cookie")
        try:
            return line.ask(f"GETINFO {key}")
        finally:
            line.close()

    def carrying(self) -> dict[str, str]:
        """Stream to circuit, of the streams that are open."""
        words = [re.sub(r"^250.\S*stream-status=", "", line).split() for line in self.ask("stream-status").splitlines()]
        return {one[0]: one[2] for one in words if len(one) > 3 and one[1] == "SUCCEEDED"}

    def children(self, name: str) -> list[int]:
        """The process ids of the programs of this name that it runs."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        found = [int(c) for task in tasks.iterdir() for c in _text(task / "children").split()]
        return [pid for pid in found if _text(Path(f"/proc/{pid}/comm")).strip() == name]

    def tor(self) -> int:
        """The process id of the running tor."""
        return self.children("tor")[0]

    def kill_tor(self) -> None:
        """It dies without a word; the runner starts another."""
        os.kill(self.tor(), signal.SIGKILL)

    def stop(self) -> None:
        """End both."""
        self._process.terminate()
        self._process.wait(10)
        self._thread.join(2)
        self._link.close()
        self._run.cleanup()


def _text(file: Path) -> str:
    """Of a process that may end meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""


def main() -> int:
    """Serve the descriptor of the first argument until it is closed or SIGTERM comes."""
    link = BrokerLink(socket.socket(fileno=int(sys.argv[1])))
    runner = TorRunner(Path(sys.argv[2]), Path(sys.argv[3]), link.send)
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    both: list[BrokerLink | socket.socket] = [link, woken]
    while not link.closed:
        if woken in select.select(both, [], [])[0]:
            break
        for line in link.receive():
            runner.told(line.removeprefix("tor "))
    runner.stop()
    return 0


def said(line: str) -> tuple[str, dict[str, object]]:
    """A line of the runner, taken apart."""
    found = re.fullmatch(r"tor (\w+) (.*)", line)
    assert found, line
    return found[1], json.loads(found[2])


if __name__ == "__main__":
    sys.exit(main())
