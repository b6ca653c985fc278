"""A real Prosody on free loopback ports with its own authority.

Hosts: `xmpp.test` (open registration), `rooms.xmpp.test` (rooms that exist as soon as somebody enters),
`closed.test` (no registration), `captcha.test` (registration behind a picture, answer CAPTCHA_ANSWER).
"""

import base64
import contextlib
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from teahouse.domain.account import Server
from teahouse.practice import prosody
from teahouse.practice.certificates import Certificates, make_certificates
from teahouse.practice.prosody import RoomSetup
from tests.rig.wait import until

HOST = "xmpp.test"
ROOMS = "rooms.xmpp.test"
CLOSED = "closed.test"
CAPTCHA = "captcha.test"
ADMIN = f"admin@{HOST}"
CAPTCHA_ANSWER = "7nHL3"
_MODULES = Path(__file__).parent / "modules"


def tiny_png(width: int = 60, height: int = 20) -> bytes:
    """A small real picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 4 ^ y * 9) & 255 for x in range(width)) for y in range(height))
    head = struct.pack("!2I5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _hosts() -> str:
    picture = base64.b64encode(tiny_png()).decode()
    return f"""
admins = {{ "{ADMIN}" }}
max_archive_query_results = 250
VirtualHost "{HOST}"
    modules_enabled = {{ "register_ibr" }}
    disco_items = {{ {{ "{ROOMS}", "Rooms" }} }}
VirtualHost "{CLOSED}"
VirtualHost "{CAPTCHA}"
    modules_enabled = {{ "captcha_test" }}
    captcha_test_answer = "{CAPTCHA_ANSWER}"
    captcha_test_png = "{picture}"
Component "{ROOMS}" "muc"
    modules_enabled = {{ "muc_mam", "crowd", "full" }}
    restrict_room_creation = false
    muc_room_locking = false
    muc_room_default_public = true
"""


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
class Prosody:
    """One server in one folder."""

    folder: Path
    certificates: Certificates = field(init=False)
    starttls_port: int = 0
    tls_port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def ca(self) -> Path:
        """The authority that clients must trust."""
        return self.certificates.authority

    def server(self, direct_tls: bool = True) -> Server:
        """How an account dials this server."""
        return Server("127.0.0.1", self.tls_port if direct_tls else self.starttls_port, direct_tls, str(self.ca))

    def start(self) -> "Prosody":
        """Write everything and start; fails plainly when Prosody or openssl is not installed."""
        (self.folder / "data").mkdir(parents=True)
        shutil.copytree(_MODULES, self.folder / "modules")
        self.certificates = make_certificates(self.folder, [HOST, ROOMS, CLOSED, CAPTCHA])
        self.starttls_port, self.tls_port = prosody.free_ports(2)
        ports = (self.starttls_port, self.tls_port)
        text = prosody.configuration(self.folder, ports, self.certificates, _hosts(), "info")
        (self.folder / "prosody.cfg.lua").write_text(text)
        self._run()
        return self

    def _run(self) -> None:
        program = prosody.binary()
        assert program, "prosody is not installed; tests/run installs it where it may"
        command = [program, "--config", str(self.folder / "prosody.cfg.lua"), "-F"]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        until(self._accepts, 15, "Prosody to accept connections")

    def _accepts(self) -> bool:
        assert self._process and self._process.poll() is None, f"Prosody ended:\n{self.log()[-2000:]}"
        with contextlib.suppress(OSError):
            for port in (self.starttls_port, self.tls_port):
                socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    def add_user(self, user: str, password: str = "secret", host: str = HOST) -> Login:
        """An account under exactly this name."""
        prosody.write_account(self.folder / "data", host, user, password)
        return Login(user, password, host)

    def fresh(self, name: str = "user", host: str = HOST) -> Login:
        """An account that no other test has."""
        number = next(self._count)
        return self.add_user(f"{name}{number}", f"pass word {number} ü", host)

    def fresh_room(self, name: str = "room") -> str:
        """The address of a room that nobody has entered yet; entering makes it."""
        return f"{name}{next(self._count)}@{ROOMS}"

    def add_room(self, room: RoomSetup) -> str:
        """A persistent room with these settings, which nobody may have entered or asked about yet; its address."""
        prosody.write_rooms(self.folder / "data", ROOMS, [room])
        return f"{room.name}@{ROOMS}"

    def befriend(self, one: Login, other: Login) -> None:
        """Both have the other in the roster and see each other; for accounts that have not signed in yet."""
        prosody.write_roster(self.folder / "data", one.host, one.user, {other.jid: other.user})
        prosody.write_roster(self.folder / "data", other.host, other.user, {one.jid: one.user})

    def log(self) -> str:
        """What the server has logged so far."""
        files = [self.folder / "output", self.folder / "log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def _signal(self, number: signal.Signals) -> None:
        assert self._process
        os.kill(self._process.pid, number)

    def freeze(self) -> None:
        """The server answers nothing any more, but its connections stay up."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self._signal(signal.SIGCONT)

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
