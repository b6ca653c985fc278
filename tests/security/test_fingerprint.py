"""Two installs on computers with nothing in common write the same bytes but for what is random."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.rig.honest import Honest
from tests.rig.hostile import HOST, Hostile, Stage
from tests.security.certificates import Authority

ONE = {"USER": "chen", "TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "FAKETIME": "-400d"}
OTHER = {"USER": "maria", "TZ": "America/Bogota", "LANG": "es_CO.UTF-8", "FAKETIME": "+90d"}
_RANDOM = [
    (re.compile(rb"(<(auth|response) [^>]*>)[^<]+"), rb"\1SASL"),
    (re.compile(rb"\b[0-9a-f]{32}\b|\b[0-9a-f]{24}\b|\b[0-9a-f]{16}\b"), b"ID"),
]


def other_clock() -> str:
    """The library that shifts the clock of a process; tests/run installs it."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "faketime is not installed; tests/run installs it where it may"
    return str(found[0])


def visit(folder: Path, authority: Authority, computer: dict[str, str]) -> tuple[bytes, bytes, str]:
    """The bytes of a whole visit from such a computer, without and with what is random, and what it knew of itself."""
    script = Honest()
    shown = authority.sign((HOST,), days=(-900, 900))
    name = computer["USER"]
    home = folder / name
    home.mkdir()
    more = {"HOME": str(home), "LOGNAME": name, "LC_ALL": computer["LANG"], "HOSTNAME": f"{name}s-laptop"}
    clock = {"LD_PRELOAD": other_clock()}
    path = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    with Hostile(script, shown.context) as hostile:
        where = (str(home / "profile"), str(hostile.port), str(authority.file), more["HOSTNAME"])
        done = subprocess.run(
            [sys.executable, "-m", "tests.security.full_run", *where],
            env=os.environ | computer | more | clock | path,
            timeout=90,
            check=False,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode()
        raw = b"\n".join(bytes(wire.received[stage]) for wire in hostile.wires for stage in Stage)
    plain = raw
    for pattern, instead in _RANDOM:
        plain = pattern.sub(instead, plain)
    return plain, raw, done.stdout.decode()


def test_two_computers_write_the_same(folder: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "long-lived", days=(-1_000, 1_000))
    one, one_raw, one_knew = visit(tmp_path, authority, ONE)
    other, other_raw, other_knew = visit(tmp_path, authority, OTHER)
    assert "+08:00" in one_knew and "-05:00" in other_knew and one_knew[:4] != other_knew[:4]
    assert one == other
    assert one.count(b"<message") == 2 and b"unavailable" in one and b"jabber:iq:roster" in one
    for raw, computer in ((one_raw, ONE), (other_raw, OTHER)):
        for word in (computer["USER"], computer["TZ"], computer["LANG"][:5], "laptop", "xml:lang", "<delay", "idle"):
            assert word.encode() not in raw, word
    numbers = [set(re.findall(rb"\b[0-9a-f]{16,32}\b", raw)) for raw in (one_raw, other_raw)]
    assert len(numbers[0]) > 10 and not numbers[0] & numbers[1]
