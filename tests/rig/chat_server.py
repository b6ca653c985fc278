"""What every real server of the rig has: a folder, an authority of its own, free ports on loopback, and a process."""

import contextlib
import itertools
import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from teahouse.domain.account import Server
from teahouse.practice import prosody
from teahouse.practice.certificates import Certificates, make_certificates
from tests.rig.wait import until

HOST = "xmpp.test"
ROOMS = "rooms.xmpp.test"
_TAKEN = re.compile(r"Failed to open server port|eaddrinuse", re.IGNORECASE)


class PortTaken(Exception):
    """A port that was free a moment ago is not."""


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh account on a test server."""

    user: str
    password: str
    host: str = HOST

    @property
    def jid(self) -> str:
        """The bare address."""
        return f"{self.user}@{self.host}"


@dataclass
class ChatServer:
    """One server in one folder. A kind of server says how it is set up, what runs it, and how accounts are made."""

    folder: Path
    certificates: Certificates = field(init=False)
    starttls_port: int = 0
    tls_port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    hosts: ClassVar[tuple[str, ...]] = (HOST, ROOMS)
    """The names in its certificate."""

    def set_up(self) -> None:
        """Write what it reads at the start."""
        raise NotImplementedError

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """What runs it, and with which further environment."""
        raise NotImplementedError

    def add_user(self, user: str, password: str = "secret", host: str = HOST) -> Login:
        """An account under exactly this name."""
        raise NotImplementedError

    @property
    def ca(self) -> Path:
        """The authority that clients must trust."""
        return self.certificates.authority

    def server(self, direct_tls: bool = True) -> Server:
        """How an account dials this server."""
        return Server("127.0.0.1", self.tls_port if direct_tls else self.starttls_port, direct_tls, str(self.ca))

    def start(self) -> Self:
        """Write everything and start; fails plainly when a program for it is not installed."""
        (self.folder / "data").mkdir(parents=True)
        self.certificates = make_certificates(self.folder, self.hosts)
        for _ in range(5):
            self.starttls_port, self.tls_port = prosody.free_ports(2)
            self.set_up()
            try:
                self._run()
            except PortTaken:
                # Somebody else was given the same one meanwhile.
                self.stop()
                for file in self._logs():
                    file.unlink(missing_ok=True)
                continue
            return self
        raise AssertionError(f"no free ports:\n{self.log()[-2000:]}")

    def _run(self) -> None:
        command, environment = self.command()
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self._accepts, 30, "the server to accept connections")

    def _accepts(self) -> bool:
        if _TAKEN.search(self.log()):
            raise PortTaken
        assert self._process and self._process.poll() is None, f"the server ended:\n{self.log()[-2000:]}"
        # It must be ours, not another one at the same port.
        trusting = ssl.create_default_context(cafile=self.ca)
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.starttls_port), 1).close()
            with socket.create_connection(("127.0.0.1", self.tls_port), 1) as line:
                trusting.wrap_socket(line, server_hostname=HOST).close()
            return True
        return False

    def fresh(self, name: str = "user", host: str = HOST) -> Login:
        """An account that no other test has."""
        number = next(self._count)
        return self.add_user(f"{name}{number}", f"pass word {number} ü", host)

    def fresh_room(self, name: str = "room") -> str:
        """The address of a room that nobody has entered yet; entering makes it."""
        return f"{name}{next(self._count)}@{ROOMS}"

    def log(self) -> str:
        """What the server has logged so far."""
        return "\n".join(file.read_text(errors="replace") for file in self._logs() if file.exists())

    def _logs(self) -> list[Path]:
        return [self.folder / "output", self.folder / "log"]

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        os.kill(self._process.pid, number)

    def freeze(self) -> None:
        """The server answers nothing any more, but its connections stay up."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._signal(signal.SIGCONT)

    def cpu(self) -> float:
        """Seconds of processor time that it has used so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """The server dies without a word."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Up again on the same ports with the same data."""
        if self._process and self._process.poll() is None:
            self.kill()
        self._run()

    def stop(self) -> None:
        """End it."""
        if self._process and self._process.poll() is None:
            self._signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
