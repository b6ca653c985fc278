"""A session that goes on without a connection for a while (XEP-0198 section 5)."""

import time
from dataclasses import dataclass, field

from teahouse.engine.stream import Stream
from teahouse.net.way import Way

HOLD = 600.0
"""Seconds for which a session without a connection is held at most."""


@dataclass(frozen=True, slots=True)
class Held:
    """A session without a connection, and by which way alone it may go on."""

    stream: Stream
    way: Way
    since: float = field(default_factory=time.monotonic)

    def usable(self, way: Way) -> bool:
        """Whether it may be resumed by this way, now."""
        return self.stream.resumable and self.way == way and time.monotonic() - self.since < HOLD
