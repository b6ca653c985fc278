"""The bounded parser: what it takes, what it refuses, and that nothing else ever escapes from it."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.engine.parser import DEPTH, STANZA_BYTES, BoundedParser, Forbidden

HEAD = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"


def stanzas(*pieces: bytes) -> list[ET.Element]:
    parser, found = BoundedParser(), []
    depth = 0
    for piece in (HEAD, *pieces):
        parser.feed(piece)
        for event, element in parser.read_events():
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1:
                found.append(element)
    return found


def test_a_stanza_in_single_bytes_is_the_same_stanza() -> None:
    raw = "<message to='a@b'><body>茶 &amp; 🍵</body> tail</message>".encode()
    (whole,), (split,) = stanzas(raw), stanzas(*(bytes([b]) for b in raw))
    assert ET.tostring(whole) == ET.tostring(split)
    assert whole.findtext("{jabber:client}body") == "茶 & 🍵"


@pytest.mark.parametrize(
    "raw",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><message/>",
        b"<message><!-- hidden --></message>",
        b"<?php evil ?>",
        b"<a>" * (DEPTH + 1),
        b"<message " + b" ".join(b"a%d='x'" % n for n in range(201)) + b"/>",
        b"<message>" + b"<a/>" * 10_001,
        b"<message><body>" + b"x" * (STANZA_BYTES + 10),
        b"<message>" + b"\xff\xfe" + b"</message>",
        b"<message>&undefined;</message>",
        b"<message></presence>",
        b"<message>\x01</message>",
    ],
)
def test_what_breaks_a_rule_is_refused(raw: bytes) -> None:
    with pytest.raises(Forbidden):
        stanzas(raw)


@pytest.mark.parametrize("piece", [1 << 20, 16_384, 1_000])
@pytest.mark.parametrize("character", ["x", "茶", "&#x10FFFF;"])
@pytest.mark.parametrize(("length", "taken"), [(11_900, True), (12_100, False), (100_000, False)])
def test_a_long_tag_is_judged_alike_in_any_pieces(piece: int, character: str, length: int, taken: bool) -> None:
    """Whether it comes at once or cut by TLS and TCP is chance, and must decide nothing."""
    raw = f"<message id='{character * length}'/>".encode()
    pieces = [raw[at : at + piece] for at in range(0, len(raw), piece)]
    if taken:
        assert len(stanzas(*pieces)) == 1
    else:
        with pytest.raises(Forbidden):
            stanzas(*pieces)


def test_a_long_stream_of_small_stanzas_is_no_large_stanza() -> None:
    parser = BoundedParser()
    parser.feed(HEAD)
    for _ in range(30):
        parser.feed(b"<message><body>" + b"y" * 60_000 + b"</body></message>")
        list(parser.read_events())


PIECES = [b"<message>", b"</message>", b"<a b='c'>", b"&lt;", b"<![CDATA["]


@given(st.lists(st.binary(max_size=60) | st.sampled_from(PIECES)))
def test_nothing_but_forbidden_escapes(pieces: list[bytes]) -> None:
    try:
        stanzas(*pieces)
    except Forbidden as breach:
        assert "message" not in str(breach)
