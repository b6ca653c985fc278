"""What a server may try before and during TLS: nothing leaves but the stream header and the wish for TLS."""

import dataclasses

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault
from tests.rig.hostile import (
    BIND,
    HEADER,
    HOST,
    JID,
    PROCEED,
    STARTTLS,
    TLS_NS,
    Script,
    Stage,
    Wire,
    bound,
    mechanisms,
    sasl,
    to_bound,
    to_mechanisms,
    to_signed_in,
    to_tls,
)
from tests.security.attempt import attempt
from tests.security.certificates import Authority, Shown

MESSAGE = f"<message from='eve@{HOST}' type='chat'><body>forged</body></message>".encode()
PUSH = (
    b"<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='eve@evil.test' subscription='both'/>"
    b"</query></iq>"
)
ELSEWHERE = (
    b"<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>127.0.0.1:9</see-other-host>"
    b"</stream:error></stream:stream>"
)
BOTH = STARTTLS.replace(b"</stream:features>", mechanisms("PLAIN", "SCRAM-SHA-1").partition(b">")[2])


def says(*pieces: bytes) -> Script:
    """Answers the header with this in one piece, before TLS."""

    async def script(wire: Wire) -> None:
        await wire.header(HEADER + b"".join(pieces))
        await wire.until_gone()

    return script


def answers(*pieces: bytes) -> Script:
    """Offers STARTTLS, and answers the wish for it with this in one piece."""

    async def script(wire: Wire) -> None:
        await wire.header()
        wire.send(STARTTLS)
        await wire.expect(rb"<starttls [^>]*>")
        wire.send(*pieces)
        await wire.until_gone()

    return script


def proceeds_late(*pieces: bytes) -> Script:
    """The stray bytes follow <proceed/> in a segment of their own."""

    async def script(wire: Wire) -> None:
        await wire.header()
        wire.send(STARTTLS)
        await wire.expect(rb"<starttls [^>]*>")
        wire.send(PROCEED)
        await wire.expect(rb"\x16\x03")
        wire.send(*pieces)
        await wire.until_gone()

    return script


async def closes_on_hello(wire: Wire) -> None:
    """Hangs up in the handshake."""
    await wire.header()
    wire.send(STARTTLS)
    await wire.expect(rb"<starttls [^>]*>")
    wire.send(PROCEED)
    wire.transport.close()


async def speaks_first(wire: Wire) -> None:
    """Speaks inside TLS before the client has."""
    await to_tls(wire)
    wire.send(HEADER, MESSAGE)
    await wire.until_gone()


async def silent(wire: Wire) -> None:
    """Says nothing at all."""
    await wire.until_gone()


FEATURES = "<stream:features>{}</stream:features>"
STRIPPED: dict[str, tuple[Script, Fault]] = {
    "no starttls": (says(b"<stream:features/>"), Fault.NO_ENCRYPTION),
    "only bind": (says(BIND), Fault.NO_ENCRYPTION),
    "only register": (
        says(FEATURES.format("<register xmlns='http://jabber.org/features/iq-register'/>").encode()),
        Fault.NO_ENCRYPTION,
    ),
    "mechanisms in the clear": (says(mechanisms("PLAIN", "SCRAM-SHA-256", "ANONYMOUS")), Fault.NO_ENCRYPTION),
    "starttls of another namespace": (says(FEATURES.format("<starttls xmlns='urn:x'/>").encode()), Fault.NO_ENCRYPTION),
    "starttls inside something": (
        says(FEATURES.format(f"<x xmlns='urn:x'><starttls xmlns='{TLS_NS}'/></x>").encode()),
        Fault.NO_ENCRYPTION,
    ),
    "features of another namespace": (says(b"<features xmlns='urn:x'/>"), Fault.SERVER_MISBEHAVED),
    "failure": (answers(f"<failure xmlns='{TLS_NS}'/></stream:stream>".encode()), Fault.NO_ENCRYPTION),
    "challenge instead of proceed": (answers(sasl("challenge", b"r=1,s=1,i=1")), Fault.SERVER_MISBEHAVED),
    "both offered, then a challenge": (says(BOTH, sasl("challenge", b"")), Fault.SERVER_MISBEHAVED),
    "features again instead of proceed": (answers(mechanisms("PLAIN")), Fault.SERVER_MISBEHAVED),
    "proceed unasked": (says(PROCEED), Fault.SERVER_MISBEHAVED),
    "proceed along with the offer": (says(STARTTLS, PROCEED), Fault.TIMED_OUT),
    "proceed twice": (answers(PROCEED, PROCEED), Fault.SERVER_MISBEHAVED),
    "a message behind proceed": (answers(PROCEED, MESSAGE), Fault.SERVER_MISBEHAVED),
    "features behind proceed": (answers(PROCEED, STARTTLS), Fault.SERVER_MISBEHAVED),
    "half a message behind proceed": (answers(PROCEED, MESSAGE[:20]), Fault.SERVER_MISBEHAVED),
    "a stream header behind proceed": (answers(PROCEED, HEADER), Fault.SERVER_MISBEHAVED),
    "plaintext in the handshake": (proceeds_late(MESSAGE), Fault.NO_ENCRYPTION),
    "closed in the handshake": (closes_on_hello, Fault.CONNECTION_LOST),
    "success in the clear": (says(STARTTLS, sasl("success", b"")), Fault.SERVER_MISBEHAVED),
    "success first": (says(sasl("success", b"")), Fault.SERVER_MISBEHAVED),
    "a session in the clear": (says(bound("1"), MESSAGE), Fault.SERVER_MISBEHAVED),
    "a roster push in the clear": (says(PUSH), Fault.SERVER_MISBEHAVED),
    "a ping in the clear": (says(b"<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"), Fault.SERVER_MISBEHAVED),
    "a message before the handshake is over": (speaks_first, Fault.SERVER_MISBEHAVED),
    "see-other-host in the clear": (says(ELSEWHERE), Fault.CONNECTION_LOST),
    "see-other-host for starttls": (answers(ELSEWHERE), Fault.CONNECTION_LOST),
    "silence": (silent, Fault.TIMED_OUT),
}


