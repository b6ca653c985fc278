"""In-band registration (XEP-0077, with data forms XEP-0004 and CAPTCHA media XEP-0158) over verified TLS only."""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from slixmpp.xmlstream import tostring

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.domain.text import label
from teahouse.engine.client import Client
from teahouse.engine.guard import ERROR, FEATURES, Phase
from teahouse.engine.xml import CLIENT, DATA, REGISTER, child_text, condition, el

OFFERED = "{http://jabber.org/features/iq-register}register"
_IMAGE_BYTES, _FIELDS, _TEXT = 256 * 1024, 50, 1_000
_PLAIN_FIELDS = ("username", "password", "email", "name", "nick", "first", "last", "phone", "url", "date", "misc")


class RegisteringClient(Client):
    """A connection that never signs in: it asks for the form, and sends it back filled."""

    def __init__(self, domain: str, server: Server) -> None:
        super().__init__(domain, "", server)
        self.offered: asyncio.Future[bool] = self.loop.create_future()
        self._replies: asyncio.Queue[ET.Element] = asyncio.Queue()

    def _breach_before_auth(self, xml: ET.Element) -> str:
        return "" if xml.tag in (FEATURES, ERROR, f"{{{CLIENT}}}iq") else "a stanza before the log-in"

    async def _handle_stream_features(self, features: Any) -> bool | None:
        if self.phase is Phase.CONNECT:
            return bool(await super()._handle_stream_features(features))
        if not self.offered.done():
            # Some servers do not announce it and answer all the same.
            self.offered.set_result(features.xml.find(OFFERED) is not None)
        return True

    def _spawn_event(self, xml: ET.Element) -> None:
        if self.phase is Phase.TLS and xml.tag == f"{{{CLIENT}}}iq":
            return self._replies.put_nowait(xml)
        super()._spawn_event(xml)

    def gone(self, _: Any) -> None:
        super().gone(_)
        if not self.offered.done():
            self.offered.set_exception(Trouble(self.lost.result()))
            self.offered.exception()
        self._replies.put_nowait(el("iq", {"type": "lost"}))

    async def _send(self, kind: str, *children: ET.Element) -> ET.Element:
        number = secrets.token_hex(8)
        iq = el("iq", {"type": kind, "id": number}, el(f"{{{REGISTER}}}query", None, *children))
        if self.lost.done():
            raise Trouble(self.lost.result())
        self.send_raw(tostring(iq, xmlns=CLIENT, stream=self, top_level=True))
        try:
            async with asyncio.timeout(60):
                while (reply := await self._replies.get()).get("id") != number:
                    if reply.get("type") == "lost":
                        raise Trouble(self.lost.result())
                return reply
        except TimeoutError:
            raise Trouble(Problem(Fault.TIMED_OUT, self._host)) from None

    async def form(self, ticket: int) -> RegistrationForm:
        """The server's questions; raises Trouble (REGISTRATION_CLOSED, REGISTRATION_ELSEWHERE ...)."""
        async with asyncio.timeout(30):
            await self.offered
        reply = await self._send("get")
        query = reply.find(f"{{{REGISTER}}}query")
        if reply.get("type") != "result" or query is None:
            raise Trouble(Problem(Fault.REGISTRATION_CLOSED, self._host, condition(reply)[1]))
        instructions = (child_text(query, "instructions", REGISTER) or "")[:_TEXT]
        form = query.find(f"{{{DATA}}}x")
        self._with_form = form is not None
        fields = _form_fields(form, query) if form is not None else _plain_fields(query)
        if not fields:
            page = next((e.text or "" for e in query.iter("{jabber:x:oob}url")), "")
            raise Trouble(Problem(Fault.REGISTRATION_ELSEWHERE, self._host, page[:300]))
        return RegistrationForm(self._host, instructions, fields, ticket)

    async def submit(self, values: tuple[tuple[str, str], ...]) -> None:
        """Send the answers; raises Trouble (NAME_TAKEN, REGISTRATION_REFUSED, TIMED_OUT ...)."""
        if self._with_form:
            fields = [el(f"{{{DATA}}}field", {"var": var}, el(f"{{{DATA}}}value", text=value)) for var, value in values]
            content = [el(f"{{{DATA}}}x", {"type": "submit"}, *fields)]
        else:
            content = [el(f"{{{REGISTER}}}{var}", text=value) for var, value in values]
        reply = await self._send("set", *content)
        if reply.get("type") != "result":
            named, text = condition(reply)
            fault = Fault.NAME_TAKEN if named == "conflict" else Fault.REGISTRATION_REFUSED
            about = dict(values).get("username", "") if named == "conflict" else self._host
            raise Trouble(Problem(fault, about, text or named))


def _plain_fields(query: ET.Element) -> tuple[FormField, ...]:
    return tuple(
        FormField(name, "", "text-private" if name == "password" else "text-single", True)
        for name in _PLAIN_FIELDS
        if query.find(f"{{{REGISTER}}}{name}") is not None
    )


def _form_fields(form: ET.Element, query: ET.Element) -> tuple[FormField, ...]:
    pictures = {}
    for data in query.iter("{urn:xmpp:bob}data"):
        try:
            raw = b64decode((data.text or "")[: _IMAGE_BYTES * 2])
        except (Base64Error, ValueError):
            continue
        if len(raw) <= _IMAGE_BYTES:
            pictures[data.get("cid", "")] = raw
    fields = []
    for field in form.findall(f"{{{DATA}}}field")[:_FIELDS]:
        uris = ((uri.text or "").strip() for uri in field.iter("{urn:xmpp:media-element}uri"))
        image = next((pictures[u[4:]] for u in uris if u.startswith("cid:") and u[4:] in pictures), b"")
        options = tuple(
            (label(option.get("label", "")), (child_text(option, "value", DATA) or "")[:_TEXT])
            for option in field.findall(f"{{{DATA}}}option")[:100]
        )
        fields.append(
            FormField(
                field.get("var", "")[:200],
                label(field.get("label", "")),
                field.get("type", "text-single"),
                field.find(f"{{{DATA}}}required") is not None,
                (child_text(field, "value", DATA) or "")[:_TEXT],
                options,
                image,
            )
        )
    return tuple(fields)
