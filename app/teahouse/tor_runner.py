"""Keeps a tor running for one profile, owned by this process, and tells the client where it is. Standard library only.

Lines from the client: `tor start`, `tor start system`, `tor start browser`, `tor transports`, `tor meek`,
`tor meek end`. Lines to the client:

    tor at {"socks": path, "control": path, "own": bool, "password": "", "cookie": ""}
    tor gone {"missing": bool, "said": "what tor said last"}
    tor transports {"obfs4": {"program": path, "fronts": bool}, ...}
    tor meek {"socks": path or "", "missing": bool}
"""

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from teahouse.forward import Forwarder
from teahouse.meek import Meek
from teahouse.tor_command import BROWSER, SYSTEM, OthersTor, binary, command, others_tor
from teahouse.transports import available

_SHORTEST, _LONGEST, _SOUND = 0.5, 30.0, 60.0
"""Seconds between two starts, doubling, and how long a tor must have lived for the count to begin again."""
_START = 30.0
"""Seconds for the control socket to answer."""


class TorRunner:
    """Nothing happens before the client asks; then a thread lives until `stop`."""

    def __init__(self, data: Path, run: Path, say: Callable[[bytes], None]) -> None:
        self._data, self._run, self._tell = data, run, say
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._forwarders: list[Forwarder] = []
        self._ending = threading.Event()
        self._meek = Meek(data / "moat", run / "meek", self._meek_is)

    def told(self, order: str) -> None:
        """Take what follows `tor ` on a line of the client."""
        word, _, choice = order.partition(" ")
        if word == "start":
            self._start(choice)
        elif word == "transports":
            threading.Thread(target=lambda: self._say("transports", available()), daemon=True).start()
        elif word == "meek":
            self._meek.stop() if choice == "end" else self._meek.start()

    def stop(self) -> None:
        """End everything."""
        self._meek.stop()
        self._end_tor()

    def _end_tor(self) -> None:
        """End tor and wait for it, at most four seconds."""
        self._ending.set()
        for forwarder in self._forwarders:
            forwarder.close()
        self._forwarders.clear()
        if self._process is not None:
            self._process.terminate()
        if self._thread is not None:
            self._thread.join(3)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(1)
        self._thread = None

    def _start(self, choice: str) -> None:
        self._end_tor()
        self._ending.clear()
        others = {"system": SYSTEM, "browser": BROWSER}.get(choice) or others_tor(os.environ)
        if others is not None:
            return self._use(others)
        self._thread = threading.Thread(target=self._keep, name="tor", daemon=True)
        self._thread.start()

    def _use(self, others: OthersTor) -> None:
        found = {"own": False, "control": "", "password": others.password, "cookie": others.cookie}
        for name, place in (("socks", others.socks), ("control", others.control)):
            if place is not None:
                path = self._run / f"others-{name}"
                self._forwarders.append(Forwarder(path, place))
                found[name] = str(path)
        self._say("at", found)

    # -- our own tor, in the thread ------------------------------------------

    def _keep(self) -> None:
        pause = _SHORTEST
        while not self._ending.is_set():
            began = time.monotonic()
            program = binary()
            said = self._live(program) if program else ""
            if self._ending.is_set():
                return
            self._say("gone", {"missing": not program, "said": said})
            pause = _SHORTEST if time.monotonic() - began > _SOUND else min(_LONGEST, pause * 2)
            self._ending.wait(pause)

    def _live(self, program: str) -> str:
        """Run one tor to its end; what it said last."""
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        socks, control, empty = (self._run / name for name in ("socks", "control", "empty"))
        empty.write_bytes(b"")
        line = command(program, self._data, socks, control, empty, os.getpid())
        try:
            process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
            )
        except OSError as error:
            return str(error)
        self._process = process
        if self._ending.is_set():
            process.terminate()
        owning = self._own(process, control)
        if owning is not None:
            self._say("at", {"socks": str(socks), "control": str(control), "own": True, "password": "", "cookie": ""})
        said = _last_words(process)
        process.wait()
        if owning is not None:
            owning.close()
        return said

    def _own(self, process: "subprocess.Popen[bytes]", control: Path) -> socket.socket | None:
        """A control connection whose end is tor's end; None when tor is not up to it."""
        until = time.monotonic() + _START
        while process.poll() is None and time.monotonic() < until and not self._ending.is_set():
            with contextlib.suppress(OSError):
                return take_ownership(control, self._data / "control_auth_cookie")
            time.sleep(0.02)
        process.terminate()
        return None

    def _meek_is(self, socks: str, missing: bool) -> None:
        self._say("meek", {"socks": socks, "missing": missing})

    def _say(self, word: str, value: object) -> None:
        self._tell(f"tor {word} {json.dumps(value)}".encode())


def take_ownership(control: Path, cookie: Path) -> socket.socket:
    """An authenticated control connection (control-spec) that owns tor; raises OSError."""
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(5)
        line.connect(str(control))
        for order in (f"AUTHENTICATE {cookie.read_bytes().hex()}", "TAKEOWNERSHIP"):
            line.sendall(f"{order}\r\n".encode())
            if not line.recv(4096).startswith(b"250"):
                raise ConnectionError("tor refused the control connection")
        line.settimeout(None)
    except BaseException:
        line.close()
        raise
    return line


def _last_words(process: "subprocess.Popen[bytes]") -> str:
    """Read tor's log to its end; the last warnings in it."""
    assert process.stdout is not None
    kept: deque[str] = deque(maxlen=3)
    with process.stdout:
        for raw in process.stdout:
            text = raw.decode(errors="replace")
            if "[warn]" in text or "[err]" in text:
                kept.append(text.partition("] ")[2].strip()[:300])
    return " ".join(dict.fromkeys(kept))
