"""The broker's hold on the practice server and its guests: start, readiness, end by id. Standard library only."""

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path

from teahouse.i18n import _

PATIENCE = 20.0
"""Seconds for the server to come up."""


class Practice:
    """Two child processes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._output = folder / "output"
        self._until = time.monotonic() + PATIENCE
        self._guests: subprocess.Popen[bytes] | None = None
        self._server = self._start("teahouse.practice.server")
        self.settled = False

    def _start(self, module: str) -> "subprocess.Popen[bytes]":
        with self._output.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(self._folder)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )

    def news(self) -> str:
        """A line for the client once it is known whether the server is up, else nothing."""
        if self._accepts():
            self.settled = True
            self._guests = self._start("teahouse.practice.guests")
            return f"practice-ready {self._folder / 'provision.toml'}"
        if self._server.poll() is not None or time.monotonic() > self._until:
            self.settled = True
            said = self._output.read_text(errors="replace").strip().splitlines()
            return f"practice-failed {said[-1] if said else _('The practice server did not start.')}"
        return ""

    def _accepts(self) -> bool:
        try:
            port = int((self._folder / "port").read_text())
            with socket.create_connection(("127.0.0.1", port), 0.2):
                return True
        except (OSError, ValueError):
            return False

    def stop(self) -> None:
        """End both, politely first."""
        running = [process for process in (self._guests, self._server) if process and process.poll() is None]
        for process in running:
            process.terminate()
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
            if process.poll() is None:
                process.kill()
                process.wait()
