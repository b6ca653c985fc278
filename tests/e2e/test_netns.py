"""T1: the whole program where nothing leads out but a tor of others, and a sniffer names every packet that tries."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.driven import hands, heard, newcomer, open_profile
from tests.rig.netns import inside
from tests.rig.peer import Peer
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_node import Node
from tests.rig.wait import until
from tests.rig.xvfb import Xvfb

COOKIE = "control_auth_cookie"


@pytest.mark.parametrize("kind", ["unprivileged and sealed", "root and unsealed"])
def test_t1_a16_nothing_leaves_but_by_the_tor_that_is_there(
    server: Prosody, peer: Callable[..., Peer], display: Xvfb, system_tor: Node, tmp_path: Path, kind: str
) -> None:
    """The sealed one finds tor by the paths that Tails gives. For the unsealed one, which has none of its own, the one
    at the ports of a Debian service is chosen; nothing but the program's own code keeps it from a network.
    """
    room, other, home, report = server.fresh_room("evening"), peer(), tmp_path / "home", tmp_path / "report"
    other.join(room, "plum")
    socks, control = system_tor.folder / "socks", system_tor.control_socket
    how, words = ["--stripped"], {"TOR_SOCKS_IPC_PATH": str(socks), "TOR_CONTROL_IPC_PATH": str(control)}
    words |= {"TOR_SKIP_LAUNCH": "1", "TOR_CONTROL_COOKIE_AUTH_FILE": str(system_tor.folder / COOKIE)}
    if "unsealed" in kind:
        open_profile(home)
        how = ["--forward", f"9050={socks}", "--forward", f"9051={control}"]
        words = {"TEAHOUSE_TOR": "no-tor-here", "HANDS_TOR": "The Tor of this computer"}
    told = newcomer(server, room, **words)
    with hands(home, display, "register", before=inside(report, *how), **told) as program:
        program.expect("hands: inside", 100)
        other.say(room, "good evening")
        other.wait_for("and to you", 30)
        assert program.wait(60) == 0, program.output
    assert "good evening" in heard(program)[0]
    assert ("sealed by the kernel" in program.output) == ("unsealed" not in kind)
    assert report.read_text() == ""


def test_the_sniffer_sees_who_goes_without_tor(server: Prosody, display: Xvfb, tmp_path: Path) -> None:
    """The negative control: the same program by the direct way, and the name that it asks for."""
    home, report = tmp_path / "home", tmp_path / "report"
    open_profile(home)
    words = newcomer(server, "none", HANDS_WAY="Without Tor")
    with hands(home, display, "register", before=inside(report), **words):
        until(lambda: report.exists() and f"udp 10.66.0.1 53 {HOST}" in report.read_text(), 60, "the leak")
