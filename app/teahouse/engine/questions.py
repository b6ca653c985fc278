"""IQ requests under way: each is answered once, and only by the entity that was asked (RFC 6120 section 8.1.2.1)."""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.authority import answers


class Questions:
    """Those of one session, which may outlive its connections."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, str, asyncio.Future[ET.Element]]] = {}
        self._closed = False

    async def ask(self, put: Callable[[ET.Element], None], iq: ET.Element, host: str, seconds: float) -> ET.Element:
        """Send an IQ by `put` and wait for its answer, an error too; raises Trouble (TIMED_OUT, CONNECTION_LOST)."""
        if self._closed:
            raise Trouble(Problem(Fault.CONNECTION_LOST, host))
        number = secrets.token_hex(12)
        iq.set("id", number)
        future: asyncio.Future[ET.Element] = asyncio.get_running_loop().create_future()
        self._open[number] = (iq.get("to", ""), host, future)
        try:
            put(iq)
            async with asyncio.timeout(seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            raise Trouble(Problem(Fault.TIMED_OUT, iq.get("to", host))) from None
        finally:
            self._open.pop(number, None)

    def answered(self, iq: ET.Element, own: tuple[str, ...]) -> None:
        """Take an answer; one by somebody else is dropped. `own` are the senders that speak for our account."""
        asked, _, future = self._open.get(iq.get("id", ""), ("", "", None))
        if future is not None and not future.done() and answers(asked, iq.get("from"), own):
            future.set_result(iq)

    def close(self) -> None:
        """The session is over: nobody will answer."""
        self._closed = True
        for _, host, future in self._open.values():
            if not future.done():
                # Not cancelled: whoever waits may be cancelled in the same moment, and must notice that.
                future.set_exception(Trouble(Problem(Fault.CONNECTION_LOST, host)))
                future.exception()
