"""An X display of its own for tests that drive the real window."""

import os
import shutil
import subprocess


class Xvfb:
    """Picks a free display by itself; `name` is what DISPLAY must be."""

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        program = shutil.which("Xvfb")
        assert program, "Xvfb is not installed; tests/run installs it where it may"
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as answer:
            size = f"{width}x{height}x24"
            command = [program, "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
            self._process = subprocess.Popen(
                command,
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            os.close(writing)
            number = answer.readline().decode().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)
