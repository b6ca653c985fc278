"""What others ask (IQ requests): those who may know that we are here are told a little, all others find a closed door.

A stranger's question gets the same answer whether we are here or not. Servers word it in their own ways, so at log-in
a question goes to a resource of our own account that nobody has.
"""

import copy
import secrets
import xml.etree.ElementTree as ET

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.engine import capabilities
from teahouse.engine.authority import Authority
from teahouse.engine.client import Client
from teahouse.engine.roster import Roster
from teahouse.engine.xml import CLIENT, DISCO_INFO, PING, STANZAS, el

_PATIENCE = 15.0


class ClosedDoor:
    """What a server says for a resource that is not there."""

    def __init__(self) -> None:
        self._error = el("error", {"type": "cancel"}, el(f"{{{STANZAS}}}service-unavailable"))
        self._echoes, self._nobody = False, ""

    async def learn(self, client: Client) -> None:
        """Ask at the door of nobody; without a usable answer the plainest one of RFC 6120 stays."""
        nobody = str(Jid(client.own.local, client.own.domain, secrets.token_hex(12)))
        try:
            answer = await client.ask(el("iq", {"type": "get", "to": nobody}, el(f"{{{PING}}}ping")), _PATIENCE)
        except Trouble:
            return
        error = answer.find(f"{{{CLIENT}}}error")
        if answer.get("type") == "error" and error is not None:
            self._error, self._nobody = error, nobody
            self._echoes = answer.find(f"{{{PING}}}ping") is not None

    def refusal(self, iq: ET.Element, here: str) -> ET.Element:
        """The answer to a question that came to us; `here` is our own full address."""
        error = copy.deepcopy(self._error)
        for key, value in error.attrib.items():
            error.set(key, here if self._nobody and value == self._nobody else value)
        payload = [copy.deepcopy(child) for child in iq] if self._echoes else []
        return el("iq", {"type": "error"} | _addressed(iq), *payload, error)


class Answers:
    """Answers the questions put to one account."""

    def __init__(self, authority: Authority, roster: Roster) -> None:
        self._authority, self._roster = authority, roster
        self.door = ClosedDoor()

    def answer(self, iq: ET.Element, here: str) -> ET.Element:
        """What to say to a request; `here` is our own full address."""
        push = self._authority.pushed_roster(iq)
        if push is not None:
            self._roster.take(push, whole=False)
            return _result(iq)
        if iq.get("type") == "get" and len(iq) == 1 and self._authority.may_ask(iq):
            told = capabilities.described(iq[0].get("node")) if iq[0].tag == f"{{{DISCO_INFO}}}query" else None
            if told is not None:
                return _result(iq, told)
            if iq[0].tag == f"{{{PING}}}ping":
                return _result(iq)
        return self.door.refusal(iq, here)


def _result(iq: ET.Element, *payload: ET.Element) -> ET.Element:
    return el("iq", {"type": "result"} | _addressed(iq), *payload)


def _addressed(iq: ET.Element) -> dict[str, str]:
    """Where an answer goes, and under which id."""
    sender = iq.get("from")
    return {"id": iq.get("id", "")} | ({"to": sender} if sender else {})
