"""Stream management (XEP-0198): one session as both ends count it, which may outlive its connections.

What is sent is kept until the server has acknowledged it. Between two connections it waits; the next connection that
resumes the session sends again what the server has not handled, in order. What came is acknowledged only when it is on
disk. A `location` to reconnect to is never read: where a server is, is decided by the account's own way.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self
from xml.sax.saxutils import quoteattr

from teahouse.crash import crash_point
from teahouse.domain.jid import Jid
from teahouse.engine.questions import Questions

SM = "urn:xmpp:sm:3"
WRAP = 1 << 32
ENABLE, REQUEST = f"<enable xmlns='{SM}' resume='true'/>", f"<r xmlns='{SM}'/>"
PERSISTENCE = 3
"""So often a session is resumed without the server acknowledging anything new; then it ends."""
OVERDUE = 200
"""Stanzas after which an acknowledgement that is asked for does not wait for the end of a flood."""
_ID_KEPT = 2_000


class OutOfStep(ValueError):
    """The server acknowledges what was never sent, or takes an acknowledgement back."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A stanza on its way, as it was written. `token` is its sender's name for it, 0 when nobody asks."""

    written: str
    token: int


class Ledger:
    """The two counters of a session, modulo 2^32."""

    def __init__(self, start: int = 0) -> None:
        self.acked = self.taken = self.handled = start
        self.unacked: deque[Sent] = deque()

    def acknowledge(self, told: str | None, hear: Callable[[list[int]], None]) -> bool:
        """The server has handled so many of ours; whether any of them are new. Raises OutOfStep.

        `hear` takes the tokens of those that are. When it raises they are not acknowledged, and may be once more.
        """
        count = _count(told)
        fresh = (count - self.acked) % WRAP
        if fresh > len(self.unacked):
            raise OutOfStep("an acknowledgement of what was not sent")
        if tokens := [sent.token for sent in islice(self.unacked, fresh) if sent.token]:
            hear(tokens)
        self.acked = count
        for _ in range(fresh):
            self.unacked.popleft()
        return fresh > 0

    @property
    def next(self) -> int:
        """The number that the next stanza of ours has."""
        return (self.acked + len(self.unacked) + 1) % WRAP

    def go_on(self, told: str | None) -> None:
        """Nothing is known of what was sent but that the server has handled so many of it. Raises OutOfStep."""
        self.acked = _count(told)

    def took(self) -> None:
        """One of theirs was dealt with."""
        self.taken = (self.taken + 1) % WRAP


def _count(told: str | None) -> int:
    if told is None or not told.isascii() or not told.isdecimal() or len(told) > 10 or int(told) >= WRAP:
        raise OutOfStep("an acknowledgement without a count")
    return int(told)


