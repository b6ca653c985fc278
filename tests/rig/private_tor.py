"""A private Tor network on loopback: three authorities, a relay, two exits; onion services and obfs4 bridges on demand.

What makes it come up in the same 10 to 15 s each time:

* An authority that starts inside a voting interval and past its voting time votes before anybody has uploaded: the
  voting clock is shifted so that the first vote falls a few seconds after the start.
* Only authorities are guards: a relay chosen as guard before it has a consensus costs a client ten seconds.
* An exit that has no consensus yet must not refuse circuits from middle relays it does not know.

Exits resolve names at a name server of the rig, whose log shows what they asked.
"""

import contextlib
import os
import re
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from teahouse.practice.prosody import free_ports
from tests.rig.names import Names, Records
from tests.rig.tor_node import HOST, Node, binary
from tests.rig.wait import until

_FIRST_VOTE = 3.0
"""Seconds after the start; relays upload after two."""
_INTERVAL = 10
_RELAY = [
    "AssumeReachable 1",
    f"Address {HOST}",
    "ContactInfo nobody@xmpp.test",
    "SocksPort 0",
    "DirCache 1",
    "BandwidthRate 1 GBytes",
    "BandwidthBurst 1 GBytes",
]
_AUTHORITY = [
    "AuthoritativeDirectory 1",
    "V3AuthoritativeDirectory 1",
    "AuthDirTestReachability 0",
    f"TestingV3AuthInitialVotingInterval {_INTERVAL}",
    "TestingV3AuthInitialVoteDelay 2",
    "TestingV3AuthInitialDistDelay 2",
    "V3AuthVotingInterval 20",
    "V3AuthVoteDelay 2",
    "V3AuthDistDelay 2",
    "V3AuthNIntervalsValid 60",
    "TestingDirAuthVoteGuardIsStrict 1",
    "TestingDirAuthVoteHSDir *",
    "TestingMinExitFlagThreshold 0",
    "TestingAuthDirTimeToLearnReachability 0",
    "MinUptimeHidServDirectoryV2 0",
    "AuthDirMaxServersPerAddr 0",
    "MinMeasuredBWsForAuthToIgnoreAdvertised 1000",
    "ExitPolicy reject *:*",
]
_EXIT = [
    "ExitRelay 1",
    "ExitPolicyRejectPrivate 0",
    "ExitPolicy accept *:*",
    "ServerDNSDetectHijacking 0",
    "ServerDNSTestAddresses",
    "ServerDNSAllowBrokenConfig 1",
    "IPv6Exit 0",
    "RefuseUnknownExits 0",
]


