"""How tor is started, and where a tor that others run is found. Standard library only.

    TEAHOUSE_TOR     the tor to run, when it is not the one on PATH
    TEAHOUSE_TORRC   a file of further options. They rank below ours: it can add, and change nothing that we set
    TOR_SKIP_LAUNCH=1 with TOR_SOCKS_HOST, TOR_SOCKS_PORT or TOR_SOCKS_IPC_PATH and TOR_CONTROL_HOST,
    TOR_CONTROL_PORT or TOR_CONTROL_IPC_PATH, TOR_CONTROL_PASSWD, TOR_CONTROL_COOKIE_AUTH_FILE
                     use the tor that is there, as Tails and Whonix ask for: never Tor over Tor
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from teahouse.forward import Place

_LONG_LIVED = "21,22,443,706,1863,5050,5190,5222,5223,5269,6523,6667,6697,8300"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class OthersTor:
    """A tor that we do not run. `control` may be missing, then there is neither progress nor a view of circuits."""

    socks: Place
    control: Place | None
    password: str = ""
    cookie: str = ""


SYSTEM = OthersTor((LOOPBACK, 9050), (LOOPBACK, 9051))
BROWSER = OthersTor((LOOPBACK, 9150), (LOOPBACK, 9151))


def others_tor(environment: Mapping[str, str]) -> OthersTor | None:
    """The tor that the environment says to use instead of our own, None when it says nothing."""
    if environment.get("TOR_SKIP_LAUNCH") != "1":
        return None
    socks = _place(environment, "TOR_SOCKS", 9050)
    return OthersTor(
        socks or SYSTEM.socks,
        _place(environment, "TOR_CONTROL", 9051),
        environment.get("TOR_CONTROL_PASSWD", "").strip('"'),
        environment.get("TOR_CONTROL_COOKIE_AUTH_FILE", ""),
    )


def _place(environment: Mapping[str, str], prefix: str, usual: int) -> Place | None:
    if path := environment.get(f"{prefix}_IPC_PATH"):
        return path
    port = environment.get(f"{prefix}_PORT", str(usual))
    return (environment.get(f"{prefix}_HOST", LOOPBACK), int(port)) if port.isdigit() and int(port) < 65536 else None


def binary() -> str:
    """The tor of this computer, or nothing."""
    beside = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which(os.environ.get("TEAHOUSE_TOR") or "tor", path=beside) or ""


def command(program: str, data: Path, socks: Path, control: Path, empty: Path, owner: int) -> list[str]:
    """The command line. Everything is on it, so that no torrc of this computer has a say; `empty` is an empty file.

    Flags of a SocksPort are set at the start for good. The network stays off until the client wants it.
    """
    options = {
        "DataDirectory": data,
        "ControlSocket": control,
        "CookieAuthentication": 1,
        "__OwningControllerProcess": owner,
        "DisableNetwork": 1,
        "SocksPort": f"unix:{socks} IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors",
        "SafeSocks": 1,
        "ClientOnly": 1,
        "AvoidDiskWrites": 1,
        "SafeLogging": 1,
        "ConnectionPadding": 1,
        "Log": "notice stdout",
        "LongLivedPorts": _LONG_LIVED,
        # The tables of countries cost 35 MB; the view of circuits reads them when it is opened.
        "GeoIPFile": empty,
        "GeoIPv6File": empty,
    }
    further = os.environ.get("TEAHOUSE_TORRC") or str(empty)
    line = [program, "-f", str(empty), "--defaults-torrc", further, "--hush"]
    for name, value in options.items():
        line += [f"--{name}", str(value)]
    return line
