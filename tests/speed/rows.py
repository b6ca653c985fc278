"""The rows of the speed table, each a function that gives figures by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.speed import rooms, start, stored


@dataclass(frozen=True)
class Row:
    """One row: seconds unless the figure's name says otherwise."""

    name: str
    run: Callable[[], dict[str, list[float]]]
    budgets: Mapping[str, str] = field(default_factory=dict)


ROWS = (
    Row("start", start.cold_start, {"first paint s": "0.25", "ratio to an empty window": "1.5"}),
    Row("open 100,000", lambda: stored.open_and_search(100_000), {"open ms": "50", "search ms": "30"}),
    Row("open 1,000,000", lambda: stored.open_and_search(1_000_000), {"open ms": "50", "search ms": "60"}),
    Row("join 1,000", rooms.join_crowd, {"populated s": "0.8", "engine CPU s": "0.6"}),
    Row("flood 2,000", rooms.flood, {"all on disk s": "1.0"}),
)
