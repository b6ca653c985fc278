"""Malformed and oversized streams in every phase: the connection ends at once, in words, and nothing is handed on."""

import pytest

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault
from tests.rig.hostile import HEADER, HOST, Stage, Wire, to_bound, to_signed_in, to_tls
from tests.security.attempt import Outcome, attempt
from tests.security.certificates import Shown

MESSAGE = f"<message from='eve@{HOST}' type='chat'><body>honest</body></message>".encode()
BODY = b"<message type='chat'><body>%b</body></message>"
LOL = b"<!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><message><body>&b;</body></message>"
ATTACKS: dict[str, bytes] = {
    "a DTD": b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x'>",
    "an entity bomb": LOL,
    "an undefined entity": BODY % b"&lol;",
    "a processing instruction": b"<?xml-stylesheet href='http://127.0.0.1:9/'?>",
    "an instruction inside": b"<message><?php evil ?></message>",
    "a comment": b"<!-- hello -->",
    "a comment inside": BODY % b"hon<!-- -->est",
    "101 levels": b"<a>" * 101,
    "10,001 elements": b"<message>" + b"<a/>" * 10_001 + b"</message>",
    "201 attributes": b"<message " + b" ".join(b"a%d='x'" % n for n in range(201)) + b"/>",
    "an attribute twice": b"<message type='chat' type='groupchat'/>",
    "1 MiB and 1": BODY % (b"x" * (1 << 20)),
    "an endless tag": b"<" + b"a" * (1 << 20),
    "an endless attribute": b"<message id='" + b"a" * (1 << 20),
    "an endless name": b"<message>" + b"<a b" + b"c" * (1 << 20),
    "CDATA without end": b"<message><body><![CDATA[" + b"x" * (1 << 20),
    "a wrong end": b"<message></presence>",
    "an end too many": b"</message>",
    "a tag in a tag": b"<message <body>",
    "an undeclared prefix": b"<x:message/>",
    "no UTF-8": BODY % b"\xff\xfe\xfa",
    "an overlong UTF-8": BODY % b"\xc0\xbc",
    "a surrogate": BODY % b"\xed\xa0\x80",
    "NUL": BODY % b"a\x00b",
    "a control character": BODY % b"\x1b[31m",
    "a control as a reference": BODY % b"&#1;",
    "UTF-16": "<message/>".encode("utf-16"),
    "text between stanzas": b"hello",
    "TLS in TLS": b"\x16\x03\x01\x02\x00\x01",
}
PHASES = list(Stage)


async def reach(wire: Wire, stage: Stage) -> None:
    """Honest up to this stage, behind the stream header."""
    if stage is Stage.CLEAR:
        await wire.header()
    elif stage is Stage.TLS:
        await to_tls(wire)
        await wire.header()
    elif stage is Stage.SIGNED_IN:
        await to_signed_in(wire)
        await wire.header()
    else:
        await to_bound(wire)


@pytest.mark.parametrize("stage", PHASES, ids=lambda stage: stage.value)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_the_connection(name: str, stage: Stage, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await reach(wire, stage)
        wire.send(MESSAGE if stage is Stage.BOUND else b"", ATTACKS[name])
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.fault is Fault.SERVER_MISBEHAVED, outcome.problem
    assert outcome.bodies() == (["honest"] if stage is Stage.BOUND else [])
    assert outcome.problem is not None and b"lol" not in outcome.problem.detail.encode()
    outcome.check_silence()


ENDS: dict[str, bytes] = {
    "the end of the stream": b"</stream:stream>",
    "a message behind the end": b"</stream:stream>" + MESSAGE,
    "a stream behind the end": b"</stream:stream>" + HEADER + MESSAGE,
}


@pytest.mark.parametrize("stage", PHASES, ids=lambda stage: stage.value)
@pytest.mark.parametrize("name", [*ENDS, "half a stanza", "a stanza without end"])
def test_an_end_is_an_end(name: str, stage: Stage, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await reach(wire, stage)
        wire.send(ENDS.get(name, MESSAGE[:30] if name == "half a stanza" else b"<message><body>x"))
        if name in ENDS:
            await wire.until_gone()
        else:
            wire.transport.close()

    outcome = attempt(script, honest.context, trusting)
    assert outcome.fault in (Fault.CONNECTION_LOST, Fault.SERVER_MISBEHAVED), outcome.problem
    assert outcome.stanzas == []
    outcome.check_silence()


def test_what_follows_a_breach_is_not_handed_on(honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        await to_bound(wire)
        wire.send(MESSAGE, b"<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
        wire.send(MESSAGE)
        await wire.until_gone()

    outcome = attempt(script, honest.context, trusting)
    assert (outcome.fault, outcome.bodies()) == (Fault.SESSION_REPLACED, ["honest"])


STREAM = "<stream:stream {} xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
HEADERS: dict[str, bytes] = {
    "from another": STREAM.format("from='evil.test' id='1' version='1.0'").encode(),
    "from a subdomain": STREAM.format(f"from='x.{HOST}' id='1' version='1.0'").encode(),
    "no id": STREAM.format(f"from='{HOST}' version='1.0'").encode(),
    "no version": STREAM.format(f"from='{HOST}' id='1'").encode(),
    "an old version": STREAM.format(f"from='{HOST}' id='1' version='0.9'").encode(),
    "a version to come": STREAM.format(f"from='{HOST}' id='1' version='2.0'").encode(),
    "no version at all": STREAM.format(f"from='{HOST}' id='1' version='x'").encode(),
    "another namespace": STREAM.format(f"from='{HOST}' id='1' version='1.0'").replace("etherx", "x").encode(),
    "another name": STREAM.format(f"from='{HOST}' id='1' version='1.0'").replace("stream:stream", "stream:s").encode(),
    "no stream": b"<html><body>It works!</body></html>",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "SMTP": b"220 mail.example ESMTP\r\n",
    "declared as latin-1": HEADER.replace(b"'1.0'?", b"'1.0' encoding='iso-8859-1'?"),
    "declared as UTF-7": HEADER.replace(b"'1.0'?", b"'1.0' encoding='utf-7'?"),
    "declared as UTF-16": HEADER.replace(b"'1.0'?", b"'1.0' encoding='utf-16'?"),
    "XML 1.1": HEADER.replace(b"<?xml version='1.0'?", b"<?xml version='1.1'?"),
    "in UTF-16": HEADER.decode().encode("utf-16"),
    "with a DTD": b"<!DOCTYPE x []>" + HEADER.partition(b"?>")[2],
    "a declaration in between": HEADER.partition(b"?>")[2] + b"<?xml version='1.0'?>",
}


@pytest.mark.parametrize("stage", [Stage.CLEAR, Stage.TLS, Stage.SIGNED_IN], ids=lambda stage: stage.value)
@pytest.mark.parametrize("name", HEADERS)
def test_a_wrong_stream_header(name: str, stage: Stage, honest: Shown, trusting: Server) -> None:
    async def script(wire: Wire) -> None:
        if stage is Stage.TLS:
            await to_tls(wire)
        elif stage is Stage.SIGNED_IN:
            await to_signed_in(wire)
        await wire.header(HEADERS[name])
        await wire.until_gone()

    outcome: Outcome = attempt(script, honest.context, trusting)
    assert outcome.fault is Fault.SERVER_MISBEHAVED, outcome.problem
    outcome.check_silence()
