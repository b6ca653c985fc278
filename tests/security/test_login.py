"""What a server may try when the client signs in: no weak mechanism, no server without proof, no session of another."""

import re
from collections.abc import Awaitable, Callable

import pytest

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault
from tests.rig.hostile import (
    BIND,
    BIND_NS,
    HOST,
    JID,
    PASSWORD,
    SASL_NS,
    USER,
    Scram,
    Stage,
    Wire,
    bound,
    mechanisms,
    payload,
    sasl,
    to_bind,
    to_bound,
    to_mechanisms,
    to_signed_in,
    to_tls,
)
from tests.security.attempt import attempt
from tests.security.certificates import Shown

MESSAGE = f"<message from='eve@{HOST}' type='chat'><body>forged</body></message>".encode()

WEAK = [
    ("PLAIN",),
    ("LOGIN",),
    ("ANONYMOUS",),
    ("EXTERNAL",),
    ("DIGEST-MD5",),
    ("CRAM-MD5",),
    ("X-OAUTH2",),
    ("SCRAM-SHA-256-PLUS",),
    ("SCRAM-MD5",),
    ("scram-sha-256",),
    ("UNHEARD-OF",),
    ("",),
    ("PLAIN", "LOGIN", "ANONYMOUS", "EXTERNAL", "DIGEST-MD5"),
]


