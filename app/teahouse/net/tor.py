"""Tor as the engine sees it: asked for, watched while it connects, ready or not; and what ends with it.

The broker runs it and says where it is; here is a control connection that owns nothing. Ready means: bootstrap at
100 %, a circuit established, and proven to be tor by a command that only tor answers.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import Bridge, TorPhase, TorSource, TorStatus
from teahouse.net.bridges import Plugin, options
from teahouse.net.dial import is_tor
from teahouse.net.tor_control import CLOSED, NO_ROUTE, OpenControl, StemControl, TorPlace
from teahouse.net.tor_line import ControlLine
from teahouse.net.tor_status import StatusBoard, bootstrap_phase

log = logging.getLogger(__name__)
T = TypeVar("T")
_ANSWER = 20.0
"""Seconds for the broker to answer."""
_AGAIN, _PROBE = 1.0, 5.0
"""Seconds between two looks at a tor that is not ready, and at one that is but has no control port for us."""


class Tor:
    """One tor for all accounts of a profile. `tell` gives the broker a line; None means that nobody runs tor."""

    def __init__(
        self,
        tell: Callable[[str], None] | None,
        announce: Callable[[TorStatus], None],
        opener: OpenControl = StemControl,
    ) -> None:
        self.preferred = TorSource.OWN
        """Which tor is started when an account needs one."""
        self.bridges: tuple[Bridge, ...] = ()
        """Those in use; none means tor's own relays."""
        self.proven: Callable[[tuple[Bridge, ...]], None] = lambda bridges: None
        """Called with the bridges in use when tor has become ready by them."""
        self._tell = tell
        self._board, self._line = StatusBoard(announce), ControlLine(opener, self._heard)
        self._place: TorPlace | None = None
        self._attending: asyncio.Task[None] | None = None
        self._nudge, self._ended, self._doubted = asyncio.Event(), False, False
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._source: TorSource | None = None
        self._told: tuple[Bridge, ...] = ()
        self._forbidden: Problem | None = None
        self._plugins: dict[str, Plugin] | None = None

    @property
    def status(self) -> TorStatus:
        """How far it is."""
        return self._board.status

    # -- what the engine asks ------------------------------------------------

    def want(self, source: TorSource | None = None) -> None:
        """Start tor, or use one that is there; nothing happens when it is the one in use."""
        wanted = source or self._source or self.preferred
        if wanted is self._source or self._forbidden is not None:
            return
        self._source = wanted
        if self._tell is None:
            return self._board.show(problem=Problem(Fault.TOR_MISSING))
        self._leave()
        self._lose(None)
        self._board.show(phase=TorPhase.STARTING, own=wanted is TorSource.OWN)
        self._tell("tor start" if wanted is TorSource.OWN else f"tor start {wanted.value}")

    async def ready(self, seconds: float | None = None) -> Path:
        """The SOCKS socket, as soon as tor is ready; starts it when need be. Raises Trouble after so many seconds."""
        self.want()
        try:
            async with asyncio.timeout(seconds):
                await self._board.until(lambda: self._board.ready and self._place is not None)
        except TimeoutError:
            raise Trouble(self.status.problem or Problem(Fault.TOR_STALLED)) from None
        assert self._place is not None
        return self._place.socks

    async def settled(self, *, troubled: bool = True) -> None:
        """Come back when tor is ready or in trouble; else, when it is ready or out of trouble."""
        await self._board.until(lambda: self._board.ready or (self.status.problem is not None) is troubled)

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
            # Asked anew: what was missing may be installed by now.
            self._plugins = None
            options(bridges, await self._known_plugins())
        self.bridges, self._forbidden = bridges, None
        self._lose(None)
        # How far it came by others tells nothing of these.
        self._board.show(bridges=len(bridges), problem=None, progress=0, tag="", summary="")
        if self._place is not None:
            self._attend(self._place)

    def forbid(self, problem: Problem) -> None:
        """Start nothing until bridges are chosen anew."""
        self._forbidden = problem
        self._board.show(problem=problem)

    async def ask(self, key: str) -> str:
        """GETINFO; raises Trouble(TOR_DOWN)."""
        return await self._line.ask(key)

    async def close(self) -> None:
        """Hang up; the broker ends tor."""
        self._tell, attending = None, self._attending
        self._lose(None)
        self._leave()
        if attending is not None:
            await asyncio.gather(attending, return_exceptions=True)
        self._line.end()

    # -- what the broker says --------------------------------------------------

    def hear(self, word: str, value: Mapping[str, Any]) -> None:
        """Take a line of the broker: `at`, `gone` or `transports` with its value."""
        if word == "at":
            control = Path(value["control"]) if value["control"] else None
            place = TorPlace(Path(value["socks"]), control, value["own"], value["password"], value["cookie"])
            bridges = len(self.bridges) if place.own else 0
            self._board.show(phase=TorPhase.CONNECTING, own=place.own, progress=0, tag="", summary="", problem=None)
            self._board.show(bridges=bridges)
            self._attend(place)
        elif word == "gone":
            fault = Fault.TOR_MISSING if value["missing"] else Fault.TOR_DOWN
            self._leave()
            self._lose(Problem(fault, detail=str(value["said"])[:300]))
            self._board.show(phase=TorPhase.STARTING)
        elif word == "transports":
            self._plugins = {name: Plugin(str(one["program"]), bool(one["fronts"])) for name, one in value.items()}
            self._board.changed.set()

    async def _known_plugins(self) -> dict[str, Plugin]:
        if self._plugins is None and self._tell is not None:
            self._tell("tor transports")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER):
                await self._board.until(lambda: self._plugins is not None or self._tell is None)
        return self._plugins or {}

    # -- connecting ------------------------------------------------------------

    def _attend(self, place: TorPlace) -> None:
        self._leave()
        self._place = place
        if self.bridges and not place.own:
            # Whoever asked for bridges must not go without, and what others run has its own.
            return self._lose(Problem(Fault.BRIDGES_ELSEWHERE))
        self._attending = asyncio.ensure_future(self._watch(place))
        self._attending.add_done_callback(_own_up)

    def _leave(self) -> None:
        self._place = None
        if self._attending is not None:
            self._attending.cancel()
        self._line.hang_up()

    async def _watch(self, place: TorPlace) -> None:
        """Bring tor to be ready, and again whenever it is not, until its control connection ends."""
        while True:
            if await self._connect(place):
                while not self._ended:
                    # One that says nothing of itself has to be asked again and again.
                    if not self._board.ready or not self._line.is_open:
                        await self._look(place)
                    quiet = None if self._line.is_open else _PROBE
                    await self._wait(quiet if self._board.ready else _AGAIN)
            self._line.hang_up()
            self._lose(Problem(Fault.TOR_DOWN))
            await asyncio.sleep(_AGAIN)

    async def _wait(self, seconds: float | None) -> None:
        """For tor to change, or so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        self._nudge.clear()
        self._board.stands_still()

    async def _connect(self, place: TorPlace) -> bool:
        """Have a control connection, and the network on; whether that worked."""
        self._ended = False
        try:
            if place.control is not None:
                await self._line.open(place)
            if place.own:
                chosen = options(self.bridges, await self._known_plugins() if self.bridges else {})
                if self._told != self.bridges:
                    # Else what stands by other first relays stays, and so does what tor says of it.
                    await self._line.set({**chosen, "DisableNetwork": "1"})
                await self._line.set({**chosen, "DisableNetwork": "0"})
                self._told = self.bridges
            return True
        except Trouble as trouble:
            log.info("tor's control port: %s", trouble.problem.detail)
            # One that others run may have none that we may use; the probe has to do.
            return not place.own and not self._line.is_open

    async def _look(self, place: TorPlace) -> None:
        """See whether tor is ready; one without a control port is when it answers."""
        self._doubted = False
        try:
            if self._line.is_open:
                self._board.bootstrapped(bootstrap_phase(await self.ask("status/bootstrap-phase")))
                established = (await self.ask("status/circuit-established")).strip() == "1"
                if self.status.progress < 100 or not established:
                    return
        except Trouble:
            self._ended = True
            return
        if not await is_tor(place.socks):
            self._lose(Problem(Fault.NOT_TOR))
        elif not self._doubted and not self._ended:
            if self._gone.done():
                self._gone = asyncio.get_running_loop().create_future()
            new = not self._board.ready
            self._board.show(phase=TorPhase.READY, progress=100, problem=None)
            if new and place.own and self.bridges:
                self.proven(self.bridges)

    def _heard(self, action: str, arguments: Mapping[str, str]) -> None:
        if action == CLOSED:
            self._ended = True
        elif action == "BOOTSTRAP":
            self._board.bootstrapped(arguments)
        elif action == NO_ROUTE:
            self._board.unrouted()
        elif action == "CLOCK_SKEW":
            self._board.skewed(arguments)
        elif action in ("CIRCUIT_NOT_ESTABLISHED", "CLOCK_JUMPED"):
            self._doubted = True
            self._lose(None)
        self._nudge.set()

    # -- ending ----------------------------------------------------------------

    def _lose(self, problem: Problem | None) -> None:
        """Tor is not ready any more: everything that goes through it ends now."""
        if self._board.ready or problem is not None:
            phase = TorPhase.CONNECTING if self._board.ready else self.status.phase
            self._board.show(phase=phase, progress=0, problem=problem)
        self._board.begin()
        if not self._gone.done():
            self._gone.set_result(None)


def _own_up(attending: "asyncio.Task[None]") -> None:
    """Only a mistake of ours ends it; it must not end in silence."""
    if not attending.cancelled() and (error := attending.exception()) is not None:
        log.error("tor is not attended to any more", exc_info=error)
