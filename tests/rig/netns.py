"""Runs a command where every way to a network leads to a sniffer: `python -m tests.rig.netns REPORT [how] -- command`.

A network namespace of its own, entered as root or by a user namespace, holds loopback and one cable with addresses, a
default route and a gateway that never answers. So a leak is a packet that is seen and named here, instead of an error
that nobody hears of. Unix sockets lead out of it: to X, and to a tor outside.

    --forward PORT=PATH   127.0.0.1:PORT leads to a Unix socket, as where the system's tor listens; that is no leak
    --stripped            the command runs without any capability, under a user id that is not root's

REPORT gets one line per packet that went elsewhere: the cable, the protocol, the place, and the name that a DNS
question asked for.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import Any

from tests.rig.tor_node import binary

_CABLE, _GATEWAY, _GATEWAY6 = "leak0", "10.66.0.1", "fd66::1"
_DEAD = "02:00:00:00:00:01"
_FENCE = ("10.66.0.9", 9)
_NEIGHBOURS = (130, 131, 132, 133, 134, 135, 136, 143)
"""ICMPv6 that the kernel itself sends about neighbours and multicast groups."""


def inside(report: Path, *how: str) -> list[str]:
    """The command that runs another one in there; that one follows it."""
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *own, "--net", "--mount", sys.executable, "-P", "-m", "tests.rig.netns", str(report), *how, "--"]


def lay_cables() -> None:
    """Loopback, and a cable to a gateway that takes everything and answers nothing."""
    for where in ("all", "default"):
        for key in ("accept_ra", "autoconf", "accept_dad", "router_solicitations"):
            with contextlib.suppress(OSError):
                Path(f"/proc/sys/net/ipv6/conf/{where}/{key}").write_text("0")
    _ip("link set lo up")
    _ip(f"link add {_CABLE} type veth peer name leak1")
    _ip("link set leak1 up")
    _ip(f"addr add 10.66.0.2/24 dev {_CABLE}")
    _ip(f"link set {_CABLE} up")
    for dead in (_GATEWAY, _FENCE[0]):
        _ip(f"neigh add {dead} lladdr {_DEAD} dev {_CABLE} nud permanent")
    _ip(f"route add default via {_GATEWAY} dev {_CABLE}")
    if Path("/proc/sys/net/ipv6").exists():
        _ip(f"-6 addr add fd66::2/64 dev {_CABLE} nodad")
        _ip(f"-6 neigh add {_GATEWAY6} lladdr {_DEAD} dev {_CABLE} nud permanent")
        _ip(f"-6 route add default via {_GATEWAY6} dev {_CABLE}")


def _ip(words: str) -> None:
    subprocess.run([binary("ip"), *words.split()], check=True)


def ask_the_gateway(folder: Path) -> None:
    """Names are asked of the gateway, for this namespace alone."""
    own = folder / "resolv.conf"
    own.write_text(f"nameserver {_GATEWAY}\noptions timeout:1 attempts:1\n")
    subprocess.run(["mount", "--bind", str(own), os.path.realpath("/etc/resolv.conf")], check=True)


class Sniffer:
    """Writes down every packet of every cable, but for those on loopback to or from the ports that are allowed."""

    def __init__(self, report: Path, allowed: set[int]) -> None:
        self._report, self._allowed = report, allowed
        report.write_text("")
        # All protocols (ETH_P_ALL), without the link layer's header.
        self._tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self._fence = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            packet, (cable, protocol, kind, *_) = self._tap.recvfrom(65535)
            if (kind != socket.PACKET_OUTGOING and cable != "lo") or cable == "leak1":
                continue
            if (seen := self._named(packet, cable, protocol)) == f"{cable} udp {_FENCE[0]} {_FENCE[1]}":
                self._fence.set()
            elif seen:
                with self._report.open("a") as file:
                    file.write(seen + "\n")

    def _named(self, packet: bytes, cable: str, protocol: int) -> str:
        if protocol == 0x0800:
            kind, place, body = packet[9], socket.inet_ntoa(packet[16:20]), packet[(packet[0] & 15) * 4 :]
        elif protocol == 0x86DD:
            kind, place, body = packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40:]
            if kind == 0 or (kind == 58 and body[:1] and body[0] in _NEIGHBOURS):
                return ""
        else:
            return "" if protocol == 0x0806 else f"{cable} protocol {protocol:#x}"
        if kind not in (6, 17):
            return f"{cable} ip {kind} {place}"
        source, target = struct.unpack("!HH", body[:4])
        if cable == "lo" and kind == 6 and {source, target} & self._allowed:
            return ""
        asked = f" {_question(body[8:])}" if kind == 17 and target == 53 else ""
        return f"{cable} {'tcp' if kind == 6 else 'udp'} {place} {target}{asked}"

    def finish(self) -> None:
        """Everything sent before now has been written down."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"fence", _FENCE)
        if not self._fence.wait(10):
            raise SystemExit("the sniffer sees nothing")


def _question(data: bytes) -> str:
    """The name in a DNS question (RFC 1035 section 4.1.2)."""
    words, at = [], 12
    while at < len(data) and data[at]:
        words.append(data[at + 1 : at + 1 + data[at]].decode(errors="replace"))
        at += 1 + data[at]
    return ".".join(words)


def open_doors(doors: dict[int, str]) -> None:
    """Ports of loopback that lead to a Unix socket each, as long as this process lives."""
    loop = asyncio.new_event_loop()
    for port, path in doors.items():
        loop.run_until_complete(asyncio.start_server(partial(_join, path), "127.0.0.1", port))
    threading.Thread(target=loop.run_forever, daemon=True).start()


async def _join(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        inner, outer = await asyncio.open_unix_connection(path)
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))
    writer.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


def stripped(command: list[str]) -> list[str]:
    """The command under an id that is not root's and without any capability; files stay reachable as before."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "setpriv", "--no-new-privs", *command]


def main() -> int:
    """Run what follows `--`, hand SIGTERM on to it, and end with its exit code."""
    reader = argparse.ArgumentParser()
    reader.add_argument("report", type=Path)
    reader.add_argument("--forward", action="append", default=[])
    reader.add_argument("--stripped", action="store_true")
    mark = sys.argv.index("--")
    said, command = reader.parse_args(sys.argv[1:mark]), sys.argv[mark + 1 :]
    doors = {int(port): path for port, _, path in (one.partition("=") for one in said.forward)}
    lay_cables()
    with tempfile.TemporaryDirectory() as folder:
        ask_the_gateway(Path(folder))
        sniffer = Sniffer(said.report, set(doors))
        open_doors(doors)
        child = subprocess.Popen(stripped(command) if said.stripped else command)

        def pass_on(number: int, _frame: Any) -> None:
            child.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        code = child.wait()
        sniffer.finish()
        subprocess.run(["umount", os.path.realpath("/etc/resolv.conf")], check=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
