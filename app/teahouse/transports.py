"""What the pluggable transports of this computer can do: found by asking each program, not by its name.

The question is the one tor asks (pt-spec.txt, section 3): the program names the methods it offers, before any network.
"""

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = ("obfs4proxy", "lyrebird", "snowflake-client", "webtunnel-client", "conjure-client")
METHODS = ("obfs4", "webtunnel", "snowflake", "meek_lite", "conjure")
_PATIENCE = 3.0


def available() -> dict[str, dict[str, object]]:
    """Method -> its program, and whether that understands `fronts=` (snowflake)."""
    found: dict[str, dict[str, object]] = {}
    for program in _programs():
        for method in offered(program):
            found.setdefault(method, {"program": program, "fronts": method == "snowflake" and _knows_fronts(program)})
    return found


def program_for(method: str) -> str:
    """The first program that offers a method, or nothing."""
    return next((program for program in _programs() if method in offered(program, (method,))), "")


def _programs() -> list[str]:
    # tor splits the line of a ClientTransportPlugin at spaces.
    return [found for name in PROGRAMS if (found := shutil.which(name)) and " " not in found]


def offered(program: str, methods: Sequence[str] = METHODS) -> tuple[str, ...]:
    """Which of these methods a program offers; it is ended once it has answered."""
    with tempfile.TemporaryDirectory(prefix="teahouse-") as state:
        try:
            process = started(program, methods, Path(state))
        except OSError:
            return ()
        with process:
            found = ports(process, methods)
            process.kill()
    return tuple(found)


def started(program: str, methods: Sequence[str], state: Path) -> "subprocess.Popen[bytes]":
    """A program as tor starts it, for these methods. It ends with its standard input; raises OSError."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(state),
        "TOR_PT_MANAGED_TRANSPORT_VER": "1",
        "TOR_PT_CLIENT_TRANSPORTS": ",".join(methods),
        "TOR_PT_STATE_LOCATION": str(state / "pt"),
        "TOR_PT_EXIT_ON_STDIN_CLOSE": "1",
    }
    return subprocess.Popen(
        [program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=state,
    )


def ports(process: "subprocess.Popen[bytes]", methods: Sequence[str]) -> dict[str, str]:
    """Method -> `address:port` of its SOCKS5, as the program says once it is up; what it does not offer is left out."""
    lines = [line.split(" ") for line in _listen(process).splitlines()]
    return {
        line[1]: line[3]
        for line in lines
        if line[0] == "CMETHOD" and len(line) > 3 and line[1] in methods and line[2] == "socks5"
    }


def _listen(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    said, until = b"", time.monotonic() + _PATIENCE
    while b"CMETHODS DONE" not in said and len(said) < 65536:
        left = until - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            break
        some = os.read(process.stdout.fileno(), 4096)
        if not some:
            break
        said += some
    return said.decode(errors="replace")


def _knows_fronts(program: str) -> bool:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        told = subprocess.run([program, "-h"], capture_output=True, timeout=_PATIENCE, check=False)
        return b"-fronts" in told.stdout + told.stderr
    return False
