"""The seal and the watch, each in a process of its own, for neither can be taken off again. Leaks A1, A3, A9, A21."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
SEALED = "from teahouse.net.seal import seal, sealed\nassert seal() and sealed()\n"
FAMILIES = {"AF_INET": 2, "AF_INET6": 10, "AF_PACKET": 17, "AF_VSOCK": 40, "AF_ALG": 38, "AF_BLUETOOTH": 31}


def said(code: str, **more: str) -> str:
    """What a fresh Python prints that runs this."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | {"PYTHONPATH": str(APP)} | more,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_no_network_socket_of_any_family(family: int, kind: int) -> None:
    attempt = f"import socket\ntry:\n    socket.socket({family}, {kind})\nexcept OSError as e:\n    print(e.errno)"
    assert said(SEALED + attempt) == "13"


@pytest.mark.skipif(os.getuid() != 0, reason="everything here runs unprivileged already")
def test_nobody_in_particular_is_sealed_as_root_is() -> None:
    """The filter needs no privilege, and a process that has one cannot lift it."""
    code = (
        "import errno, os, socket, pyseccomp\nfrom teahouse.net.seal import seal, sealed\n"
        "os.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\nassert seal() and sealed()\n"
        "try:\n    socket.socket()\nexcept OSError as e:\n    print(e.errno, os.getuid())"
    )
    assert said(code) == "13 65534"


def test_the_upper_half_of_an_argument_opens_nothing() -> None:
    """The kernel cuts `(1 << 32) | AF_INET` to AF_INET; the filter must see it so too."""
    attempt = (
        "import ctypes, platform\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "number = {'x86_64': 41, 'aarch64': 198}[platform.machine()]\n"
        "print(libc.syscall(number, ctypes.c_long(1 << 32 | 2), 1, 0), ctypes.get_errno())"
    )
    assert said(SEALED + attempt) == "-1 13"


def test_routing_netlink_is_closed_and_news_of_devices_is_not() -> None:
    attempt = (
        "import socket\nsocket.socket(16, 3, 15).close()\n"
        "for protocol in (0, 4, 9, 12, 16):\n    try:\n        socket.socket(16, 3, protocol)\n        print('open')\n"
        "    except OSError as e:\n        print(e.errno)"
    )
    assert said(SEALED + attempt).split() == ["13"] * 5


def test_a_child_is_sealed_too() -> None:
    attempt = (
        "import subprocess, sys\n"
        "inner = 'import socket\\ntry:\\n    socket.socket()\\nexcept OSError as e:\\n    print(e.errno)'\n"
        "print(subprocess.run([sys.executable, '-c', inner], capture_output=True, text=True).stdout)"
    )
    assert said(SEALED + attempt) == "13"


def test_unix_sockets_still_work(tmp_path: Path) -> None:
    attempt = (
        "import asyncio, socket\na, b = socket.socketpair()\na.sendall(b'tea')\nprint(b.recv(3).decode())\n"
        f"door = socket.socket(socket.AF_UNIX)\ndoor.bind({str(tmp_path / 's')!r})\ndoor.listen()\n"
        f"visitor = socket.socket(socket.AF_UNIX)\nvisitor.connect({str(tmp_path / 's')!r})\n"
        "asyncio.run(asyncio.sleep(0))\nprint('here')"
    )
    assert said(SEALED + attempt).split() == ["tea", "here"]


def test_nothing_is_taken_from_another_process() -> None:
    """Not by ptrace, not by pidfd_getfd, and no ring makes sockets."""
    attempt = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.ptrace(16, os.getppid(), 0, 0),"
        " ctypes.get_errno())\nfor number in (438, 425):\n"
        "    print(libc.syscall(number, 3, 0, 0), ctypes.get_errno())"
    )
    assert said(SEALED + attempt).splitlines() == ["-1 13"] * 3


def test_without_the_seal_one_is_not_sealed() -> None:
    """The negative control."""
    assert said("from teahouse.net.seal import sealed\nprint(sealed())") == "False"


ATTEMPTS = {
    "a name": "socket.getaddrinfo('tea.example', 5222)",
    "a name, the old way": "socket.gethostbyname('tea.example')",
    "this computer's name": "socket.gethostname()",
    "a network socket": "socket.socket(socket.AF_INET)",
    "another one": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "a program": "subprocess.run(['/bin/true'])",
    "a shell": "os.system('true')",
    "a program in place of this": "os.execv('/bin/true', ['true'])",
    "a spawned program": "os.posix_spawn('/bin/true', ['true'], {})",
    "http": "http.client.HTTPConnection('127.0.0.1', 9).connect()",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_python_itself_refuses(attempt: str) -> None:
    code = (
        "import http.client, os, socket, subprocess\n"
        "from teahouse.net.watch import REFUSED, Forbidden, watch\nwatch(['/usr/bin/env'])\n"
        f"try:\n    {attempt}\nexcept Forbidden as refusal:\n    print('refused', sum(REFUSED.values()))"
    )
    assert said(code) == "refused 1"


def test_what_is_needed_is_not_refused(tmp_path: Path) -> None:
    code = (
        "import asyncio, socket, subprocess\nfrom teahouse.net.watch import REFUSED, watch\nwatch(['/usr/bin/env'])\n"
        "subprocess.run(['/usr/bin/env'], capture_output=True, check=True)\n"
        f"door = socket.socket(socket.AF_UNIX)\ndoor.bind({str(tmp_path / 's')!r})\ndoor.listen()\n"
        f"visitor = socket.socket(socket.AF_UNIX)\nvisitor.connect({str(tmp_path / 's')!r})\n"
        "socket.socket(fileno=visitor.detach())\nasyncio.run(asyncio.sleep(0))\nprint(dict(REFUSED))"
    )
    assert said(code) == "{}"
