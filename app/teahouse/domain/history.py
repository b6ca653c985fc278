"""History that is known to be missing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that an archive holds, or held, and we do not: behind the order key `place` of a chat."""

    id: int
    chat: int
    place: int
    before: str = ""
    """The id in the archive that ends it; empty where it ends is found by reading on from where reading stopped."""
