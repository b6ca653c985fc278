"""The circuit of an account, as tor's control port tells it (control-spec, circuit-status and stream-status)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from teahouse.domain.tor import Circuit, Hop
from teahouse.net.way import ByTor

GEOIP = Path("/usr/share/tor/geoip")
"""tor-geoipdb's table: first address, last address, country, as numbers and in order."""
_HOP = re.compile(r"\$([0-9A-F]{40})(?:[~=](\w{1,19}))?")
_PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class Line:
    """One line of circuit-status."""

    id: str
    status: str
    hops: tuple[Hop, ...]
    facts: dict[str, str]

    @property
    def onion(self) -> bool:
        """Whether it leads to an onion service."""
        return self.facts.get("PURPOSE", "").startswith("HS_CLIENT_REND") or "REND_QUERY" in self.facts


def parse(status: str) -> list[Line]:
    """The circuits of `GETINFO circuit-status`."""
    found = []
    for raw in status.splitlines():
        words = raw.split(" ")
        if len(words) < 3 or not words[0].isalnum():
            continue
        hops = tuple(Hop(fingerprint, name) for fingerprint, name in _HOP.findall(words[2]))
        facts = {key: quoted or plain for key, quoted, plain in _PAIR.findall(raw)}
        found.append(Line(words[0], words[1], hops, facts))
    return found


def in_use(circuits: str, streams: str, way: ByTor) -> Line | None:
    """The built circuit that carries the streams with these credentials; before there are any, one made for them."""
    own = [
        line
        for line in parse(circuits)
        if line.status == "BUILT"
        and (line.facts.get("SOCKS_USERNAME"), line.facts.get("SOCKS_PASSWORD")) == (way.user, way.password)
    ]
    lines = map(str.split, streams.splitlines())
    carrying = {words[2] for words in lines if len(words) > 2 and words[1] == "SUCCEEDED"}
    return next((line for line in own if line.id in carrying), own[0] if own else None)


def with_countries(line: Line, addresses: dict[str, str], table: Path = GEOIP) -> Circuit:
    """The circuit with the countries of its relays; `addresses` are theirs by fingerprint. Reads the table (0.3 s)."""
    known = countries(addresses.values(), table)
    hops = (Hop(h.fingerprint, h.nickname, known.get(addresses.get(h.fingerprint, ""), "")) for h in line.hops)
    return Circuit(tuple(hops), line.onion)


def countries(addresses: Iterable[str], table: Path = GEOIP) -> dict[str, str]:
    """Country codes in small letters by IPv4 address; nothing when there is no table."""
    wanted = {}
    for address in addresses:
        try:
            wanted[int(IPv4Address(address))] = address
        except AddressValueError:
            continue
    found: dict[str, str] = {}
    numbers = sorted(wanted)
    try:
        with table.open(encoding="ascii", errors="replace") as lines:
            for raw in lines:
                if not numbers:
                    break
                first, _, rest = raw.partition(",")
                last, _, code = rest.strip().partition(",")
                if not first.isdigit() or not last.isdigit():
                    continue
                while numbers and numbers[0] <= int(last):
                    number = numbers.pop(0)
                    if int(first) <= number and code.isalpha():
                        found[wanted[number]] = code.lower()
    except OSError:
        return {}
    return found


def address_of(router: str) -> str:
    """The IPv4 address in `GETINFO ns/id/...`: the `r` line ends with address, ORPort and DirPort (dir-spec)."""
    line = next((raw for raw in router.splitlines() if raw.startswith("r ")), "")
    words = line.split(" ")
    return words[-3] if len(words) >= 8 else ""
