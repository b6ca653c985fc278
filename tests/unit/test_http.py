"""The answers to our one kind of HTTP request: what is taken, what is refused, and that nothing else can happen."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.net.http import BadAnswer, answer, request

OK = b"HTTP/1.1 200 OK\r\n"
MOST = 1_000


def taken(data: bytes, most: int = MOST) -> bytes:
    """The body of an answer that has arrived whole, and after which the connection ended."""

    async def read() -> bytes:
        reader = asyncio.StreamReader(limit=16_384)
        reader.feed_data(data)
        reader.feed_eof()
        return (await answer(reader, most)).body

    return asyncio.run(read())


GOOD = {
    "a length": (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
    "identity": (OK + b"content-encoding: identity\r\nCONTENT-LENGTH: 2\r\n\r\nhi", b"hi"),
    "more than said": (OK + b"Content-Length: 2\r\n\r\nhi there", b"hi"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
}
BAD = {
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://tracker.example/\r\nContent-Length: 0\r\n\r\n",
    "an error": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n",
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "an older HTTP": b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "too long": OK + b"Content-Length: 1001\r\n\r\n" + bytes(1001),
    "an endless number": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
    "both": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "neither": OK + b"\r\nhello",
    "compressed": OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",
    "another coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a folded field": OK + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a bare line feed": OK + b"X: a\nContent-Length: 0\r\n\r\n",
    "a space before the colon": OK + b"Content-Length : 0\r\n\r\n",
    "a NUL": OK + b"X: \0\r\nContent-Length: 0\r\n\r\n",
    "a thousand fields": OK + b"X: a\r\n" * 1000 + b"Content-Length: 0\r\n\r\n",
    "a long head": OK + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "chunks too long": OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"ff\r\n" + bytes(255) + b"\r\n") * 4,
    "a huge chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    "a chunk with an extension": OK + b"Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\n\r\n",
    "a chunk line without end": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100,
    "a chunk that is longer than said": OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    "a trailer": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n\r\n",
}
CUT = (b"", b"HTTP/1.1 200", OK + b"Content-Length: 5\r\n\r\nhell", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe")


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_answer_is_taken(name: str) -> None:
    data, body = GOOD[name]
    assert taken(data) == body


@pytest.mark.parametrize("name", BAD)
def test_a5_everything_else_is_refused(name: str) -> None:
    with pytest.raises(BadAnswer):
        taken(BAD[name])


@pytest.mark.parametrize("data", CUT)
def test_an_answer_that_is_cut_short_is_none(data: bytes) -> None:
    with pytest.raises(EOFError):
        taken(data)


@given(st.lists(st.sampled_from([*BAD.values(), OK, b"\r\n", b"0\r\n", b"Content-Length: 3\r\n"]) | st.binary()))
def test_whatever_comes_it_is_bounded(parts: list[bytes]) -> None:
    try:
        body = taken(b"".join(parts))
    except (BadAnswer, EOFError):
        return
    assert len(body) <= MOST


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=5))
def test_chunks_are_put_together(pieces: list[bytes]) -> None:
    data = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert taken(OK + b"Transfer-Encoding: chunked\r\n\r\n" + data + b"0\r\n\r\n", 2_000) == b"".join(pieces)


def test_a5_a_request_says_nothing_of_its_sender() -> None:
    """Every byte of it is here."""
    assert request("moat.example", "/x", b"{}", "a/b") == (
        b"POST /x HTTP/1.1\r\nHost: moat.example\r\nContent-Type: a/b\r\nAccept: a/b\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
