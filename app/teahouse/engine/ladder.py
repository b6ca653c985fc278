"""The ladder: sources of bridges tried one after another, until Tor is reached by some. None of them is no bridge."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import Bridge, BridgeSearch, Rung, SearchStep

Offer = tuple[Bridge, ...]
Source = Callable[[], Awaitable[Sequence[Offer]]]
"""What a rung has, best first; it may raise Trouble."""
HOPELESS = (Fault.TOR_MISSING, Fault.TOR_CLOCK, Fault.NOT_TOR)
"""Other bridges do not help against these."""
MOST = 8
"""Attempts on one rung."""


class Ladder:
    """`attempt` raises Trouble when bridges lead nowhere; `tell` hears of every step."""

    def __init__(
        self,
        rungs: Sequence[tuple[Rung, Source]],
        attempt: Callable[[Offer], Awaitable[None]],
        tell: Callable[[BridgeSearch], None],
        known_bad: Offer = (),
    ) -> None:
        self._rungs, self._attempt, self._tell = rungs, attempt, tell
        self._tried = {frozenset(known_bad)}

    async def climb(self) -> Offer:
        """The first bridges that lead to Tor; raises Trouble when none do, or when it does not depend on bridges."""
        for rung, source in self._rungs:
            self._tell(BridgeSearch(SearchStep.ASKING, rung))
            try:
                offers = list(_of_one_kind(await source()))[:MOST]
            except Trouble as trouble:
                self._tell(BridgeSearch(SearchStep.FAILED, rung, problem=trouble.problem))
                continue
            for offer in offers:
                if await self._leads(rung, offer):
                    return offer
        raise Trouble(Problem(Fault.BRIDGES_NOT_FOUND))

    async def _leads(self, rung: Rung, offer: Offer) -> bool:
        if frozenset(offer) in self._tried:
            return False
        self._tried.add(frozenset(offer))
        kind, count = offer[0].transport, len(offer)
        self._tell(BridgeSearch(SearchStep.TRYING, rung, kind, count))
        try:
            await self._attempt(offer)
        except Trouble as trouble:
            self._tell(BridgeSearch(SearchStep.FAILED, rung, kind, count, trouble.problem))
            if trouble.problem.fault in HOPELESS:
                raise
            return False
        return True


def _of_one_kind(offers: Iterable[Offer]) -> Iterable[Offer]:
    """Bridges whose program is missing must not keep those back that could be used."""
    for offer in offers:
        for kind in dict.fromkeys(bridge.transport for bridge in offer):
            yield tuple(bridge for bridge in offer if bridge.transport == kind)
