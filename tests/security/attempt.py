"""One attempt to sign in at a hostile server: what the client said of it, and every byte that it let out."""

import asyncio
import re
import ssl
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import dataclass, field, replace

from teahouse.domain.account import Account, Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.session import connect
from teahouse.net.way import Direct
from tests.rig.hostile import HOST, JID, PASSWORD, USER, Hostile, Script, Stage, Wire

PATIENCE = 1.5
"""Seconds after which a hanging client gives up; no script may make it."""
_HEADER = rb"(<\?xml[^>]*\?>)?<stream:stream to='hostile\.test'[^>]*>"
_CLEAR = re.compile(rb"(%b(<starttls xmlns=.urn:ietf:params:xml:ns:xmpp-tls.\s*/>)?(</stream:stream>)?)?" % _HEADER)
_IN_TLS = re.compile(
    rb"(%b(<auth [^>]*mechanism=.SCRAM-SHA-(1|256|512).[^>]*>[^<]*</auth>"
    rb"(<response [^>]*>[^<]*</response>|<abort [^>]*/>)?)?(</stream:stream>)?)?" % _HEADER
)
_SIGNED_IN = re.compile(
    rb"(%b(<iq [^>]*><bind xmlns=.urn:ietf:params:xml:ns:xmpp-bind.\s*/></iq>)?(</stream:stream>)?)?" % _HEADER
)


@dataclass
class Outcome:
    """How it ended: `problem` is None while the session still stands."""

    problem: Problem | None = None
    wire: Wire | None = None
    stanzas: list[ET.Element] = field(default_factory=list)

    @property
    def fault(self) -> Fault | None:
        """Its kind."""
        return self.problem.fault if self.problem else None

    def bodies(self) -> list[str | None]:
        """The texts of the messages that were handed on."""
        return [s.findtext("{jabber:client}body") for s in self.stanzas if s.tag.endswith("message")]

    def check_silence_before_greeting(self) -> None:
        """The same when the greeting of TLS, which is no secret, came in the clear behind it."""
        assert self.wire is not None
        got = self.wire.received[Stage.CLEAR] + self.wire.received[Stage.TLS]
        assert _CLEAR.fullmatch(bytes(self.wire.received[Stage.CLEAR]).partition(b"\x16\x03")[0])
        assert not any(word in got for word in (USER.encode(), PASSWORD.encode(), b"<auth", b"<iq", b"<message"))

    def check_silence(self) -> None:
        """Not one byte left before its time: no SASL outside TLS, no stanza before the log-in, never the password."""
        if self.wire is None:
            return
        got = self.wire.received
        assert _CLEAR.fullmatch(got[Stage.CLEAR]), got[Stage.CLEAR]
        assert _IN_TLS.fullmatch(got[Stage.TLS]), got[Stage.TLS]
        assert _SIGNED_IN.fullmatch(got[Stage.SIGNED_IN]), got[Stage.SIGNED_IN]
        everything = b"".join(got.values())
        secrets = (PASSWORD.encode(), b64encode(PASSWORD.encode()), b64encode(f"\0{USER}\0{PASSWORD}".encode()))
        assert not any(secret in everything for secret in secrets)
        assert USER.encode() not in got[Stage.CLEAR]


def attempt(
    script: Script,
    certificate: ssl.SSLContext | None,
    server: Server,
    *,
    direct_tls: bool = False,
    allow_plain: bool = False,
    linger: float = 0.0,
) -> Outcome:
    """Sign in at a server with this script; a session that stands is watched until it ends, or so many seconds."""
    outcome = Outcome()

    async def run(account: Account) -> None:
        try:
            client = await connect(account, PASSWORD, Direct(), lambda _: None, patience=PATIENCE)
        except Trouble as trouble:
            outcome.problem = trouble.problem
            return
        client.on_stanza = outcome.stanzas.append
        await asyncio.wait([client.lost], timeout=linger or PATIENCE)
        await asyncio.sleep(0.01)
        if client.lost.done():
            outcome.problem = client.lost.result()
        client.close()
        await client.closed()

    with Hostile(script, certificate, direct_tls=direct_tls) as hostile:
        where = replace(server, host="127.0.0.1", port=hostile.port, direct_tls=direct_tls)
        asyncio.run(run(Account(1, JID, USER, server=where, allow_plain=allow_plain)))
        outcome.wire = hostile.wires[0] if hostile.wires else None
    return outcome


__all__ = ["HOST", "Outcome", "attempt"]