class PrivateTor:
    """`names` is the name server of the exits; `client_lines` make any tor a client of this network."""

    def __init__(self, folder: Path, records: Records) -> None:
        self._folder, self.names = folder, Names(records)
        self._nodes: list[Node] = []
        self._directory: list[str] = []
        self._authorities: list[Node] = []

    @property
    def client_lines(self) -> list[str]:
        """The torrc of a client of this network, without ports and folders."""
        return ["TestingTorNetwork 1", "PathsNeededToBuildCircuits 0.25", *self._directory]

    @property
    def walled_lines(self) -> list[str]:
        """The same where the network around refuses every relay that a fresh tor knows of."""
        return [re.sub(r"orport=\d+|(?<=127\.0\.0\.1):\d+", _shut, line) for line in self.client_lines]

    def start(self) -> "PrivateTor":
        """Up, with a consensus that every authority holds."""
        self._folder.mkdir(parents=True)
        resolv = self._folder / "resolv.conf"
        # That a port may stand here is an extension of libevent, which an exit asks through.
        resolv.write_text(f"nameserver {HOST}:{self.names.port}\noptions timeout:2 attempts:2\n")
        free = free_ports(6)
        ports = list(zip(free[:3], free[3:], strict=True))
        with ThreadPoolExecutor(2) as pool:
            self._directory = list(pool.map(lambda one: self._make_authority(one[0], *one[1]), enumerate(ports)))
        vote = [*_AUTHORITY, f"TestingV3AuthVotingStartOffset {_vote_offset()}"]
        vote.append("TestingDirAuthVoteGuard " + ",".join(line.split()[-1] for line in self._directory))
        exits = [*_EXIT, f"ServerDNSResolvConfFile {resolv}"]
        for number, (onion_port, directory_port) in enumerate(ports):
            own = [f"ORPort {HOST}:{onion_port}", f"DirPort {HOST}:{directory_port}"]
            self._authorities.append(self._add(f"auth{number}", [*_RELAY, *vote, *own]))
        for name, lines in (("relay0", ["ExitPolicy reject *:*"]), ("exit0", exits), ("exit1", exits)):
            self._add(name, [*_RELAY, *lines, f"ORPort {HOST}:{free_ports(1)[0]}"])
        until(self._agreed, 60, "the private Tor network to agree on a consensus")
        return self

    def _add(self, name: str, lines: list[str]) -> Node:
        node = Node(self._folder / name, [*self.client_lines, *lines]).start()
        self._nodes.append(node)
        return node

    def _agreed(self) -> bool:
        for node in self._nodes:
            assert node.alive(), f"{node.folder.name} ended:\n{node.said()}"
        return all(_running(node) == 6 for node in self._authorities)

    def _make_authority(self, number: int, onion_port: int, directory_port: int) -> str:
        """Make the keys of an authority; its DirAuthority line."""
        folder = self._folder / f"auth{number}"
        keys = folder / "keys"
        for place in (folder, keys):
            place.mkdir(mode=0o700)
        (folder / "empty").write_text("")
        reading, writing = os.pipe()
        os.write(writing, b"test\n")
        os.close(writing)
        command = [binary("tor-gencert"), "--create-identity-key", "--passphrase-fd", str(reading), "-m", "12"]
        command += ["-i", f"{keys}/authority_identity_key", "-s", f"{keys}/authority_signing_key"]
        command += ["-c", f"{keys}/authority_certificate", "-a", f"{HOST}:{directory_port}"]
        subprocess.run(command, pass_fds=(reading,), check=True, capture_output=True)
        os.close(reading)
        identity = re.search(r"^fingerprint (\w+)", (keys / "authority_certificate").read_text(), re.MULTILINE)
        assert identity
        command = [binary("tor"), "--list-fingerprint", "--hush", "-f", f"{folder}/empty"]
        command += ["--defaults-torrc", f"{folder}/empty", "--DataDirectory", str(folder)]
        command += ["--ORPort", f"{HOST}:{onion_port}", "--DirPort", f"{HOST}:{directory_port}"]
        command += ["--Nickname", folder.name, "--ContactInfo", "nobody@xmpp.test", "--Address", HOST]
        command += ["--DirAuthority", f"x orport=1 {HOST}:1 {'f' * 40}"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        own = "".join(shown.strip().splitlines()[-1].split()[1:])
        where = f"{folder.name} orport={onion_port} no-v2 v3ident={identity[1]}"
        return f"DirAuthority {where} {HOST}:{directory_port} {own}"

    def add_onion(self, name: str, ports: dict[int, int]) -> Node:
        """An onion service: its ports to ports of this computer."""
        service = self._folder / name / "service"
        lines = ["SocksPort 0", f"HiddenServiceDir {service}", "HiddenServiceVersion 3"]
        lines += [f"HiddenServicePort {port} {HOST}:{target}" for port, target in ports.items()]
        node = self._add(name, lines)
        until(node.answers, 15, "the control socket of the onion service")
        with node.control() as line:
            line.listen_for_publication()
        node.onion = (service / "hostname").read_text().strip()
        return node.wait_bootstrapped()

    def add_bridge(self, name: str = "bridge") -> Node:
        """An obfs4 bridge that the directory does not know."""
        onion_port, transport_port = free_ports(2)
        lines = ["AssumeReachable 1", f"Address {HOST}", "SocksPort 0", "BridgeRelay 1", f"ORPort {HOST}:{onion_port}"]
        lines += ["ExitPolicy reject *:*", "PublishServerDescriptor 0", "ContactInfo nobody@xmpp.test"]
        lines += [f"ServerTransportPlugin obfs4 exec {binary('obfs4proxy')}", "ExtORPort auto"]
        node = self._add(name, [*lines, f"ServerTransportListenAddr obfs4 {HOST}:{transport_port}"])
        state = node.folder / "pt_state" / "obfs4_bridgeline.txt"
        found = until(lambda: _certificate(state), 20, "the certificate of the bridge")
        node.wait_bootstrapped()
        until(lambda: _listens(transport_port), 15, "the bridge to listen")
        own = (node.folder / "fingerprint").read_text().split()[1]
        node.bridge_line = f"obfs4 {HOST}:{transport_port} {own} {found}"
        return node

    def stop(self) -> None:
        """End every tor and the name server."""
        for node in reversed(self._nodes):
            node.stop()
        self.names.stop()


def _shut(found: re.Match[str]) -> str:
    return "orport=1" if found[0].startswith("orport") else ":1"


def _vote_offset() -> int:
    # The consensus comes two delays of two seconds after the vote.
    return int(time.time() + _FIRST_VOTE + 4 + 0.999) % _INTERVAL


def _running(node: Node) -> int:
    """How many running relays the consensus of a node lists."""
    with contextlib.suppress(OSError):
        text = (node.folder / "cached-microdesc-consensus").read_text(errors="replace")
        return len(re.findall(r"^s .*\bRunning\b", text, re.MULTILINE))
    return 0


def _certificate(state: Path) -> str:
    found = re.search(r"cert=\S+ iat-mode=\d", state.read_text()) if state.exists() else None
    return found[0] if found else ""


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((HOST, port), 1).close()
        return True
    return False
