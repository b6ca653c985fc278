"""Start the program once for each picture, on a display of its own.

`python -m tests.look resources/screenshots lobby-light lobby-dark welcome person chinese` renews those of the README.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from teahouse.practice.prosody import RoomSetup
from tests.conftest import exit_records
from tests.e2e.driven import open_profile
from tests.e2e.test_faults import newer, profile
from tests.rig.private_tor import PrivateTor
from tests.rig.program import Program
from tests.rig.prosody import HOST, Prosody
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
    "way": (),
    "seeking": (),
    "bootstrap": (),
    "bridge": (),
    "sealed": (),
    "circuit": (),
}
OPEN = ("protect", "identity")
"""Taken in a profile that allows other routes than Tor."""
TOR = ("bootstrap", "bridge", "sealed", "circuit")
"""Taken on a private Tor network, which takes a quarter of a minute to come up."""


def main() -> int:
    """Take the pictures named on the command line, or all."""
    folder, names = Path(sys.argv[1]).absolute(), sys.argv[2:] or list(ARGUMENTS)
    folder.mkdir(parents=True, exist_ok=True)
    display = Xvfb(1280, 800)
    try:
        with tempfile.TemporaryDirectory() as scratch, _network(Path(scratch), any(n in TOR for n in names)) as words:
            for name in names:
                with tempfile.TemporaryDirectory() as home:
                    _take(name, folder, Path(home), display, words)
    finally:
        display.stop()
    return 0


@contextmanager
def _network(folder: Path, wanted: bool) -> Iterator[dict[str, str]]:
    """The environment of a program whose Tor is a private one, with a server behind its exits."""
    if not wanted:
        yield {}
        return
    server = Prosody(folder / "server").start()
    network = PrivateTor(folder / "tor", exit_records(server)).start()
    (folder / "torrc").write_text("\n".join([*network.client_lines, ""]))
    room = server.add_room(RoomSetup("evening", "Evening tea"))
    words = {"HANDS_DOMAIN": HOST, "HANDS_HOST": HOST, "HANDS_PORT": str(server.starttls_port), "HANDS_ROOM": room}
    try:
        yield words | {"HANDS_CA": str(server.ca), "TEAHOUSE_TORRC": str(folder / "torrc"), "HANDS_PATIENCE": "90"}
    finally:
        network.stop()
        server.stop()


def _take(name: str, folder: Path, home: Path, display: Xvfb, network: dict[str, str]) -> None:
    if name == "stopped":
        newer(profile(home))
    if name in OPEN:
        open_profile(home)
    words = {
        "DISPLAY": display.name,
        "QT_QPA_PLATFORM": "xcb",
        "LOOK_FILE": str(folder / f"{name}.png"),
        "LANGUAGE": "zh_CN" if name == "chinese" else "en",
        "HANDS_NAME": f"plum-{name}",
        "HANDS_WAY": "Without Tor" if name in OPEN else "No, connect",
        **network,
    }
    scene = "lobby" if name == "chinese" else name.partition("-")[0]
    with Program(home, scene, *ARGUMENTS[name], environment=words, module="tests.look.scenes") as program:
        assert program.wait(180) == 0, program.output
    print(folder / f"{name}.png", flush=True)


if __name__ == "__main__":
    sys.exit(main())
