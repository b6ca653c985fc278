"""Fingerprints as people pass them on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.features.openpgp.link import MOST, Told, link, read

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
digits = st.text("0123456789ABCDEF", min_size=40, max_size=40)


@given(digits, st.sampled_from(["rose@tea.example", "茶@tea.example", "o\\27malley@tea.example", "a?b#c@tea.example"]))
def test_a_link_says_what_was_put_into_it(fingerprint: str, jid: str) -> None:
    assert read(f"Here it is: {link(jid, fingerprint)}, compare it") == Told(fingerprint, jid)


@given(digits, st.integers(1, 8), st.sampled_from([" ", "  ", "\n", "\r\n", "\u00a0", "\t"]), st.booleans())
def test_digits_are_read_in_any_grouping(fingerprint: str, size: int, between: str, small: bool) -> None:
    text = between.join(fingerprint[at : at + size] for at in range(0, 40, size))
    assert read(f"<{text.lower() if small else text}>") == Told(fingerprint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0123 4567",
        FINGERPRINT + "8",
        "A" + FINGERPRINT,
        f"{FINGERPRINT}\n{'B' * 40}",
        "xmpp:?openpgp4fpr=1",
        f"xmpp:a@b@c?openpgp4fpr={FINGERPRINT}",
    ],
)
def test_what_is_not_one_fingerprint_is_none(text: str) -> None:
    assert read(text) is None


def test_the_form_of_other_programs_is_read() -> None:
    assert read(f"OPENPGP4FPR:{FINGERPRINT}") == Told(FINGERPRINT)


def test_two_links_of_two_keys_are_none() -> None:
    assert read(link("rose@tea.example", FINGERPRINT) + " " + link("rose@tea.example", "B" * 40)) is None


@given(st.text(max_size=400))
def test_anything_is_read(text: str) -> None:
    found = read(text)
    assert found is None or len(found.fingerprint) == 40


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", ["a ", "0", "xmpp:a", "xmpp:" + "a" * 50 + "?", "0 \n", " \n"])
def test_a_hostile_text_takes_no_time(unit: str) -> None:
    read(unit * (2 * MOST // len(unit)))
