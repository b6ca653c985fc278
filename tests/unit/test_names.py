"""DNS over TCP: what is asked and what is believed."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.net.names import Service, ordered, query, services

NAME = "_xmpp-client._tcp.xmpp.test"


def answer(
    number: int, *values: str, name: str = NAME, flags: int = 0, rcode: dns.rcode.Rcode = dns.rcode.NOERROR
) -> bytes:
    """An answer to a question for this name."""
    asked = dns.message.make_query(name, "SRV", id=number)
    reply = dns.message.make_response(asked)
    reply.flags |= flags
    reply.set_rcode(rcode)
    if values:
        reply.answer.append(dns.rrset.from_text(f"{name}.", 30, "IN", "SRV", *values))
    return reply.to_wire()


def test_the_records_of_an_answer() -> None:
    """A target of “.” means that there is no such service (RFC 2782)."""
    number, question = query(NAME)
    assert dns.message.from_wire(question).id == number
    told = services(answer(number, "3 1 5222 tea.test.", "1 2 443 pot.test.", "0 0 0 ."), number, NAME)
    assert set(told) == {Service(3, 1, "tea.test", 5222), Service(1, 2, "pot.test", 443)}
    assert services(answer(number, rcode=dns.rcode.NXDOMAIN), number, NAME) == []
    many = answer(number, *(f"0 1 {port} tea.test." for port in range(1, 100)))
    assert len(services(many, number, NAME)) == 20


@pytest.mark.parametrize(
    "wrong",
    [
        answer(2, "0 1 5222 tea.test."),
        answer(1, "0 1 5222 tea.test.", name="_xmpp-client._tcp.other.test"),
        answer(1, "0 1 5222 tea.test.", flags=dns.flags.TC),
        answer(1, rcode=dns.rcode.SERVFAIL),
        answer(1, "0 1 5222 tea.test.") + b"x",
        b"",
    ],
)
def test_no_answer_to_our_question_is_none(wrong: bytes) -> None:
    with pytest.raises(ValueError):
        services(wrong, 1, NAME)


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda end: answer(1, "0 1 5222 tea.test.")[:-20] + end))
def test_any_bytes_are_an_answer_or_a_value_error(raw: bytes) -> None:
    try:
        found = services(raw, 1, NAME)
    except ValueError:
        return
    assert len(found) <= 20 and all(service.host for service in found)


@given(st.text(max_size=300))
def test_any_name_is_asked_or_refused(name: str) -> None:
    try:
        query(name)
    except ValueError:
        return


def test_heavier_services_come_sooner_among_equals() -> None:
    light, heavy, later = Service(1, 1, "l", 1), Service(1, 60_000, "h", 1), Service(2, 60_000, "x", 1)
    tries = [ordered([later, light, heavy]) for _ in range(200)]
    assert all(one[2] is later for one in tries)
    assert sum(one[0] is heavy for one in tries) > 180
