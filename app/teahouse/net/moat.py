"""Moat: bridges from the Tor Project's service (rdsys, doc/moat.md), asked by meek: the network sees another site.

    TEAHOUSE_MOAT    a file to read in place of resources/moat.toml and resources/bridges.toml; `authority` in it
                     names the service's certificate authority

The service finds the country by the address that the front reports; when it cannot it says so (406), and its defaults,
the same for everywhere, are asked for. We never send a country: the one of the locale would be a guess about a person,
often a wrong one, and told to somebody. Nor do we send which transports this computer has: all that is offered is
taken, and what cannot be used is left out here.
"""

import asyncio
import json
import logging
import os
import ssl
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teahouse.domain.account import Server
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.domain.tor import Bridge
from teahouse.net.bridges import parse_line
from teahouse.net.certificate import tls_context
from teahouse.net.http import post
from teahouse.net.way import ByMeek, Endpoint

log = logging.getLogger(__name__)
HOST = "bridges.torproject.org"
SETTINGS, DEFAULTS, BUILTIN = "settings", "defaults", "builtin"
_KIND = "application/vnd.api+json"
_ANSWER, _OFFERS, _LINES = 400_000, 20, 50
"""Most bytes of an answer, and how many of its offers and of the lines of each are looked at."""
_DOOR = 15.0
"""Seconds for the broker to start the transport."""
_ANSWERED = (Fault.NO_BRIDGES_GIVEN, Fault.SERVER_MISBEHAVED)
"""It was the service that spoke: another front leads to the same."""
_PLAINER = dict.fromkeys(
    (Fault.CONNECTION_LOST, Fault.NO_ENCRYPTION, Fault.TIMED_OUT, Fault.UNREACHABLE), Fault.MOAT_UNREACHABLE
)
_RESOURCES = Path(__file__).resolve().parents[3] / "resources"

Offer = tuple[Bridge, ...]
"""Bridges of one kind, to be tried together."""


@dataclass(frozen=True, slots=True)
class Fronts:
    """How the service is reached: (url, front) in the order to try, and who vouches for its certificate."""

    ways: tuple[tuple[str, str], ...]
    authority: str = ""


def fronts() -> Fronts:
    """Those of resources/moat.toml, or of the file that TEAHOUSE_MOAT names."""
    found = _table("moat.toml")
    return Fronts(tuple((row["url"], row["front"]) for row in found.get("front", [])), found.get("authority", ""))


def known_bridges() -> tuple[Offer, ...]:
    """The list that everybody has: resources/bridges.toml."""
    kinds = _table("bridges.toml").get("kind", [])
    return tuple(tuple(parse_line(line) for line in kind["lines"]) for kind in kinds)


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(os.environ.get("TEAHOUSE_MOAT") or _RESOURCES / name).read_text())


