"""The second layer under the seal: in this process, Python itself refuses what leads to a network or another program.

An audit hook (PEP 578) sees what Python code does, not what a library in C does: it finds mistakes early and names
them, while the seal holds. It stays until the process ends.
"""

import os
import shutil
import socket
import sys
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

_NAMES = {
    "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo", "socket.gethostname",
    "http.client.connect", "urllib.Request", "ftplib.connect", "smtplib.connect", "webbrowser.open", "os.system",
}  # fmt: skip
"""Refused whatever is asked."""
REFUSED: Counter[str] = Counter()
"""How often something was refused, by the name of the audit event."""


class Forbidden(PermissionError):
    """This profile has no way to a network but tor, and this was not it."""


def programs() -> tuple[str, ...]:
    """What the sealed client starts: GnuPG, and nothing else. Absolute paths, of what there is."""
    found = (shutil.which(name) for name in ("gpg", "gpgconf"))
    return tuple(os.path.abspath(path) for path in found if path)


def watch(programs: Collection[str]) -> None:
    """Refuse every name look-up, network socket and program but these (absolute paths), from here on."""
    may_start = frozenset(programs)
    judges: dict[str, Callable[[tuple[Any, ...]], bool]] = {
        **{name: lambda _: True for name in _NAMES},
        "socket.__new__": lambda args: args[1] not in (socket.AF_UNIX, -1),
        "socket.connect": _is_network,
        "socket.bind": _is_network,
        "socket.sendto": _is_network,
        "subprocess.Popen": lambda args: _program(args[0]) not in may_start,
        "os.posix_spawn": lambda args: _program(args[0]) not in may_start,
        "os.exec": lambda args: _program(args[0]) not in may_start,
        "os.spawn": lambda args: _program(args[1]) not in may_start,
    }

    def hook(event: str, args: tuple[Any, ...]) -> None:
        judge = judges.get(event)
        if judge is not None and judge(args):
            REFUSED[event] += 1
            raise Forbidden(event)

    sys.addaudithook(hook)


def _is_network(args: tuple[Any, ...]) -> bool:
    """Addresses of Unix sockets are paths; all others are tuples."""
    return not isinstance(args[1], str | bytes | os.PathLike)


def _program(name: object) -> str:
    return os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else ""
