"""A real Prosody on free loopback ports with its own authority.

Hosts: `xmpp.test` (open registration), `rooms.xmpp.test` (rooms that exist as soon as somebody enters),
`closed.test` (no registration), `captcha.test` (registration behind a picture, answer CAPTCHA_ANSWER).
"""

import base64
import shutil
import struct
import zlib
from pathlib import Path
from typing import ClassVar

from teahouse.practice import prosody
from teahouse.practice.prosody import RoomSetup
from tests.rig.chat_server import HOST, ROOMS, ChatServer, Login

__all__ = ["CAPTCHA", "CLOSED", "HOST", "ROOMS", "Login", "Prosody"]

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
max_archive_query_results = 1000
VirtualHost "{HOST}"
    modules_enabled = {{ "register_ibr", "faraway" }}
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


class Prosody(ChatServer):
    """The server that most tests use."""

    hosts: ClassVar[tuple[str, ...]] = (HOST, ROOMS, CLOSED, CAPTCHA)

    def set_up(self) -> None:
        """Write the configuration."""
        shutil.copytree(_MODULES, self.folder / "modules", dirs_exist_ok=True)
        ports = (self.starttls_port, self.tls_port)
        text = prosody.configuration(self.folder, ports, self.certificates, _hosts(), "info")
        (self.folder / "prosody.cfg.lua").write_text(text)

    def command(self) -> tuple[list[str], dict[str, str]]:
        """Prosody in the foreground."""
        program = prosody.binary()
        assert program, "prosody is not installed; tests/run installs it where it may"
        return [program, "--config", str(self.folder / "prosody.cfg.lua"), "-F"], {}

    def add_user(self, user: str, password: str = "secret", host: str = HOST) -> Login:
        """An account under exactly this name."""
        prosody.write_account(self.folder / "data", host, user, password)
        return Login(user, password, host)

    def add_room(self, room: RoomSetup) -> str:
        """A persistent room with these settings, which nobody may have entered or asked about yet; its address."""
        prosody.write_rooms(self.folder / "data", ROOMS, [room])
        return f"{room.name}@{ROOMS}"

    def kept(self) -> str:
        """All that it has on its disk, archives and messages for who is away among it; what it escapes is escaped."""
        files = (file for file in (self.folder / "data").rglob("*") if file.is_file())
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in sorted(files))

    def befriend(self, one: Login, other: Login) -> None:
        """Both have the other in the roster and see each other; for accounts that have not signed in yet."""
        prosody.write_roster(self.folder / "data", one.host, one.user, {other.jid: other.user})
        prosody.write_roster(self.folder / "data", other.host, other.user, {one.jid: one.user})