class Stream:
    """One session. `write` belongs to its connection, and is None between two of them."""

    def __init__(self, address: Jid) -> None:
        self.address = address
        self.write: Callable[[str], None] | None = None
        self.ledger = Ledger()
        self.questions = Questions()
        self.counting = False
        """Whether what is sent is counted: from the moment it was asked for."""
        self.enabled = self.closed = False
        self.id = ""
        """By which it can be resumed; empty when it cannot."""
        self.on_acked: Callable[[Sequence[int]], None] = lambda _tokens: None
        """Told the tokens of what the server has taken, and an empty sequence when it counts nothing after all."""
        self.on_enabled: Callable[[], None] = lambda: None
        """Told that the server counts, and whether (`id`) the session can be resumed."""
        self.restored = self.told = False
        """Whether it is one of before this program was started, and whether the server said how much of it it has."""
        self.commit: Callable[[], bool] = lambda: True
        """Writes down whatever came; False when that is not on disk yet."""
        self._due = self._asking = self._more = False
        self._resumptions = 0
        self._heard: asyncio.Future[None] | None = None

    @classmethod
    def of_before(cls, address: Jid, id: str, handled: int) -> Self:
        """One that this program began before it died, having dealt with so many of the server's stanzas."""
        stream = cls(address)
        stream.counting = stream.enabled = stream.restored = True
        stream.id, stream.ledger = id, Ledger(handled)
        return stream

    # -- out -----------------------------------------------------------------

    def enable(self) -> None:
        """Ask the server to count; what is sent from now on counts."""
        self.counting = True
        self._say(ENABLE)

    def send(self, written: str, token: int = 0) -> None:
        """Send a stanza, or keep it for the next connection."""
        if self.counting and not self.closed:
            self.ledger.unacked.append(Sent(written, token))
            self._more = True
            self._request_soon()
        self._say(written)

    def _say(self, written: str) -> None:
        if self.write is not None:
            self.write(written)

    def _request_soon(self) -> None:
        """One request at a time, behind all that is sent in one go."""
        if not self._asking:
            self._asking = True
            asyncio.get_running_loop().call_soon(self._request)

    def _request(self) -> None:
        if self._asking and self.write is not None:
            self._more = False
            self._say(REQUEST)

    async def probe(self) -> None:
        """Whether the server still hears us: ends when it acknowledges something."""
        if self._heard is None or self._heard.done():
            self._heard = asyncio.get_running_loop().create_future()
        self._say(REQUEST)
        await asyncio.shield(self._heard)

    # -- in ------------------------------------------------------------------

    def take(self, xml: ET.Element) -> None:
        """An element of stream management, in its turn; one that is not due is nothing. Raises OutOfStep."""
        name = xml.tag.rpartition("}")[2]
        if name == "r" and self.enabled:
            self._due = True
        elif name == "a" and self.enabled:
            self._acknowledged(xml.get("h"))
        elif name == "enabled" and self.counting and not self.enabled:
            self.enabled = True
            given = xml.get("id", "")
            if xml.get("resume") in ("true", "1") and len(given) <= _ID_KEPT:
                self.id = given
            self.on_enabled()
        elif name == "failed" and self.counting and not self.enabled:
            self.counting = False
            self.ledger.unacked.clear()
            self.on_acked(())

    def _acknowledged(self, told: str | None) -> None:
        if self.restored:
            self.ledger.go_on(told)
            self.told = True
            return
        if self.ledger.acknowledge(told, self.on_acked):
            self._resumptions = 0
        self._asking = False
        if self._heard is not None and not self._heard.done():
            self._heard.set_result(None)
        if self._more:
            self._request_soon()

    def took(self) -> None:
        """A stanza of the server was dealt with."""
        if self.enabled:
            self.ledger.took()
            if self._due and (self.ledger.taken - self.ledger.handled) % WRAP >= OVERDUE:
                self.answer()

    def answer(self, *, last: bool = False) -> None:
        """Acknowledge what came, when that was asked for or it is the `last` chance, as far as it is on disk."""
        if self.enabled and (self._due or last):
            self._due = False
            crash_point("answering")
            self._say(f"<a xmlns='{SM}' h='{self._committed()}'/>")
            crash_point("answered")

    def _committed(self) -> int:
        if self.commit():
            self.ledger.handled = self.ledger.taken
        return self.ledger.handled

    # -- from one connection to the next ---------------------------------------

    @property
    def resumable(self) -> bool:
        """Whether a new connection may take it over. What came has to be on disk before."""
        return bool(self.id) and not self.closed and self._resumptions < PERSISTENCE

    def resumption(self) -> str:
        """What asks the server to go on with it."""
        self._resumptions += 1
        crash_point("resuming")
        # What is not on disk comes again, and is counted then.
        self.ledger.taken = self._committed()
        return f"<resume xmlns='{SM}' h='{self.ledger.taken}' previd={quoteattr(self.id)}/>"

    def resumed(self, xml: ET.Element) -> None:
        """The server goes on with it; raises OutOfStep when it is another one, or counts otherwise."""
        if xml.get("previd") != self.id:
            raise OutOfStep("the resumption of another session")
        self._acknowledged(xml.get("h"))

    def failed(self, xml: ET.Element) -> None:
        """The server does not know it any more, but may tell how far it had come."""
        try:
            if xml.get("h") is not None:
                self._acknowledged(xml.get("h"))
        except OutOfStep:
            pass
        self.close()

    def attach(self, write: Callable[[str], None]) -> None:
        """A connection carries it now: what the server has not handled is sent again, in order, and nothing else."""
        self.write = write
        self._asking = False
        for sent in self.ledger.unacked:
            write(sent.written)
        if self.ledger.unacked:
            self._request_soon()

    def detach(self) -> None:
        """The connection is gone; what is sent now waits."""
        self.write = None
        self._asking = False

    def close(self) -> None:
        """The session is over: nobody will answer."""
        self.closed, self.id = True, ""
        self.detach()
        self.questions.close()
        if self._heard is not None and not self._heard.done():
            self._heard.cancel()
