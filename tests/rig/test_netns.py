"""The namespace without a way out names every leak: what other tests rely on when they find none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.netns import inside

_ROOT = Path(__file__).resolve().parents[2]
CALL = "import socket as s; c = s.socket(s.{0}, s.{1}); c.setblocking(False); c.connect_ex(('{2}', {3}))"
ASK = "import socket as s\ntry: s.getaddrinfo('teahouse.test', 5222)\nexcept OSError: pass"
SAY = "import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('192.0.2.7', 3478))"
LEAKS = {
    ASK: "leak0 udp 10.66.0.1 53 teahouse.test",
    SAY: "leak0 udp 192.0.2.7 3478",
    CALL.format("AF_INET", "SOCK_STREAM", "192.0.2.7", 5222): "leak0 tcp 192.0.2.7 5222",
    CALL.format("AF_INET6", "SOCK_STREAM", "2001:db8::7", 5222): "leak0 tcp 2001:db8::7 5222",
    CALL.format("AF_INET", "SOCK_STREAM", "127.0.0.1", 9): "lo tcp 127.0.0.1 9",
}


def leaks(report: Path, script: str, *how: str) -> str:
    """What the sniffer wrote down of a Python script."""
    command = [*inside(report, *how), sys.executable, "-c", script]
    subprocess.run(command, cwd=_ROOT, env={**os.environ, "PYTHONPATH": f"{_ROOT}/app:{_ROOT}"}, check=True, timeout=60)
    return report.read_text()


@pytest.mark.parametrize("how", [(), ("--stripped",)], ids=["root", "unprivileged"])
def test_every_leak_is_named(tmp_path: Path, how: tuple[str, ...]) -> None:
    seen = leaks(tmp_path / "report", "\n".join(LEAKS), *how)
    for expected in LEAKS.values():
        assert expected in seen


def test_what_opens_no_connection_leaves_no_trace(tmp_path: Path) -> None:
    script = "import os, socket; socket.socketpair(); socket.socket(); assert os.getuid() == 1000"
    assert leaks(tmp_path / "report", script, "--stripped") == ""
