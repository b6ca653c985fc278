"""Signing in, step by step: SASL and a resource (RFC 6120 sections 6 and 7), or a session that goes on (XEP-0198).

Each step takes one kind of element.
"""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from collections.abc import Callable

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine.guard import FEATURES, GuardedStream, Phase
from teahouse.engine.scram import SCRAM, Scram, prepared
from teahouse.engine.stream import SM, OutOfStep, Stream
from teahouse.engine.xml import CLIENT, condition

_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_BIND, _SESSION = "urn:ietf:params:xml:ns:xmpp-bind", "urn:ietf:params:xml:ns:xmpp-session"
_PAYLOAD = 16_384
"""Characters of base64 that a server may say at a time."""
_REFUSED = ("not-authorized", "credentials-expired", "account-disabled")


class Login:
    """Signs one stream in. `take` raises Trouble when something else comes than what is due.

    With `held` that session is resumed, and only when the server does not know it any more there is a new one.
    """

    def __init__(
        self,
        stream: GuardedStream,
        password: str,
        allow_plain: bool,
        bound: Callable[[Jid], None],
        held: Stream | None = None,
    ) -> None:
        self._stream, self._password, self._allow_plain, self._bound = stream, password, allow_plain, bound
        self._held = held
        self.managed = self.resumed = False
        """Whether the server offers to count stanzas, and whether the held session goes on."""
        self.versioned = False
        """Whether it tells of the roster only what has changed (RFC 6121 section 2.6)."""
        self._expected: Callable[[ET.Element], None] = self._mechanisms
        self._scram: Scram | None = None
        self._proving: asyncio.Task[None] | None = None
        self._asked, self._address, self._session_due = "", stream.own, False

    def take(self, xml: ET.Element) -> None:
        """The next element of the server."""
        if xml.tag == f"{{{_SASL}}}failure" and self._expected in (self._challenge, self._verdict, self._plain_verdict):
            raise Trouble(_refusal(xml, self._stream))
        self._expected(xml)

    def _early(self, xml: ET.Element) -> None:
        raise self._stream.misbehaved("an answer before the question")

    # -- SASL --------------------------------------------------------------

    def _mechanisms(self, xml: ET.Element) -> None:
        if xml.tag != FEATURES:
            raise self._stream.misbehaved("a stanza before the log-in")
        offered = {(e.text or "").strip() for e in xml.findall(f"{{{_SASL}}}mechanisms/{{{_SASL}}}mechanism")}
        user = self._stream.own.local
        mechanism = next((name for name in SCRAM if name in offered), "")
        if mechanism:
            self._scram = Scram(mechanism, user, self._password)
            self._expected = self._challenge
            self._say("auth", self._scram.first(), f" mechanism='{mechanism}'")
        elif self._allow_plain and "PLAIN" in offered:
            self._expected = self._plain_verdict
            self._say("auth", f"\0{prepared(user)}\0{prepared(self._password)}".encode(), " mechanism='PLAIN'")
        else:
            raise Trouble(Problem(Fault.NO_SAFE_LOGIN, self._stream.host))

    def _say(self, name: str, payload: bytes, more: str = "") -> None:
        self._stream.send_raw(f"<{name} xmlns='{_SASL}'{more}>{b64encode(payload).decode()}</{name}>")

    def _heard(self, xml: ET.Element, *names: str) -> bytes:
        text = (xml.text or "").strip()
        if xml.tag not in [f"{{{_SASL}}}{name}" for name in names] or len(xml) or len(text) > _PAYLOAD:
            raise self._stream.misbehaved("a stanza before the log-in")
        try:
            return b64decode("" if text == "=" else text, validate=True)
        except ValueError:
            raise self._stream.misbehaved("a challenge that is no base64") from None

    def _challenge(self, xml: ET.Element) -> None:
        assert self._scram is not None
        try:
            self._scram.read(self._heard(xml, "challenge"))
        except ValueError as error:
            raise self._stream.misbehaved(f"SCRAM: {error}") from None
        self._expected = self._early
        self._proving = asyncio.ensure_future(self._prove(self._scram))

    async def _prove(self, scram: Scram) -> None:
        proof = await asyncio.to_thread(scram.prove)
        self._expected = self._verdict
        self._say("response", proof)

    def _verdict(self, xml: ET.Element) -> None:
        assert self._scram is not None
        try:
            self._scram.verify(self._heard(xml, "success", "challenge"))
        except ValueError as error:
            raise self._stream.misbehaved(f"SCRAM: {error}") from None
        if xml.tag.endswith("}success"):
            self._signed_in()
        else:
            # The proof may come in a challenge of its own (RFC 6120 section 6.3.10).
            self._expected = self._plain_verdict
            self._say("response", b"")

    def _plain_verdict(self, xml: ET.Element) -> None:
        self._heard(xml, "success")
        self._signed_in()

    def _signed_in(self) -> None:
        self._expected = self._bind
        self._stream.move(Phase.AUTH)
        self._stream.restart()

    # -- the resource ------------------------------------------------------

    def _bind(self, xml: ET.Element) -> None:
        if xml.tag != FEATURES or xml.find(f"{{{_BIND}}}bind") is None:
            raise self._stream.misbehaved("no session to be had")
        session = xml.find(f"{{{_SESSION}}}session")
        self._session_due = session is not None and session.find(f"{{{_SESSION}}}optional") is None
        self.managed = xml.find(f"{{{SM}}}sm") is not None
        self.versioned = xml.find("{urn:xmpp:features:rosterver}ver") is not None
        if self._held is not None and self.managed:
            self._expected = self._resumption
            self._stream.send_raw(self._held.resumption())
        else:
            self._ask_resource()

    def _resumption(self, xml: ET.Element) -> None:
        assert self._held is not None
        if xml.tag == f"{{{SM}}}failed":
            self._held.failed(xml)
            return self._ask_resource()
        if xml.tag != f"{{{SM}}}resumed":
            raise self._stream.misbehaved("a stanza before the session")
        try:
            self._held.resumed(xml)
        except OutOfStep as error:
            # Whoever counts otherwise than we do cannot go on where we stopped.
            self._held.close()
            raise self._stream.misbehaved(str(error)) from None
        self.resumed = True
        self._bound(self._held.address)

    def _ask_resource(self) -> None:
        self._expected = self._resource
        self._ask(f"<bind xmlns='{_BIND}'/>")

    def _ask(self, inner: str) -> None:
        self._asked = secrets.token_hex(12)
        self._stream.send_raw(f"<iq type='set' id='{self._asked}'>{inner}</iq>")

    def _answered(self, xml: ET.Element) -> None:
        own = ("", self._stream.host, self._stream.own.bare, str(self._address))
        if xml.tag != f"{{{CLIENT}}}iq" or xml.get("id") != self._asked or xml.get("from", "") not in own:
            raise self._stream.misbehaved("a stanza before the session")
        if xml.get("type") != "result":
            raise self._stream.misbehaved(f"no session: {condition(xml)[0][:80]}")

    def _resource(self, xml: ET.Element) -> None:
        given = xml.findtext(f"{{{_BIND}}}bind/{{{_BIND}}}jid") or ""
        try:
            self._address = Jid.parse(given)
        except Trouble:
            raise self._stream.misbehaved("a session without an address") from None
        self._answered(xml)
        if self._address.bare != self._stream.own.bare or not self._address.resource:
            raise self._stream.misbehaved("a session of somebody else")
        if self._session_due:
            self._expected = self._session
            self._ask(f"<session xmlns='{_SESSION}'/>")
        else:
            self._bound(self._address)

    def _session(self, xml: ET.Element) -> None:
        self._answered(xml)
        self._bound(self._address)


def _refusal(xml: ET.Element, stream: GuardedStream) -> Problem:
    named = next((c.tag.split("}")[-1] for c in xml if not c.tag.endswith("}text")), "")[:80]
    said = label(xml.findtext(f"{{{_SASL}}}text") or named, 300)
    if named in _REFUSED:
        return Problem(Fault.WRONG_PASSWORD, stream.own.bare, said)
    if named == "temporary-auth-failure":
        return Problem(Fault.UNREACHABLE, stream.host, said)
    return Problem(Fault.NO_SAFE_LOGIN, stream.host, said)
