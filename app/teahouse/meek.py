"""The transport that hides questions for bridges, while it is wanted, and the socket to it. Standard library only.

It is a program of this computer (pt-spec.txt) that takes the place to go to from its user's SOCKS5 credentials. The
Unix socket leads to its port and to no other.
"""

import contextlib
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from teahouse.forward import Forwarder
from teahouse.transports import ports, program_for, started

METHOD = "meek_lite"
_OWN_PORT = re.compile(r"127\.0\.0\.1:([1-9]\d{0,4})")


class Meek:
    """`state` is the transport's folder, `door` the path of the socket. `tell` gets that path, or nothing, and whether
    no program of this computer offers the transport; it is called in a thread."""

    def __init__(self, state: Path, door: Path, tell: Callable[[str, bool], None]) -> None:
        self._state, self._door, self._tell = state, door, tell
        self._ending: threading.Event | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the transport; returns at once. One that runs is ended first."""
        self.stop()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(self._ending,), name="meek", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and end the transport with every connection through it."""
        if self._ending is not None:
            self._ending.set()
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            self._thread.join(5)
        self._ending = self._process = self._thread = None

    def _serve(self, ending: threading.Event) -> None:
        program = program_for(METHOD)
        if ending.is_set():
            return
        if not program:
            return self._tell("", True)
        try:
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            process = self._process = started(program, (METHOD,), self._state)
        except OSError:
            return self._tell("", False)
        with process:
            found = _OWN_PORT.fullmatch(ports(process, (METHOD,)).get(METHOD, ""))
            if found and not ending.is_set():
                self._lead(process, ("127.0.0.1", int(found[1])))
            elif not ending.is_set():
                self._tell("", False)
            process.kill()

    def _lead(self, process: "subprocess.Popen[bytes]", place: tuple[str, int]) -> None:
        """Keep the socket open until the transport ends."""
        forwarder = Forwarder(self._door, place)
        self._tell(str(self._door), False)
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            # Read, so that a talkative program does not wait for a reader.
            while process.stdout.read(4096):
                pass
        forwarder.close()
