"""One tor of the private network, and a few lines of its control protocol, without stem: that is what is tested."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from tests.rig.wait import until

HOST = "127.0.0.1"


def binary(name: str) -> str:
    """The program of this name, also where Debian keeps those for daemons."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not installed; tests/run installs it where it may"
    return found


class Control:
    """A control connection: one line, one answer."""

    def __init__(self, path: Path, cookie: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(10)
        try:
            self._socket.connect(str(path))
            secret = cookie.read_bytes().hex()
        except OSError:
            self._socket.close()
            raise
        self._file = cast(BinaryIO, self._socket.makefile("rwb"))
        assert self.ask(f"AUTHENTICATE {secret}").startswith("250")

    def ask(self, line: str) -> str:
        """The whole answer, data blocks included; raises EOFError."""
        self._file.write(line.encode() + b"\r\n")
        self._file.flush()
        said: list[str] = []
        while True:
            said.append(self._read())
            if said[-1][3:4] == "+":
                while (data := self._read()) != ".\r\n":
                    said.append(data)
            elif said[-1][3:4] == " ":
                return "".join(said)

    def _read(self) -> str:
        line = self._file.readline()
        if not line:
            raise EOFError("the control connection was closed")
        return line.decode(errors="replace")

    def listen_for_publication(self) -> None:
        """Until the descriptor of an onion service has arrived wherever it was sent; no other use afterwards."""
        self.ask("SETEVENTS HS_DESC")
        self._socket.settimeout(60)
        sent: set[str] = set()
        arrived: set[str] = set()
        while not sent or sent != arrived:
            words = self._read().split()
            if words[2] == "UPLOAD":
                sent.add(words[5])
            elif words[2] in ("UPLOADED", "FAILED"):
                arrived.add(words[5])

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Node:
    """A tor with these torrc lines, over those that all of its network have."""

    def __init__(self, folder: Path, lines: list[str]) -> None:
        self.folder, self.lines = folder, lines
        self.log = folder / "log"
        self.control_socket = folder / "control"
        self.onion = ""
        self.bridge_line = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Node":
        """Write the torrc and start; a system-wide torrc is never read."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "empty").write_text("")
        (self.folder / "torrc").write_text("\n".join([*self._own(), *self.lines]) + "\n")
        command = [binary("tor"), "-f", str(self.folder / "torrc"), "--defaults-torrc", str(self.folder / "empty")]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "--hush"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        return self

    def _own(self) -> list[str]:
        # The tables of countries are 35 MiB and 0.2 s of CPU for each process.
        empty = self.folder / "empty"
        return [
            f"GeoIPFile {empty}",
            f"GeoIPv6File {empty}",
            f"DataDirectory {self.folder}",
            f"Nickname {re.sub('[^a-zA-Z0-9]', '', self.folder.name)}",
            f"ControlSocket {self.control_socket}",
            "CookieAuthentication 1",
            f"Log notice file {self.log}",
            "ShutdownWaitLength 0",
            "SafeLogging 0",
            # Ends with the tests even when those are killed.
            f"__OwningControllerProcess {os.getpid()}",
        ]

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """The end of its log."""
        files = [self.log, self.folder / "output"]
        return "\n".join(file.read_text(errors="replace")[-1500:] for file in files if file.exists())

    @contextlib.contextmanager
    def control(self) -> Iterator[Control]:
        """An authenticated control connection."""
        line = Control(self.control_socket, self.folder / "control_auth_cookie")
        try:
            yield line
        finally:
            line.close()

    def answers(self) -> bool:
        """Whether its control socket takes connections: it is there a moment before it listens."""
        with contextlib.suppress(OSError, EOFError), self.control():
            return True
        return False

    def progress(self) -> int:
        """Per cent of the bootstrap; 0 while the control socket is not there."""
        assert self.alive(), f"{self.folder.name} ended:\n{self.said()}"
        with contextlib.suppress(OSError, EOFError), self.control() as line:
            found = re.search(r"PROGRESS=(\d+)", line.ask("GETINFO status/bootstrap-phase"))
            return int(found[1]) if found else 0
        return 0

    def wait_bootstrapped(self, seconds: float = 60) -> "Node":
        """Wait for 100 %."""
        until(lambda: self.progress() == 100, seconds, f"{self.folder.name} to bootstrap")
        return self

    def stop(self) -> None:
        """End it by its id; tor keeps nothing that a test needs."""
        if self._process is not None and self.alive():
            self._process.kill()
        if self._process is not None:
            self._process.wait(10)
