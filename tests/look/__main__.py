"""Start the program once for each picture, on a display of its own.

`python -m tests.look resources/screenshots lobby-light lobby-dark welcome person chinese` renews those of the README.
"""

import sys
import tempfile
from pathlib import Path

from tests.e2e.test_faults import newer, profile
from tests.rig.program import Program
from tests.rig.xvfb import Xvfb

DEMO = ("--demo",)
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "welcome": (),
    "welcome-dark": ("--theme", "dark"),
    "lobby-light": (*DEMO, "--theme", "light"),
    "lobby-dark": (*DEMO, "--theme", "dark"),
    "person": (*DEMO, "--theme", "light"),
    "chinese": (*DEMO, "--theme", "light"),
    "browse": (*DEMO, "--theme", "light"),
    "preferences": (*DEMO, "--theme", "dark"),
    "narrow": (*DEMO, "--theme", "light"),
    "stopped": ("--offline", "--theme", "light"),
    "protect": (),
    "identity": (),
}


def main() -> int:
    """Take the pictures named on the command line, or all."""
    folder, names = Path(sys.argv[1]).absolute(), sys.argv[2:] or list(ARGUMENTS)
    folder.mkdir(parents=True, exist_ok=True)
    display = Xvfb(1280, 800)
    try:
        for name in names:
            with tempfile.TemporaryDirectory() as home:
                _take(name, folder, Path(home), display)
    finally:
        display.stop()
    return 0


def _take(name: str, folder: Path, home: Path, display: Xvfb) -> None:
    if name == "stopped":
        newer(profile(home))
    words = {
        "DISPLAY": display.name,
        "QT_QPA_PLATFORM": "xcb",
        "LOOK_FILE": str(folder / f"{name}.png"),
        "LANGUAGE": "zh_CN" if name == "chinese" else "en",
    }
    scene = "lobby" if name == "chinese" else name.partition("-")[0]
    with Program(home, scene, *ARGUMENTS[name], environment=words, module="tests.look.scenes") as program:
        assert program.wait(90) == 0, program.output
    print(folder / f"{name}.png", flush=True)


if __name__ == "__main__":
    sys.exit(main())
