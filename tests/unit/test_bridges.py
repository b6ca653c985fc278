"""Bridge lines: what is understood, what is refused, and what tor is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.tor import Bridge
from teahouse.net.bridges import Plugin, options, parse, parse_line

KEY = "A" * 40
GOOD = [
    f"obfs4 192.0.2.1:443 {KEY} cert=abc+/=x iat-mode=0",
    f"Bridge obfs4 192.0.2.1:443 {KEY} cert=abc iat-mode=0",
    f"webtunnel [2001:db8::1]:443 {KEY} url=https://example.test/path ver=0.0.1",
    f"snowflake 192.0.2.3:80 {KEY} fingerprint={KEY} url=https://x.test/ fronts=a.test,b.test ice=stun:y.test:3478",
    "meek_lite 192.0.2.20:80 url=https://x.test/ front=y.test",
    f"192.0.2.1:9001 {KEY.lower()}",
    "192.0.2.1:9001",
    "[2001:db8::1]:9001",
]
BAD = [
    "",
    "#obfs4 192.0.2.1:443",
    f"obfs4 192.0.2.1:443 {KEY} cert=abc # a comment",
    f"obfs4 192.0.2.1:443 {KEY} cert=a\tb",
    f'obfs4 192.0.2.1:443 {KEY} cert="a"',
    f"obfs5 192.0.2.1:443 {KEY} cert=abc",
    f"obfs4 bridge.test:443 {KEY} cert=abc",
    f"obfs4 192.0.2.1:0 {KEY} cert=abc",
    f"obfs4 192.0.2.1:65536 {KEY} cert=abc",
    f"obfs4 300.0.2.1:443 {KEY} cert=abc",
    f"obfs4 192.0.2.1:443 {KEY} cert",
    f"obfs4 192.0.2.1:443 {KEY} cert={'x' * 510}",
    f"192.0.2.1:443 {KEY} cert=abc",
    "obfs4",
]


@pytest.mark.parametrize("line", GOOD)
def test_a_good_line_is_written_as_it_was_read(line: str) -> None:
    assert parse_line(parse_line(line).line) == parse_line(line)


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_refused(line: str) -> None:
    with pytest.raises(Trouble) as caught:
        parse_line(line)
    assert caught.value.problem.fault is Fault.BAD_BRIDGE


def test_many_lines_at_once() -> None:
    """As they are pasted: empty lines, other line ends, the same line twice. One bad line and none is taken."""
    assert len(parse("\r\n".join(["", *GOOD, GOOD[0], ""]))) == len(GOOD) - 1 + 1
    with pytest.raises(Trouble):
        parse("\n".join([*GOOD, "nonsense"]))


@given(st.lists(st.sampled_from([*GOOD, "\x00", "\r", "\n", " ", "#", "é", "\u2028", "Bridge"]) | st.text(max_size=20)))
def test_whatever_is_pasted_torrc_reads_one_bridge(parts: list[str]) -> None:
    """Nothing that could end the line, open a comment or leave the quotes of a SETCONF."""
    try:
        bridge = parse_line("".join(parts))
    except Trouble:
        return
    assert bridge.line.isascii() and bridge.line.isprintable()
    assert not set(bridge.line) & set('#"\\')
    assert parse_line(bridge.line) == bridge


def test_what_tor_is_told() -> None:
    """One plug-in line for each program; snowflake clients that overlook `fronts=` get one front."""
    plugins = {"obfs4": Plugin("/usr/bin/a"), "meek_lite": Plugin("/usr/bin/a"), "snowflake": Plugin("/usr/bin/b")}
    chosen = [parse_line(GOOD[0]), parse_line(GOOD[3]), parse_line(GOOD[4])]
    told = options(chosen, plugins)
    assert told["UseBridges"] == "1"
    assert told["ClientTransportPlugin"] == ["obfs4,meek_lite exec /usr/bin/a", "snowflake exec /usr/bin/b"]
    assert " front=a.test " in told["Bridge"][1] and "fronts=" not in told["Bridge"][1]
    plugins["snowflake"] = Plugin("/usr/bin/b", fronts=True)
    assert " fronts=a.test,b.test " in options(chosen, plugins)["Bridge"][1]
    assert options((), plugins) == {"UseBridges": "0", "Bridge": [], "ClientTransportPlugin": []}
    with pytest.raises(Trouble) as caught:
        options([Bridge("conjure", "192.0.2.1:1", "", ())], plugins)
    assert caught.value.problem.fault is Fault.TRANSPORT_MISSING