GREETED = ("plaintext in the handshake", "a message before the handshake is over", "proceed along with the offer")
"""The greeting of TLS, which is no secret, came in the clear."""


@pytest.mark.parametrize("name", STRIPPED)
def test_no_encryption_no_word(name: str, honest: Shown, trusting: Server) -> None:
    script, fault = STRIPPED[name]
    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.stanzas) == (fault, []), outcome.problem
    assert outcome.wire is not None
    assert not outcome.wire.received[Stage.SIGNED_IN]
    if name in GREETED:
        outcome.check_silence_before_greeting()
    else:
        outcome.check_silence()


@pytest.mark.parametrize("direct_tls", [False, True])
def test_an_honest_server_gets_a_session(direct_tls: bool, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_bound(wire)
        wire.send(MESSAGE, b"</stream:stream>")
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting, direct_tls=direct_tls)
    assert (outcome.fault, outcome.bodies()) == (Fault.CONNECTION_LOST, ["forged"])
    outcome.check_silence()


WRONG = [
    "by itself",
    "wrong name",
    "subdomain",
    "only a common name",
    "expired",
    "not yet valid",
    "unknown authority",
    "for clients",
    "wrong pin",
]


def shown(name: str, authority: Authority) -> Shown:
    """A certificate with this flaw."""
    if name == "by itself":
        return authority.sign((HOST,), by_itself=True)
    if name == "wrong name":
        return authority.sign(("other.test",), common=HOST)
    if name == "subdomain":
        return authority.sign((f"xmpp.{HOST}", f"*.{HOST}"))
    if name == "only a common name":
        return authority.sign((), common=HOST)
    if name == "expired":
        return authority.sign((HOST,), days=(-30, -1))
    if name == "not yet valid":
        return authority.sign((HOST,), days=(1, 30))
    if name == "for clients":
        return authority.sign((HOST,), purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    return authority.sign((HOST,))


@pytest.mark.parametrize("direct_tls", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_gets_nothing(
    name: str, direct_tls: bool, authority: Authority, folder: object, trusting: Server
) -> None:
    if name == "unknown authority":
        trusting = Server(ca_file=str(Authority(authority.file.parent, "stranger").file))
    elif name == "wrong pin":
        trusting = dataclasses.replace(trusting, pin="0" * 64)
    outcome = attempt(to_bound, shown(name, authority).context, trusting, direct_tls=direct_tls)
    assert outcome.fault is Fault.CERTIFICATE_REFUSED, outcome.problem
    outcome.check_silence()
    assert outcome.wire is None or not outcome.wire.received[Stage.TLS]


def test_a_pinned_certificate_needs_no_authority(authority: Authority) -> None:
    own = authority.sign(("other.test",), by_itself=True)

    async def script(wire: Wire) -> None:
        await to_bound(wire)
        wire.transport.close()

    outcome = attempt(script, own.context, Server(pin=own.fingerprint))
    assert outcome.fault is Fault.CONNECTION_LOST
    assert outcome.wire is not None and outcome.wire.stage is Stage.BOUND


def test_plaintext_where_tls_is_due(trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await wire.expect(rb"\x16\x03")
        wire.send(HEADER, mechanisms("PLAIN"))
        await wire.until_gone()

    outcome = attempt(script, None, trusting, direct_tls=True)
    assert outcome.fault is Fault.NO_ENCRYPTION
    assert outcome.wire is not None and PASSWORD_FREE(outcome.wire)


def PASSWORD_FREE(wire: Wire) -> bool:
    """Only a TLS greeting came, no stream."""
    return all(b"stream" not in got and JID.encode() not in got for got in wire.received.values())


async def elsewhere_in_tls(wire: Wire) -> None:
    """Sends the client elsewhere once it trusts us."""
    await to_tls(wire)
    await wire.header()
    wire.send(ELSEWHERE)
    await wire.until_gone()


async def elsewhere_instead_of_a_challenge(wire: Wire) -> None:
    """Sends the client elsewhere when it signs in."""
    await to_mechanisms(wire)
    await wire.expect(rb"</auth>")
    wire.send(ELSEWHERE)
    await wire.until_gone()


async def elsewhere_signed_in(wire: Wire) -> None:
    """Sends the client elsewhere after the log-in."""
    await to_signed_in(wire)
    await wire.header()
    wire.send(ELSEWHERE)
    await wire.until_gone()


async def elsewhere_bound(wire: Wire) -> None:
    """Sends the client elsewhere in the session."""
    await to_bound(wire)
    wire.send(ELSEWHERE)
    await wire.until_gone()


@pytest.mark.parametrize(
    "script", [elsewhere_in_tls, elsewhere_instead_of_a_challenge, elsewhere_signed_in, elsewhere_bound]
)
def test_see_other_host_is_never_followed(script: Script, honest: Shown, trusting: Server) -> None:
    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.problem and outcome.problem.detail) == (Fault.CONNECTION_LOST, "see-other-host")
    outcome.check_silence()
