"""The program itself as a process, in a home of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.rig.wait import until

_APP = Path(__file__).resolve().parents[2] / "app"


class Program:
    """`python -m teahouse` with these arguments; broker and client share a process group of their own.

    `before` is a command that runs it, such as strace.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        module: str = "teahouse",
        before: Sequence[str] = (),
    ) -> None:
        self.home = home
        run = home / "run"
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_file = home / "output.txt"
        keep = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "QT_QPA_PLATFORM", "TMPDIR")}
        folders = {"HOME": str(home), "TEAHOUSE_HOME": str(home / "data"), "XDG_RUNTIME_DIR": str(run)}
        self.environment = {**keep, **folders, "PYTHONPATH": f"{_APP}:{_APP.parent}", **(environment or {})}
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-P", "-m", module, *arguments],
                cwd=home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What it has printed so far, with the output of earlier starts in the same home."""
        return self.log_file.read_text(errors="replace")

    def client(self) -> int:
        """The process id of the client, once it is there."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(until(lambda: children.read_text().split(), 10, "the client process")[0])

    def wait(self, seconds: float = 20) -> int:
        """Its exit code, once it has ended."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds:g} s:\n{self.output[-3000:]}") from None

    def expect(self, text: str, seconds: float = 20) -> None:
        """Wait until it has printed this."""
        until(lambda: text in self.output, seconds, f"{text!r} in the output; so far:\n{self.output[-3000:]}")

    def terminate(self, seconds: float = 20) -> int:
        """Ask it to end, and wait."""
        self.process.terminate()
        return self.wait(seconds)

    def kill9(self) -> None:
        """Broker and client die at once, as in a power cut."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self.process.poll() is None:
            self.kill9()
        if error is not None:
            error.add_note(f"the program said:\n{self.output[-3000:]}")
