"""Tor as the engine sees it: asked for, watched while it connects, ready or not; and what ends with it.

The broker runs it and says where it is; here is a control connection that owns nothing. Ready means: bootstrap at
100 %, a circuit established, and proven to be tor by a command that only tor answers.
"""

import asyncio
import contextlib
import itertools
import logging
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import Bridge, TorPhase, TorSource, TorStatus
from teahouse.net.bridges import Plugin, options
from teahouse.net.diagnosis import diagnose, skew
from teahouse.net.dial import is_tor
from teahouse.net.tor_control import CLOSED, OpenControl, StemControl, TorControl, TorPlace, TorUnreachable

log = logging.getLogger(__name__)
T = TypeVar("T")
STALL, STALL_BY_BRIDGE = 20.0, 60.0
"""Seconds without progress after which the reason is told."""
_ANSWER = 20.0
"""Seconds for tor to answer on its control port."""
_AGAIN = 1.0
"""Seconds between two attempts at a tor that does not answer yet."""


class Tor:
    """One tor for all accounts of a profile. `tell` gives the broker a line; None means that nobody runs tor."""

    def __init__(
        self,
        tell: Callable[[str], None] | None,
        announce: Callable[[TorStatus], None],
        opener: OpenControl = StemControl,
    ) -> None:
        self.status = TorStatus()
        self.preferred = TorSource.OWN
        """Which tor is started when an account needs one."""
        self._tell, self._announce, self._opener = tell, announce, opener
        self._place: TorPlace | None = None
        self._control: TorControl | None = None
        self._attending: asyncio.Task[None] | None = None
        self._changed, self._nudge = asyncio.Event(), asyncio.Event()
        self._numbers, self._number, self._ended = itertools.count(1), 0, False
        self._since = 0.0
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._source: TorSource | None = None
        self._bridges: tuple[Bridge, ...] = ()
        self._forbidden: Problem | None = None
        self._plugins: dict[str, Plugin] | None = None
        self._warned: Mapping[str, str] = {}
        self._pool = ThreadPoolExecutor(1, "tor control")

    # -- what the engine asks ------------------------------------------------

    def want(self, source: TorSource | None = None) -> None:
        """Start tor, or use one that is there; nothing happens when it is the one in use."""
        wanted = source or self._source or self.preferred
        if wanted is self._source or self._forbidden is not None:
            return
        self._source = wanted
        if self._tell is None:
            return self._show(problem=Problem(Fault.TOR_MISSING))
        self._lose(None)
        self._show(phase=TorPhase.STARTING, own=wanted is TorSource.OWN)
        self._tell("tor start" if wanted is TorSource.OWN else f"tor start {wanted.value}")

    async def ready(self, seconds: float | None = None) -> Path:
        """The SOCKS socket, as soon as tor is ready; starts it when need be. Raises Trouble after so many seconds."""
        self.want()
        try:
            async with asyncio.timeout(seconds):
                return await self._socks()
        except TimeoutError:
            raise Trouble(self.status.problem or Problem(Fault.TOR_STALLED)) from None

    async def _socks(self) -> Path:
        while self.status.phase is not TorPhase.READY or self._place is None:
            self._changed.clear()
            await self._changed.wait()
        return self._place.socks

    async def unless_gone(self, work: "asyncio.Future[T]") -> T:
        """The result of this work, which is cancelled when tor stops being ready; then raises Trouble(TOR_DOWN)."""
        gone = self._gone
        try:
            both: set[asyncio.Future[Any]] = {work, gone}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise Trouble(self.status.problem or Problem(Fault.TOR_DOWN))
            return work.result()
        finally:
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def use_bridges(self, bridges: tuple[Bridge, ...]) -> None:
        """From now on only by these, or by tor's own relays when there are none; raises Trouble(TRANSPORT_MISSING).

        Connections that stand are dropped: they would keep their old first relay.
        """
        if any(bridge.transport for bridge in bridges):
            options(bridges, await self._known_plugins())
        self._bridges, self._forbidden = bridges, None
        self._lose(None)
        self._show(bridges=len(bridges), problem=None)
        if self._place is not None and self._control is not None:
            self._attend(self._place)

    def forbid(self, problem: Problem) -> None:
        """Start nothing until bridges are chosen anew."""
        self._forbidden = problem
        self._show(problem=problem)

    async def ask(self, key: str) -> str:
        """GETINFO; raises Trouble(TOR_DOWN)."""
        if self._control is None:
            raise Trouble(Problem(Fault.TOR_DOWN))
        try:
            return await self._call(self._control.get_info, key)
        except (TorUnreachable, TimeoutError) as error:
            raise Trouble(Problem(Fault.TOR_DOWN, detail=str(error))) from None

    async def close(self) -> None:
        """Hang up; the broker ends tor."""
        self._tell, attending = None, self._attending
        self._lose(None)
        self._leave()
        if attending is not None:
            await asyncio.gather(attending, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    # -- what the broker says --------------------------------------------------

    def hear(self, word: str, value: Mapping[str, Any]) -> None:
        """Take a line of the broker: `at`, `gone` or `transports` with its value."""
        if word == "at":
            control = Path(value["control"]) if value["control"] else None
            place = TorPlace(Path(value["socks"]), control, value["own"], value["password"], value["cookie"])
            self._show(phase=TorPhase.CONNECTING, own=place.own, progress=0, tag="", summary="", problem=None)
            self._attend(place)
        elif word == "gone":
            fault = Fault.TOR_MISSING if value["missing"] else Fault.TOR_DOWN
            self._leave()
            self._lose(Problem(fault, detail=str(value["said"])[:300]))
            self._show(phase=TorPhase.STARTING)
        elif word == "transports":
            self._plugins = {name: Plugin(str(one["program"]), bool(one["fronts"])) for name, one in value.items()}
            self._changed.set()

    async def _known_plugins(self) -> dict[str, Plugin]:
        if self._plugins is None and self._tell is not None:
            self._tell("tor transports")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER):
                while self._plugins is None and self._tell is not None:
                    self._changed.clear()
                    await self._changed.wait()
        return self._plugins or {}

    # -- connecting ------------------------------------------------------------

    def _attend(self, place: TorPlace) -> None:
        self._leave()
        self._place = place
        self._attending = asyncio.ensure_future(self._watch(place))

    def _leave(self) -> None:
        self._place = None
        if self._attending is not None:
            self._attending.cancel()
        self._hang_up()

    async def _watch(self, place: TorPlace) -> None:
        """Bring tor to be ready, and again whenever it is not, until its control connection ends."""
        while True:
            if await self._connect(place):
                while not self._ended:
                    if self.status.phase is not TorPhase.READY:
                        await self._look(place)
                    await self._wait(_AGAIN if self.status.phase is not TorPhase.READY else None)
            self._hang_up()
            self._lose(Problem(Fault.TOR_DOWN))
            await asyncio.sleep(_AGAIN)

    async def _wait(self, seconds: float | None) -> None:
        """For tor to change, or so many seconds."""
        self._nudge.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            patience = STALL_BY_BRIDGE if self._bridges else STALL
            if self.status.problem is None and time.monotonic() - self._since > patience:
                self._show(problem=diagnose(self.status.tag, self._warned, bool(self._bridges)))

    async def _connect(self, place: TorPlace) -> bool:
        """Have a control connection, and the network on; whether that worked."""
        loop, number = asyncio.get_running_loop(), next(self._numbers)
        self._ended, self._number = False, number

        def heard(action: str, arguments: Mapping[str, str]) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._heard, number, action, arguments)

        try:
            if place.control is not None:
                self._control = await self._call(self._opener, place, heard)
            if self._control is not None and place.own:
                chosen = options(self._bridges, await self._known_plugins() if self._bridges else {})
                await self._call(self._control.set_options, {**chosen, "DisableNetwork": "0"})
            return True
        except (TorUnreachable, TimeoutError, Trouble) as error:
            log.info("tor's control port: %s", error)
            # One that others run may have none that we may use; the probe has to do.
            return not place.own and self._control is None

    async def _look(self, place: TorPlace) -> None:
        """See whether tor is ready; one without a control port is when it answers."""
        try:
            if self._control is not None:
                self._progressed(_bootstrap(await self.ask("status/bootstrap-phase")))
                established = (await self.ask("status/circuit-established")).strip() == "1"
                if self.status.progress < 100 or not established:
                    return
        except Trouble:
            self._ended = True
            return
        if await is_tor(place.socks):
            if self._gone.done():
                self._gone = asyncio.get_running_loop().create_future()
            self._show(phase=TorPhase.READY, progress=100, problem=None)
        elif self._control is None or self.status.progress == 100:
            self._show(problem=Problem(Fault.NOT_TOR))

    def _heard(self, number: int, action: str, arguments: Mapping[str, str]) -> None:
        if number != self._number:
            return
        if action == CLOSED:
            self._ended = True
        elif action == "BOOTSTRAP":
            self._progressed(arguments)
        elif action == "CLOCK_SKEW":
            self._show(problem=skew(arguments))
        elif action in ("CIRCUIT_NOT_ESTABLISHED", "CLOCK_JUMPED") and self.status.phase is TorPhase.READY:
            self._lose(None)
        self._nudge.set()

    def _progressed(self, arguments: Mapping[str, str]) -> None:
        if "WARNING" in arguments:
            self._warned = arguments
            if arguments.get("RECOMMENDATION") == "warn":
                self._show(problem=diagnose(self.status.tag, arguments, bool(self._bridges)))
        progress = int(arguments.get("PROGRESS", "0"))
        if progress > self.status.progress:
            self._since, self._warned = time.monotonic(), {}
            problem = self.status.problem if "WARNING" in arguments else None
            tag, summary = arguments.get("TAG", "")[:60], arguments.get("SUMMARY", "")[:200]
            self._show(progress=progress, tag=tag, summary=summary, problem=problem)

    # -- ending ----------------------------------------------------------------

    def _lose(self, problem: Problem | None) -> None:
        """Tor is not ready any more: everything that goes through it ends now."""
        if self.status.phase is TorPhase.READY or problem is not None:
            phase = TorPhase.CONNECTING if self.status.phase is TorPhase.READY else self.status.phase
            self._show(phase=phase, progress=0, problem=problem)
        self._since = time.monotonic()
        if not self._gone.done():
            self._gone.set_result(None)

    def _hang_up(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            self._pool.submit(control.close)

    def _show(self, **changes: Any) -> None:
        status = replace(self.status, **changes)
        if status != self.status:
            self.status = status
            self._announce(status)
        self._changed.set()

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        async with asyncio.timeout(_ANSWER):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


def _bootstrap(line: str) -> dict[str, str]:
    """The arguments of `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"`."""
    return {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))', line)}
