"""The search for bridges: what its rungs have, and how bridges are tried. One search at a time."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from teahouse.domain.events import BridgesSought, Event
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import BridgeSearch, Rung, SearchStep, TorPhase
from teahouse.engine.ladder import Ladder, Offer, Source
from teahouse.engine.routes import Routes
from teahouse.net.moat import BUILTIN, DEFAULTS, SETTINGS, known_bridges

GRACE = 5.0
"""Seconds that tor, once in trouble, has to get out of it: it complains of the first bridge of several that fails."""


class Finder:
    """Tor is told of every bridge that is tried, and started for it; it stays with the last ones, found or not."""

    def __init__(self, routes: Routes, announce: Callable[[Event], None]) -> None:
        self._tor, self._moat, self._announce = routes.tor, routes.moat, announce
        self._climbing: asyncio.Task[Offer] | None = None

    async def find(self, given: Offer, good: Offer) -> Offer:
        """Bridges by which Tor is reached, none when it was stopped; raises Trouble. Ends a search under way."""
        await self.stop()
        if self._tor.status.phase is TorPhase.OFF:
            # Whoever wants tor meanwhile must not have it without a bridge.
            self._tor.forbid(Problem(Fault.NO_BRIDGE))
        climbing = self._climbing = asyncio.ensure_future(self._climb(given, good))
        await asyncio.wait([climbing])
        return () if climbing.cancelled() else climbing.result()

    async def stop(self) -> None:
        """End the search, if there is one."""
        climbing, self._climbing = self._climbing, None
        if climbing is not None and not climbing.done():
            climbing.cancel()
            await asyncio.wait([climbing])

    async def _climb(self, given: Offer, good: Offer) -> Offer:
        problem = self._tor.status.problem
        silent = self._tor.bridges if problem is not None and problem.fault is Fault.BRIDGE_SILENT else ()
        rungs: list[tuple[Rung, Source]] = [(rung, _having(kept)) for rung, kept in _kept(given, good)]
        rungs += [
            (Rung.SETTINGS, lambda: self._moat.ask(SETTINGS)),
            (Rung.DEFAULTS, lambda: self._moat.ask(DEFAULTS)),
            (Rung.KNOWN, self._known),
        ]
        try:
            found = await Ladder(rungs, self._attempt, self._tell, silent).climb()
        except Trouble as trouble:
            self._tell(BridgeSearch(SearchStep.ENDED, problem=trouble.problem))
            raise
        except asyncio.CancelledError:
            self._tell(BridgeSearch(SearchStep.ENDED))
            raise
        finally:
            self._moat.close()
        self._tell(BridgeSearch(SearchStep.FOUND, kind=found[0].transport, bridges=len(found)))
        return found

    def _tell(self, search: BridgeSearch) -> None:
        self._announce(BridgesSought(search))

    async def _known(self) -> Sequence[Offer]:
        """The public list as it is today where the service answers, else as it was when this program was made."""
        if self._moat.answers:
            with contextlib.suppress(Trouble):
                return await self._moat.ask(BUILTIN)
        return known_bridges()

    async def _attempt(self, offer: Offer) -> None:
        if self._tor.bridges != offer or self._tor.status.phase is not TorPhase.READY:
            await self._tor.use_bridges(offer)
            self._tor.want()
        while True:
            await self._tor.settled()
            if (problem := self._tor.status.problem) is None:
                return
            try:
                async with asyncio.timeout(GRACE):
                    await self._tor.settled(troubled=False)
            except TimeoutError:
                raise Trouble(problem) from None


def _kept(given: Offer, good: Offer) -> list[tuple[Rung, Offer]]:
    return [(rung, bridges) for rung, bridges in ((Rung.GIVEN, given), (Rung.GOOD, good)) if bridges]


def _having(bridges: Offer) -> Source:
    async def source() -> Sequence[Offer]:
        return (bridges,)

    return source
