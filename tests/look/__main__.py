"""Start the program once for each picture, on a display of its own.

`python -m tests.look resources/screenshots lobby-light lobby-dark welcome person chinese` renews those of the README.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from teahouse.practice.certificates import Certificates, make_certificates
from teahouse.practice.prosody import RoomSetup
from tests.conftest import exit_records
from tests.e2e.driven import open_profile, two_identities
from tests.e2e.test_faults import newer, profile
from tests.rig.meek import Moat
from tests.rig.private_tor import PrivateTor
from tests.rig.program import Program
from tests.rig.prosody import HOST, Prosody
from tests.rig.xvfb import Xvfb

DEMO = ("--demo",)
KEYS = ("firstuse", "encrypted", "preflight", "keychange", "readers", "personkeys", "ownkeys", "group")
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "welcome": (),
    "welcome-dark": ("--theme", "dark"),
    "lobby-light": (*DEMO, "--theme", "light"),
    "lobby-dark": (*DEMO, "--theme", "dark"),
    "person": (*DEMO, "--theme", "light"),
    "chinese": (*DEMO, "--theme", "light"),
    "browse": (*DEMO, "--theme", "light"),
    "requests": (*DEMO, "--theme", "light"),
    "requests-dark": (*DEMO, "--theme", "dark"),
    "clash": (*DEMO, "--theme", "light"),
    "clash-dark": (*DEMO, "--theme", "dark"),
    "opened-room": (*DEMO, "--theme", "light"),
    "opened-room-dark": (*DEMO, "--theme", "dark"),
    **{f"opened-{n}": (*DEMO, "--theme", "light") for n in range(4)},
    "preferences": (*DEMO, "--theme", "dark"),
    **{f"{name}-light": (*DEMO, "--theme", "light") for name in ("marks", "delivery", "settings")},
    **{f"{name}-dark": (*DEMO, "--theme", "dark") for name in ("marks", "delivery", "settings")},
    **{f"{name}-light": (*DEMO, "--theme", "light") for name in ("search", "hints", "retention", "backup", "export")},
    **{f"{name}-dark": (*DEMO, "--theme", "dark") for name in ("search", "hints", "retention", "backup", "export")},
    **{f"{name}-light": (*DEMO, "--theme", "light") for name in KEYS},
    **{f"{name}-dark": (*DEMO, "--theme", "dark") for name in KEYS},
    "hints-empty": (*DEMO, "--theme", "light"),
    "restore": (),
    "narrow": (*DEMO, "--theme", "light"),
    "stopped": ("--offline", "--theme", "light"),
    "protect": (),
    "identity": (),
    "way": (),
    "seeking": (),
    "seeking-dark": ("--theme", "dark"),
    "finding": (),
    "finding-dark": ("--theme", "dark"),
    "bridges": ("--theme", "light"),
    "bootstrap": (),
    "bridge": (),
    "sealed": (),
    "circuit": (),
    "key": (),
    "identities-light": ("--theme", "light"),
    "identities-dark": ("--theme", "dark"),
}
SERVED = ("identities-light", "identities-dark")
"""Taken of identities on a server, handed over by a provision file."""
OPEN = ("protect", "identity", "identities-light", "identities-dark")
"""Taken in a profile that allows other routes than Tor."""
TOR = ("bootstrap", "bridge", "finding", "finding-dark", "bridges", "sealed", "circuit", "key")
"""Taken on a private Tor network, which takes a quarter of a minute to come up."""


def main() -> int:
    """Take the pictures named on the command line, or all."""
    folder, names = Path(sys.argv[1]).absolute(), sys.argv[2:] or list(ARGUMENTS)
    folder.mkdir(parents=True, exist_ok=True)
    display = Xvfb(1280, 800)
    try:
        with tempfile.TemporaryDirectory() as scratch, _rig(Path(scratch), names) as rig:
            for name in names:
                with tempfile.TemporaryDirectory() as home:
                    _take(name, folder, Path(home), display, *rig)
    finally:
        display.stop()
    return 0


@contextmanager
def _rig(folder: Path, names: list[str]) -> Iterator[tuple[dict[str, str], Prosody | None]]:
    """What these pictures need: a server, a private Tor network in front of it, and the words that lead there."""
    if not any(name in (*TOR, *SERVED) for name in names):
        yield {}, None
        return
    server = Prosody(folder / "server").start()
    room = server.add_room(RoomSetup("evening", "Evening tea"))
    words = {"HANDS_DOMAIN": HOST, "HANDS_HOST": HOST, "HANDS_PORT": str(server.starttls_port), "HANDS_ROOM": room}
    words |= {"HANDS_CA": str(server.ca), "HANDS_PATIENCE": "90"}
    try:
        if not any(name in TOR for name in names):
            yield words, server
            return
        network = PrivateTor(folder / "tor", exit_records(server)).start()
        moat = _moat(folder)
        (folder / "torrc").write_text("\n".join([*network.client_lines, ""]))
        try:
            yield words | {"TEAHOUSE_TORRC": str(folder / "torrc"), "TEAHOUSE_MOAT": str(moat.file)}, server
        finally:
            moat.stop()
            network.stop()
    finally:
        server.stop()


def _moat(folder: Path) -> Moat:
    """A service that gives bridges of no use."""
    moat = Moat(folder)
    silent = "0123456789ABCDEF0123456789ABCDEF01234567"
    moat.service.offers(
        f"webtunnel [2001:db8::1]:443 {silent} url=https://example.test/x",
        f"obfs4 127.0.0.1:1 {silent} cert={'A' * 70} iat-mode=0",
    )
    return moat


def _take(
    name: str, folder: Path, home: Path, display: Xvfb, network: dict[str, str], server: Prosody | None
) -> None:
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
    scene, arguments = "lobby" if name == "chinese" else name.partition("-")[0], ARGUMENTS[name]
    renewed = renewed_key(server) if server and name == "key" else None
    if server and name in SERVED:
        arguments = (*arguments, "--provision", str(two_identities(server, home)))
    with Program(home, scene, *arguments, environment=words, module="tests.look.scenes") as program:
        if server and renewed:
            program.expect("hands: ready for another key", 180)
            shutil.copy(renewed.chain, server.certificates.chain)
            shutil.copy(renewed.key, server.certificates.key)
            server.restart()
        assert program.wait(180) == 0, program.output
    print(folder / f"{name}.png", flush=True)


def renewed_key(server: Prosody) -> Certificates:
    """Another key for a server, vouched for by an authority that its users trust from now on."""
    renewed = make_certificates(server.folder, [HOST], "renewed")
    with server.ca.open("ab") as trusted:
        trusted.write(renewed.authority.read_bytes())
    return renewed


if __name__ == "__main__":
    sys.exit(main())
