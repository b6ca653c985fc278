"""What every part of the engine finds laid out: the database, a voice, and the sessions by account."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from teahouse.domain.events import ChatStored, Event, MessageChanged, WentWrong
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Problem
from teahouse.engine.envelope import Envelope as Envelope
from teahouse.engine.pacer import JoinPace, LoginPace
from teahouse.engine.routes import Routes
from teahouse.store import chats, messages
from teahouse.store.database import Database

if TYPE_CHECKING:
    from teahouse.domain.chat import Chat


@dataclass
class Bench:
    """The engine's tools. `dress` adds to a chat what only memory knows: presence and occupants."""

    db: Database
    announce: Callable[[Event], None]
    routes: Routes
    dress: "Callable[[Chat], Chat]" = field(default=lambda chat: chat)
    joins: JoinPace = field(default_factory=JoinPace)
    logins: LoginPace = field(default_factory=LoginPace)
    envelope: Envelope = field(default_factory=Envelope)
    clock: Callable[[], float] = time.time
    """Seconds since 1970, UTC: what this computer takes for the time, which may be wrong and may jump."""

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        return int(self.clock() * 1000)

    def complain(self, problem: Problem, account: int = 0) -> None:
        """Say that something went wrong, with an account (0: with none in particular)."""
        self.announce(WentWrong(problem, account))

    def announce_chat(self, number: int) -> None:
        """Say how a chat now is."""
        chat = chats.get(self.db, number)
        if chat is not None:
            self.announce(ChatStored(self.dress(chat)))

    def move(
        self, message: int, state: Delivery, detail: str = "", along: Callable[[], None] = lambda: None
    ) -> None:
        """Write down how far an own message has come, in one transaction with what `along` does, and then say so."""
        with self.db.transaction():
            changed = messages.set_state(self.db, message, state, detail)
            along()
        if changed is not None:
            self.announce(MessageChanged(changed))
