"""A real Profanity at a terminal of its own (tmux): what a person would type is typed, and the screen is read.

It has no bodies in a log and no interface for programs, so its screen is the only witness of what it shows.
"""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.rig.chat_server import ChatServer, Login
from tests.rig.wait import until

_SETTINGS = """[connection]
tls.certpath={authorities}
[notifications]
message=off
tray=false
[ui]
splash=false
vercheck=false
beep=false
flash=false
[omemo]
policy=manual
"""
_ACCOUNT = """[{jid}]
enabled=true
jid={jid}
password={password}
server=127.0.0.1
port={port}
resource=profanity
tls.policy=force
presence.login=online
presence.last=online
"""
COLUMNS, LINES = 220, 120
"""Of its terminal: nothing that a test looks for may wrap or scroll away."""


class Profanity:
    """Signed in when made, with the keys of the GnuPG in `home`, a short path.

    `sign_with` is the fingerprint with which it signs its presence (XEP-0027), if it does.
    """

    def __init__(self, folder: Path, server: ChatServer, login: Login, home: Path, sign_with: str = "") -> None:
        self.folder, self.jid = folder, login.jid
        program, self._tmux = shutil.which("profanity"), shutil.which("tmux")
        assert program, "profanity is not installed; tests/run installs it where it may"
        assert self._tmux, "tmux is not installed; tests/run installs it where it may"
        environment = {**self._settle(server, login, sign_with), "GNUPGHOME": str(home)}
        # Not below the folder of a test: the path of a socket ends at 107 bytes.
        self._short = tempfile.TemporaryDirectory(prefix="tp-", dir="/tmp")
        size = ("-x", str(COLUMNS), "-y", str(LINES))
        given = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        command = [program, "--log", "DEBUG", "--account", login.jid]
        self._ask("-f", "/dev/null", "new-session", "-d", *size, *given, *command, environment=environment)
        self._server = int(self._ask("display-message", "-p", "#{pid}"))
        self.expect("logged in successfully")

    def _settle(self, server: ChatServer, login: Login, sign_with: str) -> dict[str, str]:
        names = ("config", "data", "cache")
        folders = {name: self.folder / name for name in names}
        for name in ("config", "data"):
            (folders[name] / "profanity").mkdir(parents=True)
        authorities = self.folder / "authorities"
        authorities.mkdir()
        asked = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(server.ca)]
        named = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
        shutil.copy(server.ca, authorities / f"{named}.0")
        (folders["config"] / "profanity" / "profrc").write_text(_SETTINGS.format(authorities=authorities))
        account = _ACCOUNT.format(jid=login.jid, password=login.password, port=server.starttls_port)
        if sign_with:
            account += f"pgp.keyid={sign_with}\n"
        (folders["data"] / "profanity" / "accounts").write_text(account)
        homes = {f"XDG_{name.upper()}_HOME": str(path) for name, path in folders.items()}
        plain = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "xterm", "LANG": "C.UTF-8"}
        return {**plain, **homes}

    def _ask(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        command = [str(self._tmux), "-u", "-S", f"{self._short.name}/tmux", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return done.stdout

    # -- as a person does ------------------------------------------------------------

    def type(self, text: str) -> None:
        """Type a line, and press Enter."""
        self._ask("send-keys", "-l", "--", text)
        self._ask("send-keys", "Enter")

    @property
    def screen(self) -> str:
        """What it shows now, without empty lines."""
        return "\n".join(line.rstrip() for line in self._ask("capture-pane", "-p").splitlines() if line.strip())

    def expect(self, text: str, seconds: float = 20) -> str:
        """The line of the screen that holds this text, once there is one."""

        def found() -> str | None:
            return next((line for line in self.screen.splitlines() if text in line), None)

        try:
            return until(found, seconds, f"{text!r} on the screen")
        except AssertionError as error:
            error.add_note(self.screen + self.log[-3000:])
            raise

    def do(self, command: str, answer: str) -> str:
        """Type a command, and wait for what it says."""
        self.type(command)
        return self.expect(answer)

    @property
    def log(self) -> str:
        """What it has written about itself."""
        return "\n".join(file.read_text(errors="replace") for file in self.folder.rglob("profanity*.log"))

    # -- OpenPGP as it is meant now (XEP-0373) ------------------------------------------

    def announce(self, key: bytes) -> None:
        """Publish a key of its own; it is there for others then."""
        file = self.folder / "key.gpg"
        file.write_bytes(key)
        self.do(f"/ox announce {file}", "Announce OpenPGP Key")
        self._discover(self.jid)

    def _discover(self, jid: str) -> str:
        self.type(f"/ox discover {jid}")
        pattern = re.compile(rf"Discovering Public Key for {re.escape(jid)}.*?\b([0-9A-F]{{40}})\b", re.DOTALL)
        return until(lambda: pattern.search(self.screen), 20, "a fingerprint")[1]

    def learn(self, jid: str) -> str:
        """Ask for somebody's key, and take it; its fingerprint."""
        fingerprint = self._discover(jid)
        self.do(f"/ox request {jid} {fingerprint}", "Public Key imported")
        return fingerprint

    # -- the end -------------------------------------------------------------------------

    def stop(self) -> None:
        """End its terminal, and it with that."""
        with suppress(subprocess.CalledProcessError):
            self._ask("kill-server")
        until(lambda: not Path(f"/proc/{self._server}").exists(), 10, "the terminal to end")
        self._short.cleanup()
