"""Completion of nicks: what stands before the cursor, and who could be meant."""

from collections.abc import Iterable

MOST = 8


def fragment(text: str, cursor: int, forced: bool) -> tuple[int, str]:
    """(start, typed) of the nick being typed before the cursor; start -1 when none is. Tab forces a match without @."""
    start = max(text.rfind(c, 0, cursor) for c in " \n\t") + 1
    typed = text[start:cursor]
    if typed.startswith("@"):
        return start, typed[1:]
    return (start, typed) if forced and typed else (-1, "")


def matching(typed: str, nicks: Iterable[str], own: str) -> list[str]:
    """The nicks that begin with what was typed, shortest first."""
    wanted = typed.casefold()
    found = [n for n in nicks if n != own and n.casefold().startswith(wanted)]
    return sorted(found, key=lambda n: (len(n), n.casefold()))[:MOST]
