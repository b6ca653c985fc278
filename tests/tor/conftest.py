"""A computer whose network lets no relay through."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.private_tor import PrivateTor
from tests.rig.tor_host import TorHost


@pytest.fixture
def walled_in(private_tor: PrivateTor, tmp_path: Path) -> Iterator[Callable[..., TorHost]]:
    """Call it for tors on a computer whose network refuses every relay that a fresh tor knows of."""
    started: list[TorHost] = []

    def start(environment: dict[str, str] | None = None) -> TorHost:
        lines = [*private_tor.walled_lines, "ConfluxEnabled 0"]
        started.append(TorHost(tmp_path / f"walled{len(started)}", lines, environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()
