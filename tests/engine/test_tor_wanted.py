"""Whoever asks for tor hears how far it is, also when it has long been there."""

from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.events import TorChanged
from teahouse.domain.problem import Fault
from tests.rig.engine import RunningEngine


def test_asked_again_the_state_is_said_again(engine: Callable[..., RunningEngine]) -> None:
    """A page that waits for tor to be ready must not wait for ever because it is. Here there is no broker to run it."""
    house = engine()
    for _round in range(2):
        house.events.clear()
        house.do(c.StartTor())
        said = house.wait(TorChanged, seconds=5).status
        assert said.problem is not None and said.problem.fault is Fault.TOR_MISSING
