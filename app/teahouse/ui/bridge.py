"""The only meeting of the engine and the window. Events come in batches; wishes go out one by one."""

import itertools
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid

from teahouse.domain.commands import Command
from teahouse.domain.events import Answered, Event, Refused, WentWrong
from teahouse.domain.problem import Problem
from teahouse.domain.queries import Query

FRAME_MS = 33
MOST_PER_FRAME = 200
E = TypeVar("E", bound=Event)
Done = Callable[[Any], None]
Refusal = Callable[[Problem], None]


class Bridge(QObject):
    """Carries commands and queries to the engine, and events back into the GUI thread."""

    _wake = Signal()
    _wake_quick = Signal()

    def __init__(self, submit: Callable[[Command, int], None], ask: Callable[[Query, int], None]) -> None:
        super().__init__()
        self._submit, self._ask = submit, ask
        self._inbox: deque[Event] = deque()
        self._quick: deque[Answered | Refused] = deque()
        self._armed = False
        self._listeners: dict[type[Event], list[Callable[[Sequence[Any]], None]]] = defaultdict(list)
        self._waiting: dict[int, tuple[Done | None, Refusal | None]] = {}
        self._queries: set[int] = set()
        self._tickets = itertools.count(1)
        self._last = time.monotonic()
        self.delivered = 0
        """How many events the window has been given."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._deliver)
        self._wake.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)
        self._wake_quick.connect(self._deliver_quick, Qt.ConnectionType.QueuedConnection)

    def announce(self, event: Event) -> None:
        """Tell the window; callable from any thread, never waits."""
        if isinstance(event, Answered | Refused) and event.ticket in self._queries:
            self._quick.append(event)
            self._wake_quick.emit()
            return
        self._inbox.append(event)
        if not self._armed:
            self._armed = True
            self._wake.emit()

    def on(self, kind: type[E], listener: Callable[[Sequence[E]], None], owner: QObject) -> None:
        """Hear of events of exactly this class, in order, until `owner` is destroyed."""
        self._listeners[kind].append(listener)
        owner.destroyed.connect(partial(self._drop, kind, listener))

    def do(self, command: Command, done: Done | None = None, refused: Refusal | None = None) -> None:
        """Have a command carried out. Without `refused`, a refusal goes to those who listen for WentWrong."""
        ticket = next(self._tickets)
        self._waiting[ticket] = (done, refused)
        self._submit(command, ticket)

    def ask(self, query: Query, then: Done, refused: Refusal | None = None) -> None:
        """Have a query answered, ahead of the events that wait for their frame."""
        ticket = next(self._tickets)
        self._waiting[ticket] = (then, refused)
        self._queries.add(ticket)
        self._ask(query, ticket)

    def quiet_for(self) -> float:
        """Seconds since the window was last given an event."""
        return time.monotonic() - self._last

    def idle(self) -> bool:
        """Whether no question is open and no event waits."""
        return not self._queries and not self._inbox

    def _drop(self, kind: type[Event], listener: Callable[[Sequence[Any]], None], *_gone: object) -> None:
        if listener in self._listeners[kind]:
            self._listeners[kind].remove(listener)

    def _deliver(self) -> None:
        self._armed = False
        batch = [self._inbox.popleft() for _n in range(min(len(self._inbox), MOST_PER_FRAME))]
        if self._inbox:
            self._armed = True
            self._timer.start()
        for kind, run in itertools.groupby(batch, key=type):
            events = list(run)
            self._count(len(events))
            if kind in (Answered, Refused):
                for event in events:
                    self._settle(event)
            else:
                self._tell(kind, events)

    def _deliver_quick(self) -> None:
        if self._quick:
            event = self._quick.popleft()
            self._queries.discard(event.ticket)
            self._count(1)
            self._settle(event)

    def _count(self, events: int) -> None:
        self.delivered += events
        self._last = time.monotonic()

    def _tell(self, kind: type[Event], events: Sequence[Event]) -> None:
        for listener in tuple(self._listeners[kind]):
            if _alive(listener):
                listener(events)

    def _settle(self, event: Event) -> None:
        assert isinstance(event, Answered | Refused)
        done, refused = self._waiting.pop(event.ticket, (None, None))
        if isinstance(event, Answered):
            if done is not None and _alive(done):
                done(event.value)
        elif refused is None:
            self._tell(WentWrong, [WentWrong(event.problem)])
        elif _alive(refused):
            refused(event.problem)


def _alive(callback: Callable[..., Any]) -> bool:
    """Whether the widget that a callback belongs to still exists."""
    inner = callback.func if isinstance(callback, partial) else callback
    owner = getattr(inner, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