@pytest.mark.parametrize("offered", WEAK, ids="+".join)
def test_no_weak_mechanism(offered: tuple[str, ...], honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_mechanisms(wire, *offered)
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.fault is Fault.NO_SAFE_LOGIN, outcome.problem
    outcome.check_silence()
    assert outcome.wire is not None and b"<auth" not in outcome.wire.received[Stage.TLS]


def test_plain_by_explicit_choice_goes_out_inside_tls_only(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_mechanisms(wire, "PLAIN")
        assert await payload(wire, "auth") == f"\0{USER}\0{PASSWORD}".encode()
        wire.send(sasl("success", b""))
        wire.stage = Stage.SIGNED_IN
        await wire.header()
        wire.transport.close()

    outcome = attempt(script, honest.context, trusting, allow_plain=True)
    assert outcome.fault is Fault.CONNECTION_LOST
    assert outcome.wire is not None and outcome.wire.stage is Stage.SIGNED_IN


@pytest.mark.parametrize("name", ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_an_honest_scram(name: str, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_signed_in(wire, Scram(name))
        await wire.header()
        wire.transport.close()

    outcome = attempt(script, honest.context, trusting, allow_plain=True)
    assert outcome.wire is not None and outcome.wire.stage is Stage.SIGNED_IN
    outcome.check_silence()


def test_the_strongest_is_chosen_and_a_refusal_tries_nothing_weaker(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_mechanisms(wire, "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "SCRAM-SHA-256", "ANONYMOUS")
        auth = await wire.expect(rb"</auth>")
        assert b"SCRAM-SHA-512" in auth
        wire.send(f"<failure xmlns='{SASL_NS}'><not-authorized/></failure>".encode())
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting, allow_plain=True)
    assert outcome.fault is Fault.WRONG_PASSWORD
    outcome.check_silence()
    assert outcome.wire is not None and outcome.wire.received[Stage.TLS].count(b"<auth") == 1


Lie = Callable[[Wire, Scram], Awaitable[None]]


def challenge(change: Callable[[bytes], bytes]) -> Lie:
    """A challenge that was changed in this way; whoever answers it has lost."""

    async def lie(wire: Wire, scram: Scram) -> None:
        wire.send(sasl("challenge", change(scram.challenge(await payload(wire, "auth")))))
        await wire.until_gone()
        assert b"<response" not in wire.received[Stage.TLS]

    return lie


def raw_challenge(text: str) -> Lie:
    """Something else than base64, or none at all."""

    async def lie(wire: Wire, scram: Scram) -> None:
        await payload(wire, "auth")
        wire.send(f"<challenge xmlns='{SASL_NS}'>{text}</challenge>".encode())
        await wire.until_gone()
        assert b"<response" not in wire.received[Stage.TLS]

    return lie


def ends(change: Callable[[bytes], bytes], element: str = "success") -> Lie:
    """An honest challenge, and a verdict that was changed in this way."""

    async def lie(wire: Wire, scram: Scram) -> None:
        wire.send(sasl("challenge", scram.challenge(await payload(wire, "auth"))))
        verdict = scram.verdict(await payload(wire, "response"))
        wire.send(sasl(element, change(verdict)), MESSAGE)
        wire.stage = Stage.SIGNED_IN
        await wire.until_gone()

    return lie


def instead(*pieces: bytes) -> Lie:
    """Sends this instead of a challenge."""

    async def lie(wire: Wire, scram: Scram) -> None:
        await payload(wire, "auth")
        wire.send(*pieces)
        wire.stage = Stage.SIGNED_IN
        await wire.until_gone()

    return lie


async def success_while_it_computes(wire: Wire, scram: Scram) -> None:
    """Challenge and success in one piece."""
    wire.send(sasl("challenge", scram.challenge(await payload(wire, "auth"))), sasl("success", b""), MESSAGE)
    await wire.until_gone()


async def another_challenge(wire: Wire, scram: Scram) -> None:
    """A second challenge for a second proof."""
    first = scram.challenge(await payload(wire, "auth"))
    wire.send(sasl("challenge", first))
    await payload(wire, "response")
    wire.send(sasl("challenge", first))
    await wire.until_gone()
    assert wire.received[Stage.TLS].count(b"<response") == 1


def field(name: bytes, value: bytes) -> Callable[[bytes], bytes]:
    """Replace a field of a challenge."""
    return lambda first: re.sub(rb"(^|,)" + name + rb"=[^,]*", rb"\g<1>" + name + b"=" + value, first)


LIES: dict[str, Lie] = {
    "success without proof": ends(lambda _: b""),
    "success with another proof": ends(lambda _: b"v=" + b"A" * 43 + b"="),
    "success with half a proof": ends(lambda v: v[:12] + b"=="),
    "success with an extension": ends(lambda v: b"m=x," + v),
    "success with an error": ends(lambda _: b"e=other-error"),
    "success that is no scram": ends(lambda _: b"\xff\x00"),
    "proof in a challenge, another in success": ends(lambda _: b"v=AAAA", "challenge"),
    "success at once": instead(sasl("success", b"")),
    "success at once with a proof": instead(sasl("success", b"v=AAAA")),
    "a session at once": instead(BIND, bound("1"), MESSAGE),
    "an iq at once": instead(b"<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
    "success while it computes": success_while_it_computes,
    "another challenge": another_challenge,
    "one iteration": challenge(field(b"i", b"1")),
    "no iteration": challenge(field(b"i", b"0")),
    "minus iterations": challenge(field(b"i", b"-4096")),
    "4095 iterations": challenge(field(b"i", b"4095")),
    "a billion iterations": challenge(field(b"i", b"1000000000")),
    "iterations of 5,000 digits": challenge(field(b"i", b"9" * 5_000)),
    "iterations in Arabic digits": challenge(field(b"i", "٤٠٩٦".encode())),
    "iterations with underscores": challenge(field(b"i", b"4_096")),
    "no nonce": challenge(lambda first: first.partition(b",")[2]),
    "an empty nonce": challenge(field(b"r", b"")),
    "our nonce only": challenge(lambda first: re.sub(rb"r=(.{32})[^,]*", rb"r=\1", first)),
    "another nonce": challenge(field(b"r", b"A" * 60)),
    "our nonce behind": challenge(lambda first: re.sub(rb"r=(.{32})([^,]*)", rb"r=\2\1", first)),
    "a nonce beyond ASCII": challenge(lambda first: first.replace(b",s=", "ü,s=".encode())),
    "no salt": challenge(lambda first: re.sub(rb"s=[^,]*,", b"", first)),
    "an empty salt": challenge(field(b"s", b"")),
    "a short salt": challenge(field(b"s", b"QUJD")),
    "a huge salt": challenge(field(b"s", b"QUJD" * 25_000)),
    "a salt that is no base64": challenge(field(b"s", b"!!!!!!!!!!!!!!!!")),
    "an extension we must know": challenge(lambda first: b"m=x," + first),
    "the fields in another order": challenge(lambda first: b",".join(reversed(first.split(b",")))),
    "a field twice": challenge(lambda first: first + b",i=4096"),
    "an error": challenge(lambda _: b"e=unknown-user"),
    "an empty challenge": challenge(lambda _: b""),
    "commas": challenge(lambda _: b",,,,=,="),
    "bytes": challenge(lambda _: bytes(range(256))),
    "no base64": raw_challenge("%%%"),
    "base64 with junk": raw_challenge("cj0x!LHM9MSxpPTE="),
    "base64 cut off": raw_challenge("cj0xL"),
    "an element as challenge": raw_challenge("<r xmlns='urn:x'/>"),
    "800 kB of challenge": raw_challenge("QUJD" * 200_000),
}


@pytest.mark.parametrize("name", LIES)
def test_a_server_that_lies_gets_no_session(name: str, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        scram = Scram()
        await to_mechanisms(wire, scram.name)
        await LIES[name](wire, scram)

    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.stanzas) == (Fault.SERVER_MISBEHAVED, []), outcome.problem
    outcome.check_silence()


def test_the_proof_may_come_in_a_challenge(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        scram = Scram()
        await to_mechanisms(wire, scram.name)
        wire.send(sasl("challenge", scram.challenge(await payload(wire, "auth"))))
        wire.send(sasl("challenge", scram.verdict(await payload(wire, "response"))))
        await wire.expect(rb"<response [^>]*(/>|></response>)")
        wire.send(f"<success xmlns='{SASL_NS}'/>".encode())
        wire.stage = Stage.SIGNED_IN
        await wire.header()
        wire.transport.close()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.wire is not None and outcome.wire.stage is Stage.SIGNED_IN
    assert outcome.fault is Fault.CONNECTION_LOST


REFUSALS = [
    ("<not-authorized/>", Fault.WRONG_PASSWORD),
    ("<credentials-expired/>", Fault.WRONG_PASSWORD),
    ("<account-disabled/><text>You were \u202ebad\u202c.\n\u0085" + "x" * 5_000 + "</text>", Fault.WRONG_PASSWORD),
    ("<temporary-auth-failure/>", Fault.UNREACHABLE),
    ("<mechanism-too-weak/>", Fault.NO_SAFE_LOGIN),
    ("<invalid-mechanism/>", Fault.NO_SAFE_LOGIN),
    ("<aborted/>", Fault.NO_SAFE_LOGIN),
    ("", Fault.NO_SAFE_LOGIN),
    ("<nonsense xmlns='urn:x'/>", Fault.NO_SAFE_LOGIN),
]


@pytest.mark.parametrize(("inner", "fault"), REFUSALS, ids=[str(n) for n in range(len(REFUSALS))])
@pytest.mark.parametrize("late", [False, True])
def test_a_refusal_is_said_as_it_is(inner: str, fault: Fault, late: bool, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        scram = Scram()
        await to_mechanisms(wire, scram.name)
        first = scram.challenge(await payload(wire, "auth"))
        if late:
            wire.send(sasl("challenge", first))
            await payload(wire, "response")
        wire.send(f"<failure xmlns='{SASL_NS}'>{inner}</failure>".encode())
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.fault is fault, outcome.problem
    outcome.check_silence()
    assert outcome.problem is not None and len(outcome.problem.detail) <= 300
    assert not any(c in outcome.problem.detail for c in "\u202e\n\u0085")


def test_a_failure_that_nobody_asked_for(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_tls(wire)
        await wire.header()
        wire.send(f"<failure xmlns='{SASL_NS}'><not-authorized/></failure>".encode())
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.fault is Fault.SERVER_MISBEHAVED
    outcome.check_silence()


def result(number: str, inner: str, **attributes: str) -> bytes:
    """An answer to the bind."""
    more = "".join(f" {key.rstrip('_')}='{value}'" for key, value in ({"type": "result"} | attributes).items())
    return f"<iq id='{number}'{more}>{inner}</iq>".encode()


def bind(jid: str) -> str:
    """A bind with this address."""
    return f"<bind xmlns='{BIND_NS}'><jid>{jid}</jid></bind>"


GOOD = bind(f"{JID}/here")
BINDS: dict[str, Callable[[str], bytes]] = {
    "another account": lambda n: result(n, bind(f"eve@{HOST}/here")),
    "another server": lambda n: result(n, bind(f"{USER}@evil.test/here")),
    "a subdomain": lambda n: result(n, bind(f"{USER}@x.{HOST}/here")),
    "a look-alike": lambda n: result(n, bind(f"w\u0456llow@{HOST}/here")),
    "no resource": lambda n: result(n, bind(JID)),
    "only a server": lambda n: result(n, bind(f"{HOST}/here")),
    "an empty address": lambda n: result(n, bind("")),
    "garbage": lambda n: result(n, bind("@@//@")),
    "a huge resource": lambda n: result(n, bind(f"{JID}/{'x' * 3_000}")),
    "no address": lambda n: result(n, f"<bind xmlns='{BIND_NS}'/>"),
    "no bind": lambda n: result(n, ""),
    "bind of another namespace": lambda n: result(n, GOOD.replace("xmpp-bind", "x")),
    "an error": lambda n: result(
        n,
        "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
        type="error",
    ),
    "an error with an address": lambda n: result(n, GOOD, type="error"),
    "a set": lambda n: result(n, GOOD, type="set"),
    "no type": lambda n: result(n, GOOD, type=""),
    "from a stranger": lambda n: result(n, GOOD, from_="eve@evil.test"),
    "from a neighbour": lambda n: result(n, GOOD, from_=f"eve@{HOST}"),
    "another id": lambda n: result("x" + n, GOOD),
    "no id": lambda n: result("", GOOD),
    "a message first": lambda n: MESSAGE + bound(n),
    "a presence first": lambda n: b"<presence from='eve@evil.test' type='subscribe'/>" + bound(n),
    "a roster push first": lambda n: (
        b"<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='e@evil.test'/></query></iq>" + bound(n)
    ),
    "a question first": lambda n: b"<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>" + bound(n),
    "features again": lambda n: BIND,
    "mechanisms again": lambda n: mechanisms("PLAIN"),
    "success again": lambda n: sasl("success", b""),
    "challenge again": lambda n: sasl("challenge", b""),
    "proceed again": lambda n: b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
}


@pytest.mark.parametrize("name", BINDS)
def test_only_our_own_session_is_taken(name: str, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        number = await to_bind(wire)
        wire.send(BINDS[name](number), MESSAGE)
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.stanzas) == (Fault.SERVER_MISBEHAVED, []), outcome.problem
    outcome.check_silence()


@pytest.mark.parametrize("features", [b"<stream:features/>", mechanisms("SCRAM-SHA-256"), MESSAGE, bound("1")])
def test_nothing_but_bind_follows_the_log_in(features: bytes, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_signed_in(wire)
        await wire.header()
        wire.send(features)
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.stanzas) == (Fault.SERVER_MISBEHAVED, []), outcome.problem
    outcome.check_silence()


@pytest.mark.parametrize("session", ["<optional/>", ""])
def test_an_old_session_is_begun_only_when_it_must(session: str, honest: Shown, trusting: Server) -> None:
    asked: list[bytes] = []

    async def script(wire: Wire) -> None:
        await to_signed_in(wire)
        await wire.header()
        element = f"<session xmlns='urn:ietf:params:xml:ns:xmpp-session'>{session}</session></stream:features>"
        wire.send(BIND.replace(b"</stream:features>", element.encode()))
        number = re.search(rb"id=[\"']([^\"']+)", await wire.expect(rb"<iq [^>]*>.*?</iq>"))
        assert number
        wire.send(bound(number[1].decode()))
        if not session:
            asked.append(await wire.expect(rb"<iq [^>]*>.*?</iq>"))
            number = re.search(rb"id=[\"']([^\"']+)", asked[0])
            assert number
            wire.send(result(number[1].decode(), ""))
        wire.send(MESSAGE, b"</stream:stream>")
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.bodies() == ["forged"]
    assert [b"xmpp-session" in iq for iq in asked] == ([] if session else [True])


def test_what_comes_right_behind_the_bind_is_not_lost(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        number = await to_bind(wire)
        wire.send(bound(number), MESSAGE * 3, b"</stream:stream>")
        await wire.until_gone()

    assert attempt(script, honest.context, trusting).bodies() == ["forged"] * 3
    assert to_bound is not None
