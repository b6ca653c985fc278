"""T1, T2, T3: a newcomer under the seal registers through a private Tor network, joins and talks; strace watches."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.driven import hands, heard, newcomer
from tests.rig.meek import Moat
from tests.rig.peer import Peer
from tests.rig.private_tor import PrivateTor
from tests.rig.program import Program
from tests.rig.prosody import HOST, Prosody
from tests.rig.tor_node import Node
from tests.rig.traced import descended, read_trace, tracing
from tests.rig.xvfb import Xvfb

MakePeer = Callable[..., Peer]
NETWORKS = ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET")


def client_of(home: Path) -> int:
    """The process id of the client, as it said itself."""
    found = re.search(r"hands: client (\d+)", (home / "output.txt").read_text())
    assert found
    return int(found[1])


def proven(home: Path) -> str:
    """What `--prove` says of the program that runs in this home."""
    before = len((home / "output.txt").read_text())
    with Program(home, "--prove") as asked:
        assert asked.wait(30) == 0, asked.output
    return asked.output[before:]


@pytest.mark.parametrize("way", ["exit", "onion", "bridge", "found"])
def test_t1_t2_sealed_from_the_first_question_to_the_last_word(
    server: Prosody,
    peer: MakePeer,
    display: Xvfb,
    private_tor: PrivateTor,
    onion: Node,
    bridge: Node,
    moat: Moat,
    tmp_path: Path,
    way: str,
) -> None:
    room, other, home = server.fresh_room("evening"), peer(), tmp_path / "home"
    other.join(room, "plum")
    torrc, trace = tmp_path / "torrc", tmp_path / "trace"
    lines = private_tor.walled_lines if way in ("bridge", "found") else private_tor.client_lines
    moat.service.offers(bridge.bridge_line)
    torrc.write_text("\n".join([*lines, ""]))
    private_tor.names.asked.clear()
    words = newcomer(server, room, HANDS_WAITS="1", TEAHOUSE_TORRC=str(torrc), TEAHOUSE_MOAT=str(moat.file))
    if way == "onion":
        words |= {"HANDS_HOST": onion.onion, "HANDS_PORT": "5222", "HANDS_STRIP": "onion service"}
    if way == "bridge":
        words |= {"HANDS_WAY": "I was given a bridge", "HANDS_BRIDGE": bridge.bridge_line}
    if way == "found":
        words |= {"HANDS_WAY": "Yes, or I am not sure", "HANDS_FIND": "1"}
    before = tracing(trace, "clone", "clone3", "vfork")
    with hands(home, display, "register", before=before, **words) as program:
        program.expect("hands: inside", 100)
        other.say(room, "good evening")
        other.wait_for("and to you", 30)
        program.expect("hands: waiting", 60)
        proof = proven(home)
        other.say(room, "you may go")
        assert program.wait(60) == 0, program.output
    assert "Sealed: the kernel refused" in proof and "all of them Unix sockets" in proof
    assert re.search(r"newcomer\S+: Tor, \d hops, " + ("onion service: " if way == "onion" else "exit: "), proof)
    assert "good evening" in heard(program)[0]
    assert "Tor · sealed by the kernel" in program.output
    calls = read_trace(trace)
    made = [call for call in descended(calls, client_of(home)) if call.name == "socket"]
    assert made and {call.said.partition(",")[0] for call in made} == {"AF_UNIX"}, made
    # The negative control: the same trace sees the networks that the broker's tor uses.
    everything = {call.said.partition(",")[0] for call in calls if call.name == "socket"}
    assert "AF_INET" in everything
    assert moat.service.paths == (["settings"] if way == "found" else [])
    if way == "onion":
        assert [name for name, _kind in private_tor.names.asked if HOST in name] == []


def test_t4_tor_is_killed_in_mid_conversation(
    server: Prosody, peer: MakePeer, display: Xvfb, private_tor: PrivateTor, tmp_path: Path
) -> None:
    """The window says so within five seconds and lets one write on, what was written arrives once, and meanwhile only
    Unix sockets are called."""
    room, other, home = server.fresh_room("evening"), peer(), tmp_path / "home"
    other.join(room, "plum")
    torrc, trace = tmp_path / "torrc", tmp_path / "trace"
    torrc.write_text("\n".join([*private_tor.client_lines, ""]))
    words = newcomer(server, room, HANDS_TOR_DIES="1", HANDS_WAITS="1", TEAHOUSE_TORRC=str(torrc))
    with hands(home, display, "register", before=tracing(trace, "clone", "clone3", "vfork"), **words) as program:
        program.expect("hands: inside", 100)
        other.say(room, "good evening")
        program.expect("hands: tor may die", 60)
        os.kill(tor_beside(client_of(home)), signal.SIGKILL)
        program.expect("hands: gone", 5)
        other.wait_for("meanwhile", 60)
        program.expect("hands: waiting", 60)
        other.say(room, "you may go")
        assert program.wait(60) == 0, program.output
    assert other.bodies().count("meanwhile") == 1
    assert "Tor has stopped." in program.output
    calls = descended(read_trace(trace), client_of(home))
    assert {call.said.partition(",")[0] for call in calls if call.name == "socket"} == {"AF_UNIX"}
    assert all("AF_UNIX" in call.said for call in calls if call.name == "connect")


def tor_beside(client: int) -> int:
    """The tor that the broker of this client runs."""
    stat = Path(f"/proc/{client}/stat").read_text().rpartition(")")[2].split()
    tasks = Path(f"/proc/{stat[1]}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return next(pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "tor")


def test_a_tor_profile_cannot_leave_tor_without_a_restart(display: Xvfb, tmp_path: Path) -> None:
    """The policy is written down, another client is started, and that one is open."""
    home = tmp_path / "home"
    with hands(home, display, "leave_tor", HANDS_WAY="Without Tor") as program:
        assert program.wait(60) == 0, program.output
    assert re.findall(r"hands: sealed (\w+)", program.output) == ["True", "False"]
    assert 'policy = "open"' in (home / "data" / "profiles" / "default" / "profile.toml").read_text()


def test_the_proof_is_said_for_the_running_profile(display: Xvfb, tmp_path: Path) -> None:
    """`--prove` asks the program that runs, which looks at itself."""
    home = tmp_path / "home"
    with hands(home, display, "idle") as program:
        program.expect("hands: idle", 30)
        proof = proven(home)
        program.terminate()
    assert "Sealed: the kernel refused a network socket" in proof
    assert re.search(r"Open sockets: \d+, all of them Unix sockets", proof)
    assert "Names asked of this computer: none" in proof


def test_without_a_running_program_there_is_nothing_to_prove(tmp_path: Path) -> None:
    with Program(tmp_path, "--prove") as asked:
        assert asked.wait(30) == 1
        assert "not running" in asked.output
