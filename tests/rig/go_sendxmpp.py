"""A real go-sendxmpp that speaks OpenPGP for XMPP (`--ox`): runs of a command, with a key of its own."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

from tests.rig.chat_server import ChatServer, Login
from tests.rig.wait import until

SECONDS = 60
"""How long one run may take."""


class GoSendxmpp:
    """Makes and publishes a key at first, of a `kind` (x25519, rsa). As a context manager, it listens meanwhile."""

    def __init__(self, folder: Path, server: ChatServer, login: Login, kind: str = "x25519") -> None:
        program = shutil.which("go-sendxmpp")
        assert program, "go-sendxmpp is not installed; tests/run installs it where it may"
        folder.mkdir()
        self.jid = login.jid
        self._heard = folder / "heard"
        self._process: subprocess.Popen[bytes] | None = None
        file = folder / "config"
        file.write_text(f"username: {login.jid}\npassword: {login.password}\njserver: 127.0.0.1:{server.tls_port}\n")
        file.chmod(0o600)
        self._command = [program, "--file", str(file), "--tls"]
        homes = {f"XDG_{name.upper()}_HOME": str(folder / name) for name in ("config", "data", "cache")}
        plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "SSL_CERT_FILE": str(server.ca)}
        self._environment = {**plain, **homes}
        self._run(f"--ox-genprivkey-{kind}")

    def _run(self, *arguments: str, text: str = "") -> None:
        done = subprocess.run(
            [*self._command, *arguments],
            input=text.encode(),
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"go-sendxmpp {arguments}: {done.stdout.decode(errors='replace')}"

    def says(self, jid: str, text: str) -> None:
        """Send somebody an encrypted text, whose key it asks for."""
        self._run("--ox", jid, text=text)

    @property
    def heard(self) -> str:
        """What it has printed while it listened."""
        return self._heard.read_text(errors="replace")

    def expect(self, text: str) -> str:
        """The line it printed that holds this, once there is one."""
        lines = until(lambda: [line for line in self.heard.splitlines() if text in line], SECONDS, f"{text!r}")
        return lines[0]

    def __enter__(self) -> Self:
        with self._heard.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._command, "--ox", "--listen"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
