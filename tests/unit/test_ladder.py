"""The ladder for bridges: the order of its rungs, whatever they have and whatever becomes of it."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.tor import Bridge, BridgeSearch, Rung, SearchStep
from teahouse.engine.ladder import HOPELESS, MOST, Ladder, Offer, Source

BRIDGES = [Bridge(kind, f"192.0.2.{n}:443", "", ()) for kind in ("obfs4", "webtunnel") for n in (1, 2, 3)]
OFFERS = st.lists(st.sampled_from(BRIDGES), min_size=1, max_size=3, unique=True).map(tuple)
PLANS = st.lists(st.none() | st.lists(OFFERS, max_size=3), min_size=1, max_size=5)
"""What each rung has: None is a rung that fails."""


class Climb:
    """One climb over a plan, in which these bridges lead to Tor and those end it; and what was seen of it."""

    def __init__(
        self, plan: Sequence[Sequence[Offer] | None], good: set[Bridge], fatal: set[Bridge], known_bad: Offer = ()
    ) -> None:
        self.attempts: list[Offer] = []
        self.told: list[BridgeSearch] = []
        self.good, self.fatal = good, fatal
        rungs = [(rung, self._source(had)) for rung, had in zip(Rung, plan, strict=False)]
        ladder = Ladder(rungs, self._attempt, self.told.append, known_bad)
        try:
            self.found: Offer | Fault = asyncio.run(ladder.climb())
        except Trouble as trouble:
            self.found = trouble.problem.fault

    def _source(self, had: Sequence[Offer] | None) -> Source:
        async def source() -> Sequence[Offer]:
            if had is None:
                raise Trouble(Problem(Fault.MOAT_UNREACHABLE))
            return had

        return source

    async def _attempt(self, offer: Offer) -> None:
        self.attempts.append(offer)
        if self.fatal & set(offer):
            raise Trouble(Problem(Fault.TOR_CLOCK))
        if not self.good & set(offer):
            raise Trouble(Problem(Fault.BRIDGE_SILENT))


def expected(plan: Sequence[Sequence[Offer] | None]) -> list[Offer]:
    """Every attempt of a climb on which nothing is found: rung by rung, one kind at a time, nothing twice."""
    found: list[Offer] = []
    for had in plan:
        kinds = [
            tuple(bridge for bridge in offer if bridge.transport == kind)
            for offer in had or ()
            for kind in dict.fromkeys(bridge.transport for bridge in offer)
        ][:MOST]
        for offer in kinds:
            if not any(set(offer) == set(tried) for tried in found):
                found.append(offer)
    return found


@given(PLANS, st.sets(st.sampled_from(BRIDGES), max_size=2), st.sets(st.sampled_from(BRIDGES), max_size=1))
def test_a18_rung_after_rung_and_never_without_a_bridge(
    plan: Sequence[Sequence[Offer] | None], good: set[Bridge], fatal: set[Bridge]
) -> None:
    climb = Climb(plan, good, fatal)
    every = expected(plan)
    ends = [n for n, offer in enumerate(every) if set(offer) & (good | fatal)]
    assert climb.attempts == every[: ends[0] + 1 if ends else None]
    assert all(climb.attempts), "an attempt without a bridge would dial Tor's own relays"
    if not ends:
        assert climb.found is Fault.BRIDGES_NOT_FOUND
    elif set(every[ends[0]]) & fatal:
        assert climb.found in HOPELESS
    else:
        assert climb.found == every[ends[0]]
    asked = [search.rung for search in climb.told if search.step is SearchStep.ASKING]
    assert asked == list(Rung)[: len(asked)]
    assert not ends or climb.told[-1].step in (SearchStep.TRYING, SearchStep.FAILED)
    for search in climb.told:
        assert (search.problem is not None) is (search.step is SearchStep.FAILED)


def test_a_long_list_is_not_tried_for_ever() -> None:
    many = [(Bridge("obfs4", f"192.0.2.9:{port}", "", ()),) for port in range(1, 100)]
    assert Climb([many], set(), set()).attempts == many[:MOST]


@pytest.mark.parametrize("lead", [True, False])
def test_bridges_known_to_be_silent_are_not_waited_for(lead: bool) -> None:
    first, second = (BRIDGES[0],), (BRIDGES[1],)
    climb = Climb([[first, second]], {BRIDGES[1]} if lead else set(), set(), known_bad=first)
    assert climb.attempts == [second]
