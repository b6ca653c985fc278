"""Bridge lines, as people paste them: parsed strictly, and written for the transports of this computer.

`[Bridge] [transport] address:port [40 hex] [key=value ...]`, one bridge to a line.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.domain.tor import Bridge

TRANSPORTS = ("obfs4", "webtunnel", "snowflake", "meek_lite", "conjure")
_ARGUMENT_BYTES = 510
"""What fits into user and password of the SOCKS5 that tor hands arguments over by (pt-spec.txt, section 3.5)."""
_LINES, _LINE_LENGTH = 100, 2_000
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[0-9.]{7,15}):(\d{1,5})")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A transport that this computer has."""

    program: str
    fronts: bool = False


def parse(text: str) -> tuple[Bridge, ...]:
    """The bridges of a text of one or more lines; raises Trouble(BAD_BRIDGE) that names the first bad line."""
    lines = [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
    lines = [line for line in lines if line]
    if not lines or len(lines) > _LINES:
        raise Trouble(Problem(Fault.BAD_BRIDGE, label(text, 60)))
    return tuple(dict.fromkeys(parse_line(line) for line in lines))


def parse_line(line: str) -> Bridge:
    """One bridge; raises Trouble(BAD_BRIDGE). Nothing that torrc would read as more than one line or as a comment."""
    bad = Trouble(Problem(Fault.BAD_BRIDGE, label(line, 60)))
    if len(line) > _LINE_LENGTH or "#" in line or any(not 0x20 <= ord(c) < 0x7F or c in '"\\' for c in line):
        raise bad
    words = line.split()
    if words and words[0].lower() == "bridge":
        del words[0]
    transport = words.pop(0).lower() if words and not _ADDRESS.fullmatch(words[0]) else ""
    if (transport and transport not in TRANSPORTS) or not words or not _is_address(words[0]):
        raise bad
    address = words.pop(0)
    fingerprint = words.pop(0).upper() if words and re.fullmatch(r"[0-9A-Fa-f]{40}", words[0]) else ""
    arguments = tuple((key, value) for key, _, value in (word.partition("=") for word in words))
    if not all(_KEY.fullmatch(key) and value for key, value in arguments) or (arguments and not transport):
        raise bad
    if sum(len(_escaped(key)) + len(_escaped(value)) + 2 for key, value in arguments) > _ARGUMENT_BYTES:
        raise bad
    return Bridge(transport, address, fingerprint, arguments)


def _escaped(text: str) -> str:
    return text.replace(";", "\\;").replace("=", "\\=")


def _is_address(word: str) -> bool:
    found = _ADDRESS.fullmatch(word)
    if not found or not 0 < int(found[2]) < 65536:
        return False
    try:
        ipaddress.ip_address(found[1].strip("[]"))
    except ValueError:
        return False
    return True


def options(bridges: Iterable[Bridge], plugins: Mapping[str, Plugin]) -> dict[str, str | list[str]]:
    """What tor is told in one SETCONF; raises Trouble(TRANSPORT_MISSING). No bridges means none are used any more."""
    lines, wanted = [], dict[str, list[str]]()
    for bridge in bridges:
        if bridge.transport:
            plugin = plugins.get(bridge.transport)
            if plugin is None:
                raise Trouble(Problem(Fault.TRANSPORT_MISSING, bridge.transport))
            methods = wanted.setdefault(plugin.program, [])
            if bridge.transport not in methods:
                methods.append(bridge.transport)
            if bridge.transport == "snowflake" and not plugin.fronts:
                bridge = with_one_front(bridge)
        lines.append(bridge.line)
    transports = [f"{','.join(methods)} exec {program}" for program, methods in wanted.items()]
    return {"UseBridges": "1" if lines else "0", "Bridge": lines, "ClientTransportPlugin": transports}


def with_one_front(bridge: Bridge) -> Bridge:
    """For snowflake clients that overlook `fronts=` and would then call their broker by its name, in the open."""
    if "front" in dict(bridge.arguments):
        kept = tuple(pair for pair in bridge.arguments if pair[0] != "fronts")
    else:
        kept = tuple(("front", v.split(",")[0]) if k == "fronts" else (k, v) for k, v in bridge.arguments)
    return replace(bridge, arguments=kept)
