"""Joins of hidden accounts: in a random order, and never two in the same moment, whichever identities they are of."""

import asyncio
import itertools
from random import SystemRandom

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.account import Route
from teahouse.engine.pacer import JoinPace

HIDDEN = [Route.TOR, Route.PROXY]


class Clock:
    """Time that passes when somebody naps, and the moments at which joins were let through."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.naps: list[float] = []

    def now(self) -> float:
        """The moment."""
        return self.time

    async def nap(self, seconds: float) -> None:
        """Only written down: who naps at the same time does not wait for the others."""
        self.naps.append(seconds)


@pytest.mark.parametrize("route", HIDDEN)
def test_rooms_are_entered_in_a_random_order(route: Route) -> None:
    rooms, pace = list(range(30)), JoinPace()
    orders = [pace.order(route, rooms) for _ in range(5)]
    assert all(sorted(order) == rooms for order in orders)
    assert len({tuple(order) for order in orders}) > 1 and rooms not in orders


@pytest.mark.parametrize("route", HIDDEN)
@given(elapsed=st.lists(st.floats(0, 20), min_size=2, max_size=30))
def test_no_two_joins_in_the_same_moment(route: Route, elapsed: list[float]) -> None:
    clock = Clock()
    pace = JoinPace(clock.now, clock.nap)
    moments = []
    for seconds in elapsed:
        asyncio.run(pace.turn(route))
        moments.append(clock.time + clock.naps[-1])
        clock.time += seconds
    gaps = [later - sooner for sooner, later in itertools.pairwise(moments)]
    assert min(clock.naps) >= JoinPace.GAP[0] and min(gaps) >= JoinPace.GAP[0] - 1e-6


def test_the_gaps_are_random() -> None:
    clock = Clock()
    pace = JoinPace(clock.now, clock.nap, SystemRandom())
    for _ in range(20):
        asyncio.run(pace.turn(Route.TOR))
        clock.time += 100
    assert len(set(clock.naps)) > 15


def test_a_direct_account_need_not_wait() -> None:
    clock = Clock()
    pace = JoinPace(clock.now, clock.nap)
    asyncio.run(pace.turn(Route.DIRECT))
    assert clock.naps == [] and pace.order(Route.DIRECT, [3, 1, 2]) == [3, 1, 2]
