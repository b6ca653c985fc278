"""The last gate: whatever part of the program, or of slixmpp, wants to write, nothing leaves out of its phase."""

import asyncio
from collections.abc import Callable

import pytest

from teahouse.domain.account import ANYWHERE
from teahouse.engine.client import Client
from teahouse.engine.guard import Phase
from teahouse.engine.xml import el
from tests.rig.hostile import JID

HEADER = "<stream:stream to='hostile.test'>"
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
ALLOWED: dict[Phase, tuple[str, ...]] = {
    Phase.CONNECT: (HEADER, STARTTLS),
    Phase.TLS: (HEADER, "<auth xmlns='x'>", "<response xmlns='x'>"),
    Phase.AUTH: (HEADER, "<iq type='set'>", "<resume xmlns='x'>"),
}
WRITTEN = (
    HEADER,
    STARTTLS,
    "<auth xmlns='x'>",
    "<response xmlns='x'>",
    "<iq type='set'>",
    "<resume xmlns='x'>",
    "<enable xmlns='x'/>",
    "<r xmlns='x'/>",
    "<a xmlns='x' h='1'/>",
    "<message to='rose@hostile.test'>",
    "<presence/>",
    "<query xmlns='jabber:iq:register'/>",
    "<authenticate xmlns='urn:xmpp:sasl:2'/>",
    " ",
    "willow",
    " <message/>",
    "<iqx/>",
    "<authx/>",
)
WAYS: dict[str, Callable[[Client], object]] = {
    "put": lambda client: client.put(el("message", {"to": JID}, el("body", text="early"))),
    "slixmpp's message": lambda client: client.send_message(mto=client.boundjid, mbody="early"),
    "slixmpp's presence": lambda client: client.send_presence(),
    "slixmpp's raw": lambda client: client.send_raw(b"<message/>"),
}


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Neither TLS nor a socket."""
        return default

    def is_closing(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing to close."""

    def abort(self) -> None:
        """Nothing to cut."""


def said(phase: Phase, *ways: Callable[[Client], object]) -> list[bytes]:
    """What came out when all of these were tried in this phase, behind the first stream header."""

    async def run() -> list[bytes]:
        client, wire = Client(JID, "secret", ANYWHERE, None), Wire()
        client.connection_made(wire)
        client.phase = phase
        client.stream.attach(client.send_raw)
        wire.written.clear()
        for way in ways:
            way(client)
            # What slixmpp queues goes out in later turns of the loop.
            for _ in range(5):
                await asyncio.sleep(0)
        client.phase = Phase.CONNECT
        client.fail(client.misbehaved("the end").problem)
        return wire.written

    return asyncio.run(run())


@pytest.mark.allows_log("held back what may not leave")
@pytest.mark.parametrize("phase", ALLOWED, ids=lambda phase: phase.value)
def test_nothing_leaves_out_of_its_phase(phase: Phase) -> None:
    tried = [lambda client, text=text: client.send_raw(text) for text in WRITTEN]
    assert said(phase, *tried) == [text.encode() for text in WRITTEN if text in ALLOWED[phase]]


@pytest.mark.allows_log("held back what may not leave")
@pytest.mark.parametrize("phase", ALLOWED, ids=lambda phase: phase.value)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_round_the_gate(way: str, phase: Phase) -> None:
    assert said(phase, WAYS[way]) == []


def test_control_in_a_session_stanzas_leave() -> None:
    (written,) = said(Phase.BOUND, WAYS["put"])
    assert b"early" in written
