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
from pathlib import Path

PROGRAMS = ("obfs4proxy", "lyrebird", "snowflake-client", "webtunnel-client", "conjure-client")
METHODS = ("obfs4", "webtunnel", "snowflake", "meek_lite", "conjure")
_PATIENCE = 3.0


def available() -> dict[str, dict[str, object]]:
    """Method -> its program, and whether that understands `fronts=` (snowflake)."""
    found: dict[str, dict[str, object]] = {}
    for name in PROGRAMS:
        program = shutil.which(name)
        # tor splits the line of a ClientTransportPlugin at spaces.
        if program is None or " " in program:
            continue
        for method in offered(program):
            found.setdefault(method, {"program": program, "fronts": method == "snowflake" and _knows_fronts(program)})
    return found


def offered(program: str, methods: tuple[str, ...] = METHODS) -> tuple[str, ...]:
    """Which of these methods a program offers; it is ended once it has answered."""
    with tempfile.TemporaryDirectory(prefix="teahouse-") as state:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": state,
            "TOR_PT_MANAGED_TRANSPORT_VER": "1",
            "TOR_PT_CLIENT_TRANSPORTS": ",".join(methods),
            "TOR_PT_STATE_LOCATION": str(Path(state) / "pt"),
            "TOR_PT_EXIT_ON_STDIN_CLOSE": "1",
        }
        try:
            process = subprocess.Popen(
                [program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=state,
            )
        except OSError:
            return ()
        with process:
            said = _listen(process)
            process.kill()
    lines = [line.split(" ") for line in said.splitlines()]
    return tuple(line[1] for line in lines if line[0] == "CMETHOD" and len(line) > 3 and line[1] in methods)


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
