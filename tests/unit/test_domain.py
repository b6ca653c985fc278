"""Addresses, names and texts from the network: bounded, normalised, without tricks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.jid import Jid
from teahouse.domain.message import Message
from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.text import cleaned, illegal_in_xml, initials, label


@pytest.mark.parametrize(
    ("typed", "bare", "resource"),
    [
        ("Willow@Example.ORG/Desk/2", "willow@example.org", "Desk/2"),
        ("  a@b.c ", "a@b.c", ""),
        ("rooms.example.org", "rooms.example.org", ""),
        ("茶@例子.中国/昵称 🍵", "茶@例子.中国", "昵称 🍵"),
    ],
)
def test_addresses_are_read(typed: str, bare: str, resource: str) -> None:
    jid = Jid.parse(typed)
    assert (jid.bare, jid.resource) == (bare, resource)


@pytest.mark.parametrize(
    "typed", ["", "@b", "a b@c", "a@", "a@b@c", "x" * 2000 + "@b", "a@b..c", "a\x00@b", "a@-/\ud800"]
)
def test_what_is_no_address_is_said(typed: str) -> None:
    with pytest.raises(Trouble) as trouble:
        Jid.parse(typed)
    assert trouble.value.problem.fault is Fault.BAD_ADDRESS


@given(st.text(max_size=200))
def test_an_address_read_once_reads_the_same_again(text: str) -> None:
    try:
        jid = Jid.parse(text)
    except Trouble:
        return
    assert Jid.parse(str(jid)).bare == jid.bare


@given(st.text(max_size=300))
def test_a_label_is_one_bounded_line_without_overrides(text: str) -> None:
    shown = label(text, 40)
    assert len(shown) <= 40
    assert not set(shown) & set("\n\r\t\u202e\u2066\x00")


@given(st.text(max_size=300))
def test_cleaned_text_can_be_sent(text: str) -> None:
    assert not illegal_in_xml(cleaned(text))


@pytest.mark.parametrize(
    ("name", "letters"),
    [("quiet_heron", "QH"), ("溪边", "溪"), ("willow", "W"), ("", "?"), ("🍵", "🍵"), ("a.b-c", "AB")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_note_is_pinned_and_taken_off() -> None:
    message = Message(1, 1, 1, 1, 1, "a", "b")
    assert message.noted("mark", 3).notes == {"mark": 3}
    assert message.noted("mark", 3).noted("mark", None).notes == {}
