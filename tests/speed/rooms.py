"""A room of 1,000 joined, and 2,000 messages at once, against a real Prosody on loopback."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link
from teahouse.domain.events import LinkChanged, MessageStored, OccupantsChanged
from tests.rig.engine import RunningEngine
from tests.rig.prosody import ROOMS, Prosody
from tests.rig.wait import until

ROUNDS = 5


@contextmanager
def _online() -> Iterator[tuple[RunningEngine, Account]]:
    with tempfile.TemporaryDirectory() as folder:
        server = Prosody(Path(folder) / "server").start()
        house = RunningEngine(Path(folder) / "profile")
        try:
            login = server.fresh()
            account = house.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
            house.wait(LinkChanged, lambda e: e.link is Link.ONLINE)
            yield house, account
        finally:
            house.stop()
            server.stop()


def join_crowd() -> dict[str, list[float]]:
    """Seconds until all 1,000 are announced, and the CPU seconds of this process for it."""
    figures: dict[str, list[float]] = {"populated s": [], "engine CPU s": []}
    with _online() as (house, account):
        for _ in range(ROUNDS):
            house.events.clear()
            begun, cpu = time.perf_counter(), time.process_time()
            chat = house.do(c.JoinRoom(account.id, f"crowd-1000@{ROOMS}", "willow"))
            until(lambda: len({o.nick for e in house.seen(OccupantsChanged) for o in e.present}) >= 1_001, 30)
            figures["populated s"].append(time.perf_counter() - begun)
            figures["engine CPU s"].append(time.process_time() - cpu)
            house.do(c.LeaveRoom(chat.id))
            house.wait(OccupantsChanged, lambda e: e.whole and not e.present)
    return figures


def flood() -> dict[str, list[float]]:
    """Seconds from the word that starts the flood to the last of 2,000 messages on disk and announced."""
    figures: dict[str, list[float]] = {"all on disk s": [], "engine CPU s": []}
    with _online() as (house, account):
        chat = house.do(c.JoinRoom(account.id, f"crowd-20@{ROOMS}", "willow"))
        for _ in range(ROUNDS):
            house.events.clear()
            begun, cpu = time.perf_counter(), time.process_time()
            house.do(c.SendMessage(chat.id, "!flood 2000"))
            _stored(house, 2_001)
            figures["all on disk s"].append(time.perf_counter() - begun)
            figures["engine CPU s"].append(time.process_time() - cpu)
    return figures


def _stored(house: RunningEngine, wanted: int) -> None:
    """Wait for so many messages; looks at each event once, so that waiting costs nothing that counts."""
    place = found = 0

    def look() -> bool:
        nonlocal place, found
        end = len(house.events)
        found += sum(type(event) is MessageStored for event in house.events[place:end])
        place = end
        return found >= wanted

    until(look, 60)