class Moat:
    """The transport is started with the first question and ended by `close`. `tell` gives the broker a line."""

    def __init__(self, tell: Callable[[str], None] | None, wanted: Callable[[], Fronts] = fronts) -> None:
        self._tell, self._fronts = tell, wanted
        self._door: Path | None = None
        self._opening: asyncio.Future[Path] | None = None
        self._barred: Problem | None = None
        self._started = False

    @property
    def answers(self) -> bool:
        """Whether a question was answered since the transport was started."""
        return self._door is not None and self._barred is None

    async def ask(self, what: str) -> tuple[Offer, ...]:
        """What the service offers, best first, by the first front that leads there; raises Trouble.

        Once no front leads there, it is not tried again before `close`.
        """
        if self._barred is not None:
            raise Trouble(self._barred)
        try:
            return read(await self._through_fronts(what))
        except Trouble as trouble:
            if trouble.problem.fault not in _ANSWERED:
                self._barred = trouble.problem
            raise

    async def _through_fronts(self, what: str) -> bytes:
        wanted = self._fronts()
        context = tls_context(Server(ca_file=wanted.authority))
        door = self._door = self._door or await self._open()
        problem = Problem(Fault.MOAT_UNREACHABLE)
        for url, front in wanted.ways:
            try:
                return await _post(what, ByMeek(door, url, front), context)
            except Trouble as trouble:
                problem = trouble.problem
                if problem.fault in _ANSWERED:
                    break
                log.info("no answer about bridges by this front: %s", problem.fault.value)
        raise Trouble(Problem(_PLAINER.get(problem.fault, problem.fault), problem.about, problem.detail))

    async def _open(self) -> Path:
        if self._tell is None:
            raise Trouble(Problem(Fault.MOAT_NO_TRANSPORT))
        self._opening = asyncio.get_running_loop().create_future()
        self._started = True
        self._tell("tor meek")
        try:
            async with asyncio.timeout(_DOOR):
                return await self._opening
        except TimeoutError:
            raise Trouble(Problem(Fault.MOAT_UNREACHABLE)) from None
        finally:
            self._opening = None

    def hear(self, value: dict[str, Any]) -> None:
        """Where the transport is, as the broker says."""
        if self._opening is None or self._opening.done():
            return
        if value["socks"]:
            self._opening.set_result(Path(value["socks"]))
        else:
            missing = Fault.MOAT_NO_TRANSPORT if value["missing"] else Fault.MOAT_UNREACHABLE
            self._opening.set_exception(Trouble(Problem(missing)))

    def close(self) -> None:
        """End the transport."""
        if self._started and self._tell is not None:
            self._tell("tor meek end")
        self._door, self._barred, self._started = None, None, False


async def _post(what: str, way: ByMeek, context: ssl.SSLContext) -> bytes:
    return await post(Endpoint(HOST, 443, True), f"/moat/circumvention/{what}", b"{}", _KIND, way, context, _ANSWER)


def read(answer: bytes) -> tuple[Offer, ...]:
    """The offers of an answer, best first; raises Trouble(NO_BRIDGES_GIVEN, SERVER_MISBEHAVED).

    Lines that are no bridges, or of a kind that is not known here, are left out; so are plain bridges, for those show
    the network what they are.
    """
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        raise _nonsense() from None
    if not isinstance(found, dict):
        raise _nonsense()
    if errors := found.get("errors"):
        # The status is 200 all the same.
        first = errors[0] if isinstance(errors, list) else None
        if not isinstance(first, dict) or type(first.get("code")) is not int:
            raise _nonsense()
        why = first.get("detail")
        said = label(why, 100) if isinstance(why, str) else ""
        raise Trouble(Problem(Fault.NO_BRIDGES_GIVEN, detail=f"{first['code']} {said}".strip()[:120]))
    offered = found.get("settings", found)
    lists = _settings(offered) if isinstance(offered, list) else _kinds(offered)
    offers = tuple(offer for offer in (_offer(lines) for lines in lists[:_OFFERS]) if offer)
    if not offers:
        raise Trouble(Problem(Fault.NO_BRIDGES_GIVEN))
    return offers


def _settings(offered: list[Any]) -> list[Any]:
    """The lines of each of the `settings`."""
    found = []
    for one in offered:
        bridges = one.get("bridges") if isinstance(one, dict) else None
        if not isinstance(bridges, dict):
            raise _nonsense()
        found.append(bridges.get("bridge_strings") or [])
    return found


def _kinds(offered: Any) -> list[Any]:
    """The lines of each kind, as `builtin` answers."""
    if not isinstance(offered, dict):
        raise _nonsense()
    return list(offered.values())


def _offer(lines: Any) -> Offer:
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise _nonsense()
    found = []
    for line in lines[:_LINES]:
        try:
            found.append(parse_line(line))
        except Trouble:
            log.info("a line from the service for bridges was left out")
    return tuple(dict.fromkeys(bridge for bridge in found if bridge.transport))


def _nonsense() -> Trouble:
    return Trouble(Problem(Fault.SERVER_MISBEHAVED, HOST))
