"""The elements inside (XEP-0373 section 3.1): what is built, what is read, and what is refused."""

import xml.etree.ElementTree as ET
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teahouse.crypto.bounded_xml import DEPTH, ELEMENTS, NotSound
from teahouse.crypto.signcrypt import NAMESPACE, Kind, build, read

NOW = 1_764_074_096
BODY = "<body xmlns='jabber:client'>hello</body>"
ADDRESSES = st.lists(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.org", fullmatch=True), min_size=1, max_size=20)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))


def written(
    inside: str = f"<payload>{BODY}</payload>",
    to: str = "<to jid='bob@example.org'/>",
    stamp: str = "2025-11-25T12:34:56Z",
    name: str = "signcrypt",
) -> bytes:
    """An element as somebody else writes it."""
    return f"<{name} xmlns='{NAMESPACE}'>{to}<time stamp='{stamp}'/><rpad>x</rpad>{inside}</{name}>".encode()


@given(st.sampled_from(Kind), ADDRESSES, st.integers(0, 4_000_000_000), TEXTS)
def test_what_is_built_is_read(kind: Kind, to: list[str], now: int, text: str) -> None:
    """Whom it is for, when, and all of the payload."""
    body = ET.Element("{jabber:client}body")
    body.text = text
    found = read(build(kind, to, [body], now))
    assert (found.kind, found.to, found.time) == (kind, tuple(to), now)
    assert [(one.tag, one.text or "") for one in found.payload] == [(body.tag, text)]


def test_the_padding() -> None:
    """From nothing to 200 characters, another each time; none where nothing is encrypted."""
    built = [ET.fromstring(build(Kind.SIGNCRYPT, ["bob@example.org"], [], NOW)) for _ in range(200)]
    pads = {element.findtext(f"{{{NAMESPACE}}}rpad", "") for element in built}
    assert len(pads) > 150 and len({len(pad) for pad in pads}) > 50 and max(map(len, pads)) <= 200
    assert b"rpad" not in build(Kind.SIGN, ["bob@example.org"], [], NOW)


def test_time_is_utc() -> None:
    """With a Z, in whole seconds; and addresses are bare."""
    made = build(Kind.SIGNCRYPT, ["bob@example.org/phone"], [], NOW + 0.7)
    assert b'stamp="2025-11-25T12:34:56Z"' in made and b'jid="bob@example.org"' in made


@pytest.mark.parametrize(
    "stamp",
    [
        "2025-11-25T12:34:56Z",
        "2025-11-25T13:34:56+0100",  # Profanity
        "2025-11-25T13:34:56+01:00",
        "2025-11-25T07:04:56-05:30",
        "2025-11-25T12:34:56.123456Z",
    ],
)
def test_times_of_others(stamp: str) -> None:
    """All say the same moment."""
    assert read(written(stamp=stamp)).time == NOW


@pytest.mark.parametrize("stamp", ["", "now", "2025-13-25T12:34:56Z", "2025-11-25T12:34:56", "٢025-11-25T12:34:56Z"])
def test_no_time(stamp: str) -> None:
    """What cannot be compared is refused."""
    with pytest.raises(NotSound):
        read(written(stamp=stamp))


def test_old_and_late_times_are_read() -> None:
    """Whether they are plausible is for others to judge."""
    assert read(written(stamp="1999-01-01T00:00:00Z")).time == datetime(1999, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("pad", ["", "!\"#$%'()*+,-./:;=?@[]^_`{|}~ ", "x" * 5_000])
def test_any_padding(pad: str) -> None:
    """Profanity pads with any ASCII."""
    element = written().replace(b"<rpad>x<", f"<rpad>{pad}<".encode())
    assert read(element).to == ("bob@example.org",)


@pytest.mark.parametrize(
    "element",
    [
        b"",
        b"hello",
        written(name="other"),
        written().replace(NAMESPACE.encode(), b"urn:xmpp:openpgp:1"),
        written(to=""),
        written(to="<to/>"),
        written(to="<to jid='@'/>"),
        written(to="<to jid='bob@example.org'/>" * 1_001),
        written(inside=""),
        written(inside="<payload/><payload/>"),
        written(inside="<payload/><time stamp='2025-11-25T12:34:56Z'/>"),
        written(inside="<payload/>") + b"<more/>",
        written(inside="<payload/>")[:-3],
        b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + written(),
        b"<!DOCTYPE a>" + written(),
        written(inside="<!-- --><payload/>"),
        written(inside="<?a b?><payload/>"),
        written(inside="<payload>&e;</payload>"),
        written(inside="<payload>" + "<a>" * DEPTH + "</a>" * DEPTH + "</payload>"),
        written(inside="<payload>" + "<a/>" * ELEMENTS + "</payload>"),
        written(inside="<payload><a " + " ".join(f"b{n}=''" for n in range(101)) + "/></payload>"),
        written(inside="<payload>" + "x" * (1 << 20) + "</payload>"),
        written(inside="<payload>\0</payload>"),
        written().decode().encode("utf-16"),
        written(inside="<payload>\u00e9</payload>").decode().encode("latin-1"),
    ],
)
def test_refused(element: bytes) -> None:
    """Hostile or broken: never half believed."""
    with pytest.raises(NotSound):
        read(element)


def test_crypt_needs_nobody() -> None:
    """It says nothing about whom it is for."""
    assert read(written(to="", name="crypt")).to == ()
    with pytest.raises(ValueError, match="whom"):
        build(Kind.SIGNCRYPT, [], [], NOW)


@settings(max_examples=300)
@given(st.data())
def test_anything_else_raises_nothing_else(data: st.DataObject) -> None:
    """Cut, doubled, overwritten: read or refused."""
    element = bytearray(written())
    for _ in range(data.draw(st.integers(1, 5))):
        at, size = data.draw(st.integers(0, len(element))), data.draw(st.integers(0, 10))
        element[at : at + size] = data.draw(
            st.binary(max_size=10) | st.sampled_from([b"<", b"&", b"/>", b"]]>", b"]>"])
        )
    with suppress(NotSound):
        read(bytes(element))
