"""The rows of the speed table, each a function that gives figures by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.speed import devices, encrypted, rooms, routes, start, stored, window


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
    Row("window of 100,000", lambda: window.long_chat(100_000), {"open ms": "50"}),
    Row("window of 1,000,000", lambda: window.long_chat(1_000_000), {"open ms": "50"}),
    Row("history of 100,000", lambda: window.kept_history(100_000), {"search shown ms": "30"}),
    Row("online", window.start_to_online, {"online s": "0.6"}),
    Row("join 1,000 engine", rooms.join_crowd),
    Row("join 1,000", window.join_crowd, {"populated and quiet s": "0.8", "CPU s": "0.6"}),
    Row("routes", routes.log_in_and_join),
    Row("flood 2,000 engine", rooms.flood),
    Row(
        "flood 2,000",
        window.flood,
        {"last on screen s": "1.0", "longest echo ms": "50", "memory PSS MB": "120"},
    ),
    Row(
        "missed 10,000",
        devices.missed,
        {"10,000 caught up s": "4", "longest echo ms": "50", "longest stall ms": "50"},
    ),
    Row("encrypted to 10", lambda: encrypted.write_into(10), {"on top of gpg ms": "40"}),
    Row("encrypted to 50", lambda: encrypted.write_into(50), {"on top of gpg ms": "80"}),
    Row(
        "encrypted and missed",
        encrypted.read_missed,
        {"1,000 read s": "3", "longest stall ms": "50", "longest echo ms": "50"},
    ),
    Row("idle", window.idle, {"CPU of 60 s": "0.06", "memory PSS MB": "100"}),
)
