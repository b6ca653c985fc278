"""In-band registration (XEP-0077, with data forms XEP-0004 and CAPTCHA media XEP-0158) over verified TLS only."""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, TypeVar

from slixmpp.xmlstream import tostring

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.domain.text import cleaned, label
from teahouse.engine.client import Client
from teahouse.engine.guard import FEATURES, GuardedStream, Phase
from teahouse.engine.xml import CLIENT, DATA, REGISTER, child_text, condition, el

T = TypeVar("T")
_PATIENCE = 60.0
"""Seconds for the server to answer."""
_IMAGE_BYTES, _FIELDS, _TEXT = 256 * 1024, 50, 1_000
_PLAIN_FIELDS = ("username", "password", "email", "name", "nick", "first", "last", "phone", "url", "date", "misc")


class RegisteringClient(Client):
    """A connection that never signs in: it asks for the form, and sends it back filled."""

    may_leave = GuardedStream.may_leave | {Phase.TLS: ("<stream:stream ", "<iq ")}

    def __init__(self, domain: str, server: Server, known_key: str | None, patience: float = _PATIENCE) -> None:
        super().__init__(domain, "", server, known_key)
        self._patience = patience
        self._offered: asyncio.Future[None] = self.loop.create_future()
        self._asked, self._reply = "", self.loop.create_future()
        self._with_form = False

    def secured(self, xml: ET.Element) -> None:
        """Inside TLS: the features, then answers. Some servers announce nothing and answer all the same."""
        if xml.tag == FEATURES and not self._offered.done():
            self._offered.set_result(None)
        elif xml.tag != f"{{{CLIENT}}}iq" or not self._asked or xml.get("from", self.host) != self.host:
            raise self.misbehaved("a stanza before the log-in")
        elif xml.get("id") == self._asked and xml.get("type") in ("result", "error") and not self._reply.done():
            self._reply.set_result(xml)

    async def _wait(self, future: "asyncio.Future[T]") -> T:
        both: list[asyncio.Future[Any]] = [future, self.lost]
        await asyncio.wait(both, timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        raise Trouble(self.lost.result() if self.lost.done() else Problem(Fault.TIMED_OUT, self.host))

    async def _send(self, kind: str, *children: ET.Element) -> ET.Element:
        self._asked, self._reply = secrets.token_hex(12), self.loop.create_future()
        iq = el("iq", {"type": kind, "id": self._asked}, el(f"{{{REGISTER}}}query", None, *children))
        for element in iq.iter():
            element.text = cleaned(element.text or "")
        self.send_raw(tostring(iq, xmlns=CLIENT, stream=self, top_level=True))
        return await self._wait(self._reply)

    async def form(self, ticket: int) -> RegistrationForm:
        """The server's questions; raises Trouble (REGISTRATION_CLOSED, REGISTRATION_ELSEWHERE ...)."""
        await self._wait(self._offered)
        reply = await self._send("get")
        query = reply.find(f"{{{REGISTER}}}query")
        if reply.get("type") != "result" or query is None:
            raise Trouble(Problem(Fault.REGISTRATION_CLOSED, self.host, condition(reply)[1]))
        instructions = (child_text(query, "instructions", REGISTER) or "")[:_TEXT]
        form = query.find(f"{{{DATA}}}x")
        self._with_form = form is not None
        fields = _form_fields(form, query) if form is not None else _plain_fields(query)
        if not fields:
            page = next((e.text or "" for e in query.iter("{jabber:x:oob}url")), "")
            raise Trouble(Problem(Fault.REGISTRATION_ELSEWHERE, self.host, page[:300]))
        return RegistrationForm(self.host, instructions, fields, ticket)

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
            about = dict(values).get("username", "") if named == "conflict" else self.host
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
        uris = [(uri.text or "").strip() for uri in field.iter("{urn:xmpp:media-element}uri")]
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
                next((u[:_TEXT] for u in uris if u.startswith("https://")), ""),
            )
        )
    return tuple(fields)
