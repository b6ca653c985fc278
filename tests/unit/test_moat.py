"""What the service for bridges answers: typed, bounded, and every line through the strict parser."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.problem import Fault, Trouble
from teahouse.net.bridges import parse_line
from teahouse.net.moat import fronts, known_bridges, read
from teahouse.net.way import ByMeek

KEY = "A" * 40
OBFS4 = f"obfs4 192.0.2.1:443 {KEY} cert=abc iat-mode=0"
SNOWFLAKE = f"snowflake 192.0.2.3:80 {KEY} fingerprint={KEY} url=https://x.test/ front=a.test"


def settings(*offers: Any) -> bytes:
    """An answer with these lists of lines."""
    return json.dumps({"settings": [{"bridges": {"type": "x", "bridge_strings": lines}} for lines in offers]}).encode()


def refused(answer: bytes) -> Fault:
    """The fault of an answer that is none."""
    with pytest.raises(Trouble) as caught:
        read(answer)
    return caught.value.problem.fault


def test_offers_are_in_the_order_of_the_service() -> None:
    assert read(settings([SNOWFLAKE], [OBFS4, OBFS4])) == ((parse_line(SNOWFLAKE),), (parse_line(OBFS4),))
    assert read(json.dumps({"obfs4": [OBFS4], "snowflake": [SNOWFLAKE]}).encode())[0] == (parse_line(OBFS4),)


@pytest.mark.parametrize("bad", [f"{OBFS4}\nUseBridges 0", f"{OBFS4} # x", f"{OBFS4}\r", "dnstt 192.0.2.4:1 x=y", ""])
def test_a_bad_line_is_left_out_and_the_others_are_used(bad: str) -> None:
    assert read(settings([bad, OBFS4])) == ((parse_line(OBFS4),),)
    assert refused(settings([bad])) is Fault.NO_BRIDGES_GIVEN


def test_a18_a_plain_bridge_is_not_taken_for_it_hides_nothing() -> None:
    assert refused(settings([f"192.0.2.1:9001 {KEY}"])) is Fault.NO_BRIDGES_GIVEN


@pytest.mark.parametrize("code", [400, 404, 406])
def test_errors_come_with_status_200(code: int) -> None:
    answer = json.dumps({"errors": [{"code": code, "detail": "no\u202e transport\nhere"}]}).encode()
    with pytest.raises(Trouble) as caught:
        read(answer)
    problem = caught.value.problem
    assert (problem.fault, problem.detail) == (Fault.NO_BRIDGES_GIVEN, f"{code} no transport here")


def test_no_bridges_for_a_country_is_no_bridge() -> None:
    assert refused(b'{"settings": [], "country": "se"}') is Fault.NO_BRIDGES_GIVEN
    assert refused(b"{}") is Fault.NO_BRIDGES_GIVEN


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff\xfe",
        b"<html>",
        b"[]",
        b"null",
        b"7" * 10_000,
        b"[" * 100_000,
        b'{"errors": [' * 50_000,
        b'{"errors": "yes"}',
        b'{"errors": [{"code": "404"}]}',
        b'{"settings": null}',
        b'{"settings": 5}',
        b'{"settings": [5]}',
        b'{"settings": [{"bridges": []}]}',
        b'{"settings": [{"bridges": {"bridge_strings": "obfs4"}}]}',
        b'{"settings": [{"bridges": {"bridge_strings": [5]}}]}',
        b'{"obfs4": 5}',
    ],
)
def test_nonsense_is_called_so(answer: bytes) -> None:
    assert refused(answer) is Fault.SERVER_MISBEHAVED


def test_no_more_is_taken_than_can_be_used() -> None:
    many = [f"obfs4 192.0.2.1:{port} {KEY} cert=abc" for port in range(1, 1000)]
    found = read(settings(*[many] * 100))
    assert len(found) == 20 and {len(offer) for offer in found} == {50}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([OBFS4, SNOWFLAKE]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["settings", "bridges", "bridge_strings", "errors", "code", "detail", "obfs4"]), inner
    ),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_it_answers_torrc_reads_bridges(value: Any) -> None:
    try:
        offers = read(json.dumps(value).encode())
    except Trouble:
        return
    assert offers and all(offer for offer in offers)
    for bridge in (bridge for offer in offers for bridge in offer):
        assert bridge.transport and parse_line(bridge.line) == bridge


def test_what_comes_with_the_program_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every built-in line is a bridge, and every front fits into the credentials of a transport."""
    monkeypatch.delenv("TEAHOUSE_MOAT", raising=False)
    kinds = known_bridges()
    assert [len({bridge.transport for bridge in kind}) for kind in kinds] == [1] * len(kinds) and kinds
    ways = fronts()
    assert ways.ways and not ways.authority
    for url, front in ways.ways:
        assert url.startswith("https://") and front
        assert len(ByMeek(Path("/x"), url, front).arguments) <= 510
