"""Outbox, stream management and archive against a simple model, and bugs planted on purpose that it must find."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from teahouse.domain.message import Delivery
from teahouse.engine.outbox import Outbox
from teahouse.engine.stream import Ledger, Stream
from teahouse.store import outbox
from tests.engine.model import Delivering
from tests.security.fuzz import _without_authorities

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
SHORT = settings(
    max_examples=int(os.environ.get("TEAHOUSE_EXAMPLES", "40")), stateful_step_count=40, deadline=None,
    suppress_health_check=QUIET, phases=[Phase.explicit, Phase.reuse, Phase.generate], print_blob=True, database=None,
)  # fmt: skip
LONG = settings(max_examples=2_000, stateful_step_count=60, deadline=None, suppress_health_check=QUIET)
HUNT = settings(
    max_examples=400, stateful_step_count=40, deadline=None, suppress_health_check=QUIET, database=None,
    phases=[phase for phase in settings().phases if phase.name in ("generate",)], print_blob=False, derandomize=True,
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Batches are written down in the next turn of the loop."""
    monkeypatch.setattr("teahouse.engine.inbound.TICK", 0)
    monkeypatch.setattr("teahouse.engine.online.SECOND_LOOK", 0)
    monkeypatch.setattr("teahouse.engine.pacer.WORK", float("inf"))
    with _without_authorities():
        yield


def test_whatever_happens_is_delivered() -> None:
    run_state_machine_as_test(Delivering, settings=SHORT)


def test_what_a_connection_brought_that_ended_at_once_is_not_lost() -> None:
    """It was resumed, and over before the session had taken it over."""
    talk = Delivering()
    talk.cut(0)
    for _ in range(3):
        talk.hear()
    talk.flash()
    talk.teardown()


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_whatever_happens_is_delivered_long() -> None:
    run_state_machine_as_test(Delivering, settings=LONG)


def sends_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed session does not send what the server has not handled."""
    honest = Stream.attach

    def attach(self: Stream, write: Callable[[str], None]) -> None:
        self.ledger.unacked.clear()
        honest(self, write)

    monkeypatch.setattr(Stream, "attach", attach)


def sends_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may have arrived is sent again without a look into the archive."""
    honest = Outbox.lost

    def lost(self: Outbox, problem: object = None) -> None:
        honest(self, None)
        for message in outbox.waiting(self._bench.db, self._account, Delivery.UNSURE):
            self._bench.move(message.id, Delivery.QUEUED)

    monkeypatch.setattr(Outbox, "lost", lost)


def gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the archive has not is not sent again."""
    honest = Outbox.judged

    def judged(self: Outbox, *, reaches: bool) -> None:
        honest(self, reaches=False)

    monkeypatch.setattr(Outbox, "judged", judged)


def counts_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledgement ticks the next message, too."""
    honest = Ledger.acknowledge

    def acknowledge(self: Ledger, told: str | None, hear: Callable[[list[int]], None]) -> bool:
        def louder(tokens: list[int]) -> None:
            after = [sent.token for sent in self.unacked if sent.token > max(tokens)]
            hear(tokens + after[:1])

        return honest(self, told, louder)

    monkeypatch.setattr(Ledger, "acknowledge", acknowledge)


@pytest.mark.parametrize(
    "bug",
    [
        sends_without_asking,
        gives_up,
        pytest.param(counts_one_too_many, marks=pytest.mark.slow),
        pytest.param(sends_nothing_again, marks=pytest.mark.soak),
    ],
)
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(Delivering, settings=HUNT)
