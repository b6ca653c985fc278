"""Two identities talk encrypted in the real program, by keys alone: what GnuPG does beside it, and what is left."""

from pathlib import Path

import pytest

from teahouse.domain.policy import Policy
from teahouse.features.openpgp import memory
from tests.e2e.driven import hands, heard, two_identities
from tests.e2e.test_sealed import NETWORKS, client_of
from tests.rig.private_tor import PrivateTor
from tests.rig.prosody import Prosody
from tests.rig.traced import descended, read_trace, tracing
from tests.rig.xvfb import Xvfb


def agents() -> list[bytes]:
    """The command lines of what GnuPG has running for any profile of ours."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                words = (place / "cmdline").read_bytes()
            except OSError:
                continue
            if b"teahouse-gpg-" in words:
                found.append(words)
    return found


@pytest.mark.parametrize("policy", [Policy.OPEN, Policy.TOR])
def test_nothing_but_the_profile_is_touched_and_nothing_is_left(
    server: Prosody, display: Xvfb, private_tor: PrivateTor, tmp_path: Path, policy: Policy
) -> None:
    # A path that no socket of an agent would fit into.
    home, trace, torrc = tmp_path / ("h" * 120), tmp_path / "trace", tmp_path / "torrc"
    home.mkdir()
    torrc.write_text("\n".join([*private_tor.client_lines, ""]))
    provision = two_identities(server, tmp_path, policy)
    before = tracing(trace, "clone", "clone3", "vfork", "execve")
    words = {"HANDS_PATIENCE": "60", "TEAHOUSE_TORRC": str(torrc)}
    with hands(home, display, "encrypted", "--provision", str(provision), before=before, **words) as program:
        assert program.wait(150) == 0, program.output[-3000:]
    said = "\n".join(heard(program))
    assert said.count("good evening") == 2 and said.count("and to you") == 2
    assert "good evening" not in server.log() and "and to you" not in server.kept()
    calls = read_trace(trace)
    started = [call.said.split('"')[1] for call in calls if call.name == "execve" and call.answer == "0"]
    assert any(one.endswith("/gpg") for one in started) and any(one.endswith("/gpg-agent") for one in started)
    assert not [one for one in started if "dirmngr" in one or "pinentry" in one or "scdaemon" in one]
    assert not (home / ".gnupg").exists()
    assert not [words for words in agents() if str(home).encode() in words]
    ours = memory.home(memory.place(), home / "data" / "profiles" / "default", 1).name.rpartition("-")[0]
    assert not list(memory.place().glob(f"{ours}-*")) and not [words for words in agents() if ours.encode() in words]
    if policy is Policy.TOR:
        made = [call for call in descended(calls, client_of(home)) if call.name == "socket"]
        assert not [call for call in made if any(family in call.said for family in NETWORKS)]
