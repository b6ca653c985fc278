"""How far tor is, kept from what it says of itself (control-spec, STATUS_CLIENT), and why it does not get on."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from teahouse.domain.problem import Fault
from teahouse.domain.tor import TorPhase, TorStatus
from teahouse.net.diagnosis import diagnose, skew

STALL, STALL_BY_BRIDGE = 20.0, 60.0
"""Seconds without progress after which the reason is told."""
_UNROUTED = 3
"""Relays without a route in a row."""


class StatusBoard:
    """Announces every change of `status` once; `changed` is set with it."""

    def __init__(self, announce: Callable[[TorStatus], None]) -> None:
        self.status, self.changed = TorStatus(), asyncio.Event()
        self._announce = announce
        self._since = time.monotonic()
        self._warned: Mapping[str, str] = {}
        self._unrouted = 0

    @property
    def ready(self) -> bool:
        """Whether tor can be used now."""
        return self.status.phase is TorPhase.READY

    def show(self, **changes: Any) -> None:
        """Fields of TorStatus that are different now."""
        status = replace(self.status, **changes)
        if status != self.status:
            self.status = status
            self._announce(status)
        self.changed.set()

    async def until(self, met: Callable[[], bool]) -> None:
        """Come back when this holds; it is looked at whenever something has changed."""
        while not met():
            self.changed.clear()
            await self.changed.wait()

    def begin(self) -> None:
        """The time without progress counts from now."""
        self._since, self._warned, self._unrouted = time.monotonic(), {}, 0

    def stands_still(self) -> None:
        """Tell why, once it has taken long enough."""
        patience = STALL_BY_BRIDGE if self.status.bridges else STALL
        if not self.ready and self.status.problem is None and time.monotonic() - self._since > patience:
            self.show(problem=diagnose(self.status.tag, self._warned, bool(self.status.bridges)))

    def unrouted(self) -> None:
        """A relay could not be dialed because there is no network; tell so when it was not only one."""
        self._unrouted += 1
        if self._unrouted >= _UNROUTED and self.status.problem is None:
            self.show(problem=diagnose(self.status.tag, {"REASON": "NOROUTE"}, bool(self.status.bridges)))

    def bootstrapped(self, arguments: Mapping[str, str]) -> None:
        """Take the arguments of a BOOTSTRAP event."""
        if "WARNING" in arguments:
            self._warned = arguments
            if arguments.get("RECOMMENDATION") == "warn":
                self.show(problem=diagnose(self.status.tag, arguments, bool(self.status.bridges)))
        progress = arguments.get("PROGRESS", "")
        if progress.isdecimal() and self.status.progress < int(progress) <= 100:
            problem = self.status.problem if "WARNING" in arguments or self._wrong_clock() else None
            self.begin()
            tag, summary = arguments.get("TAG", "")[:60], arguments.get("SUMMARY", "")[:200]
            self.show(progress=int(progress), tag=tag, summary=summary, problem=problem)

    def _wrong_clock(self) -> bool:
        """Whether that was told: tor goes on all the same, and does not arrive."""
        return self.status.problem is not None and self.status.problem.fault is Fault.TOR_CLOCK

    def skewed(self, arguments: Mapping[str, str]) -> None:
        """Take the arguments of a CLOCK_SKEW event."""
        self.show(problem=skew(arguments))


def bootstrap_phase(line: str) -> dict[str, str]:
    """The arguments of `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"`, as GETINFO tells them."""
    return {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))', line)}
