"""The real engine in its thread, driven by commands and watched by its events."""

import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from teahouse.domain.commands import Command, CreateVault
from teahouse.domain.events import Answered, Event, MessageChanged, MessageRemoved, MessageStored, Refused, VaultChanged
from teahouse.domain.message import LATEST, Message
from teahouse.domain.problem import Problem, Trouble
from teahouse.domain.queries import Query
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.engine.desk import Feature
from teahouse.engine.thread import EngineThread
from teahouse.net.way import Endpoint
from teahouse.store import messages
from teahouse.store.database import Database
from teahouse.store.reader import Reader
from tests.rig.tor_host import TorHost
from tests.rig.traced import Call, TracedEngine
from tests.rig.wait import until

E = TypeVar("E", bound=Event)


class RunningEngine:
    """A profile folder at work. With `create` an open vault is made first, with `tor` there is somebody who runs it;
    with `traced` strace looks on."""

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool = False,
        create: bool = True,
        tor: TorHost | None = None,
        resolvers: Sequence[Endpoint] | None = None,
        traced: bool = False,
        feature: Callable[[Path], Feature] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.events: list[Event] = []
        self._lock = threading.Lock()
        self._tickets = itertools.count(1)
        self._opened: tuple[Path, bytes] | None = None
        tell = tor.tell if tor else None
        make: Any = TracedEngine if traced else EngineThread
        more = {"feature": partial(feature, folder)} if feature else {}
        self.thread = make(
            folder, self._heard, self._open, offline=offline, tell_broker=tell, resolvers=resolvers, **more
        )
        if tor:
            tor.heard = self.thread.hear
        self.thread.start()
        first = self.wait(VaultChanged)
        if create and first.state is VaultState.NEW:
            self.do(CreateVault(VaultMode.OPEN))

    def _heard(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def _open(self, path: Path, key: bytes) -> None:
        self._opened = (path, key)

    def seen(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True) -> list[E]:
        """Events of this class so far."""
        with self._lock:
            return [event for event in self.events if isinstance(event, kind) and fits(event)]

    def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, seconds: float = 20) -> E:
        """The newest event of this class that fits, waited for."""
        return until(lambda: self.seen(kind, fits), seconds, f"{kind.__name__}")[-1]

    def do(self, command: Command, seconds: float = 30) -> Any:
        """Carry a command out; its value, or Trouble."""
        ticket = next(self._tickets)
        self.thread.submit(command, ticket)

        def ended() -> list[Answered | Refused]:
            with self._lock:
                return [e for e in self.events if isinstance(e, Answered | Refused) and e.ticket == ticket]

        answer = until(ended, seconds, type(command).__name__)[0]
        if isinstance(answer, Refused):
            raise Trouble(answer.problem)
        return answer.value

    def refused(self, command: Command, seconds: float = 30) -> Problem:
        """The problem that a command must end with."""
        try:
            value = self.do(command, seconds)
        except Trouble as trouble:
            return trouble.problem
        raise AssertionError(f"it was carried out: {value!r}")

    def ask(self, query: Query) -> Any:
        """The answer of the reader to a query."""
        assert self._opened is not None
        answers: queue.SimpleQueue[Event] = queue.SimpleQueue()
        reader = Reader(answers.put)
        reader.open(*self._opened)
        try:
            reader.ask(query, 1)
            answer = answers.get(timeout=10)
        finally:
            reader.close()
        assert isinstance(answer, Answered), answer
        return answer.value

    def history(self, chat: int) -> list[Message]:
        """What is on disk."""
        assert self._opened is not None
        db = Database(*self._opened, read_only=True)
        try:
            return list(messages.before(db, chat, LATEST, 100_000))
        finally:
            db.close()

    def read_archives(self) -> set[str]:
        """Those of which it is known how far they are read."""
        assert self._opened is not None
        db = Database(*self._opened, read_only=True)
        try:
            return {jid for (jid,) in db.all("SELECT jid FROM archive")}
        finally:
            db.close()

    def bodies(self, chat: int) -> list[str]:
        """The texts on disk, in order."""
        return [message.body for message in self.history(chat)]

    def heard_bodies(self) -> list[str]:
        """The texts as a window that only listens would show them, in order of arrival."""
        shown: dict[int, str] = {}
        for event in self.seen(Event):
            if isinstance(event, MessageStored | MessageChanged):
                shown[event.message.id] = event.message.body
            elif isinstance(event, MessageRemoved):
                shown.pop(event.message, None)
        return list(shown.values())

    def calls(self) -> list[Call]:
        """The system calls of a traced engine that has to do with sockets."""
        return cast(TracedEngine, self.thread).calls()

    def stop(self) -> None:
        """Go offline and end."""
        self.thread.stop()
