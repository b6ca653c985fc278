"""What the commands work with: the open database, and every account at work."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat
from teahouse.domain.events import AccountStored, Event
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.envelope import Envelope
from teahouse.engine.finding import Finder
from teahouse.engine.inbound import Inbound
from teahouse.engine.keeping import Keeper
from teahouse.engine.online import Online
from teahouse.engine.registrations import Registrations
from teahouse.engine.routes import Routes
from teahouse.store import accounts, chats
from teahouse.store.database import Database


class Desk:
    """Laid once the vault is open."""

    def __init__(
        self,
        db: Database,
        announce: Callable[[Event], None],
        routes: Routes,
        *,
        offline: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.offline = offline
        self.tools = Bench(db, announce, routes, self._dress, clock=clock)
        self.inbound = Inbound(self.tools)
        self.online: dict[int, Online] = {}
        self.keeper = Keeper(self.tools, self.inbound, self._tell_requests)
        self.registrations = Registrations(routes)
        self.finder = Finder(routes, announce)

    def add(self, account: Account) -> Online:
        """Take an account under the engine's wing."""
        password = accounts.password(self.tools.db, account.id)
        self.online[account.id] = Online(self.tools, account, password, self.inbound)
        self.tools.envelope.attend(account.id)
        self.tools.announce(AccountStored(account))
        self.online[account.id].roster.announce()
        return self.online[account.id]

    def of(self, account: int) -> Online:
        """An account at work; raises Trouble(OFFLINE)."""
        if account not in self.online:
            raise Trouble(Problem(Fault.OFFLINE))
        return self.online[account]

    def of_chat(self, number: int) -> tuple[Chat, Online]:
        """A chat and its account; raises Trouble when it is gone."""
        chat = chats.get(self.tools.db, number)
        if chat is None:
            raise Trouble(Problem(Fault.UNEXPECTED))
        return chat, self.of(chat.account)

    def _tell_requests(self) -> None:
        for online in self.online.values():
            online.reception.requests.announce()

    def _dress(self, chat: Chat) -> Chat:
        online = self.online.get(chat.account)
        return online.dress(chat) if online else chat


Handler = Callable[[Desk, Any], Awaitable[object]]
"""Carries out commands of one class."""
Handlers = dict[type, Handler]


@dataclass(frozen=True)
class Feature:
    """What a feature adds to the engine: commands of its own, and an envelope for every desk."""

    commands: Handlers
    furnish: Callable[[Desk], Envelope]
