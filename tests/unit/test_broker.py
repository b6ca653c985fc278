"""The broker as a real process, with a client that only prints what it is told."""

import os
import re
from pathlib import Path

import pytest

from teahouse.broker import distant_display
from tests.rig.program import Program
from tests.rig.wait import until

FAKE = "tests.rig.fake_client"


def start(home: Path, *arguments: str, **environment: str) -> Program:
    """The broker with the fake client."""
    return Program(home, *arguments, environment=environment, module=FAKE)


def gone(pid: int) -> bool:
    """Whether no process of this id runs any more."""
    state = Path(f"/proc/{pid}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_second_start_raises_the_first(tmp_path: Path) -> None:
    """It says so and ends well; the client hears of it; its code is passed on."""
    with start(tmp_path, FAKE_CLIENT_ENDS_ON="raise") as first:
        first.expect("client ")
        with start(tmp_path) as second:
            assert second.wait() == 0
            second.expect("already open")
        assert first.wait() == 7


def test_two_profiles_run_beside_each_other(tmp_path: Path) -> None:
    """Another name is another lock and another folder."""
    with start(tmp_path) as first, start(tmp_path, "--profile", "其他") as second:
        until(lambda: first.output.count("client ") == 2)
        assert first.terminate() and second.terminate()


def test_a_bad_profile_name_is_a_sentence(tmp_path: Path) -> None:
    """No traceback, no folder."""
    with start(tmp_path, "--profile", "../x") as program:
        assert program.wait() == 2
        assert "cannot be the name of a profile" in program.output


@pytest.mark.parametrize(
    ("display", "distant"),
    [(":0", False), (":0.1", False), ("unix:0", False), ("/run/display/x:0", False), ("", False),
     ("localhost:10.0", True), ("192.0.2.1:0", True), ("[2001:db8::1]:0", True), ("tcp/host:0", True)],
)  # fmt: skip
def test_displays_over_a_network_are_known(display: str, distant: bool) -> None:
    """Other platforms than X11 have no such thing."""
    assert distant_display({"DISPLAY": display}) is distant
    assert not distant_display({"DISPLAY": display, "WAYLAND_DISPLAY": "wayland-0"})
    assert not distant_display({"DISPLAY": display, "QT_QPA_PLATFORM": "offscreen"})


def test_a_sealed_client_says_that_its_display_is_out_of_reach(tmp_path: Path) -> None:
    """Instead of dying in Qt."""
    with start(tmp_path, DISPLAY="127.0.0.1:10.0", QT_QPA_PLATFORM="xcb") as program:
        assert program.wait() == 2
        assert "DISPLAY" in program.output


def test_a_crash_is_said_and_passed_on(tmp_path: Path) -> None:
    """SIGSEGV becomes 139, as a shell would say."""
    with start(tmp_path, FAKE_CLIENT_CRASHES="1") as program:
        assert program.wait() == 139
        assert "ended unexpectedly (signal 11)" in program.output


def test_a_confirmed_link_opens_in_the_browser_and_nothing_else_does(tmp_path: Path) -> None:
    """Only web addresses, as one argument, never as an option; in the browser that was chosen."""
    folder, opened = tmp_path / "bin", tmp_path / "opened"
    folder.mkdir()
    for name in ("xdg-open", "torbrowser-launcher"):
        opener = folder / name
        opener.write_text(f'#!/bin/sh\nprintf "%s|" {name} "$@" >>{opened}-{name}\n')
        opener.chmod(0o755)
    wrong = ("file:///etc/passwd", "--help", "https://x/\x1b[2J", "javascript:alert(1)", "https://" + "x" * 5_000)
    sound = "https://tea.example/a b?q='$(id)'"
    lines = [f"browse {kind} {address}" for kind in ("any", "tor") for address in (*wrong, sound)]
    lines += [f"browse sh {sound}", f"browse {sound}", "browse"]
    with start(tmp_path / "home", PATH=f"{folder}:/usr/bin:/bin", FAKE_CLIENT_SAYS="\n".join(lines)) as program:
        program.expect("client ")
        found = [Path(f"{opened}-{name}") for name in ("xdg-open", "torbrowser-launcher")]
        until(lambda: all(file.exists() and file.read_text().endswith("|") for file in found))
        program.terminate()
    assert [file.read_text() for file in found] == [f"xdg-open|{sound}|", f"torbrowser-launcher|{sound}|"]


@pytest.mark.parametrize("kill", ["broker", "client"])
def test_neither_outlives_the_other(tmp_path: Path, kill: str) -> None:
    """Killed one, ended both; and the profile can be opened again."""
    with start(tmp_path) as program:
        program.expect("client ")
        client = program.client()
        os.kill(program.process.pid if kill == "broker" else client, 9)
        program.wait()
        until(lambda: gone(client))
    with start(tmp_path, FAKE_CLIENT_ENDS_ON="raise") as again:
        until(lambda: again.output.count("client ") == 2)


def test_the_practice_profile_comes_up_and_leaves_nothing(tmp_path: Path) -> None:
    """The client hears where its accounts are; afterwards folder and server are gone."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    with start(tmp_path / "home", "--demo", TMPDIR=str(temporary)) as program:
        program.expect("line practice-ready ")
        found = re.search(r"line practice-ready (.*)", program.output)
        assert found
        written = Path(found[1]).parent / "prosody.pid"
        server = int(until(lambda: written.read_text() if written.exists() else ""))
        assert not gone(server)
        program.terminate()
        assert gone(server)
    assert [path.name for path in temporary.iterdir() if path.name.startswith("teahouse-practice")] == []


def test_without_prosody_the_client_hears_why(tmp_path: Path) -> None:
    """A sentence that names what is missing."""
    (tmp_path / "bin").mkdir()
    with start(tmp_path, "--demo", PATH=str(tmp_path / "bin"), TEAHOUSE_PROSODY="/nonexistent") as program:
        program.expect("line practice-failed ")
        assert "Prosody" in program.output
        program.terminate()
