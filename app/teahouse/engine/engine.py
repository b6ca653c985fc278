"""The engine: opens the vault, and takes each command of the window to the part that carries it out."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.events import Answered, Event, Refused, VaultChanged, WentWrong
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.engine import accounts, chatting, rooming
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.provision import provision
from teahouse.store import accounts as stored_accounts
from teahouse.store import preferences
from teahouse.store.database import Database
from teahouse.store.vault import Vault

log = logging.getLogger(__name__)


class Engine:
    """Lives in the engine thread; its desk is laid when the vault is open."""

    def __init__(
        self,
        folder: Path,
        announce: Callable[[Event], None],
        opened: Callable[[Path, bytes], None],
        *,
        offline: bool = False,
    ) -> None:
        self._vault, self._announce, self._opened, self._offline = Vault(folder), announce, opened, offline
        self.desk: Desk | None = None
        self._closed: Trouble | None = None
        self._commands: Handlers = {
            c.SetPreference: _set_preference,
            c.AnnounceAll: _announce_all,
            c.Provision: provision,
            **accounts.COMMANDS,
            **rooming.COMMANDS,
            **chatting.COMMANDS,
        }

    async def open(self, key: bytes | None = None) -> None:
        """Open the database if no passphrase is wanted, and go online; raises Trouble."""
        try:
            await self._open(key)
        except Trouble as trouble:
            self._closed = trouble
            raise

    async def _open(self, key: bytes | None) -> None:
        state, mode = self._vault.state()
        if state is VaultState.OPEN and key is None:
            key = await asyncio.to_thread(self._vault.key)
        if key is not None and self.desk is None:
            self.desk = Desk(Database(self._vault.database, key), self._announce, offline=self._offline)
            self._opened(self._vault.database, key)
            self._announce(VaultChanged(VaultState.OPEN, mode))
            self._start_accounts(self.desk)
        elif self.desk is None:
            self._announce(VaultChanged(state, mode))

    async def create(self, mode: VaultMode, passphrase: str = "") -> None:
        """Make the vault of a new profile and open it; raises Trouble."""
        if self._vault.state()[0] is VaultState.NEW:
            await self.open(await asyncio.to_thread(self._vault.create, mode, passphrase))

    def _start_accounts(self, desk: Desk) -> None:
        for account in stored_accounts.every(desk.tools.db):
            online = desk.add(account)
            online.outbox.lost()
            if account.enabled and not self._offline:
                online.session.start()

    async def do(self, command: c.Command, ticket: int) -> None:
        """Carry out one command and answer it."""
        try:
            value = await self._carry_out(command)
        except Trouble as trouble:
            self._refuse(ticket, trouble.problem)
        except Exception:
            log.exception("the command %s failed", type(command).__name__)
            self._refuse(ticket, Problem(Fault.UNEXPECTED))
        else:
            if ticket:
                self._announce(Answered(ticket, value))

    async def _carry_out(self, command: c.Command) -> object:
        if isinstance(command, c.CreateVault):
            await self.create(command.mode, command.passphrase)
            return None
        if isinstance(command, c.UnlockVault):
            await self.open(await asyncio.to_thread(self._vault.key, command.passphrase))
            return None
        if self.desk is None:
            raise self._closed or Trouble(Problem(Fault.WRONG_PASSPHRASE))
        return await self._commands[type(command)](self.desk, command)

    def _refuse(self, ticket: int, problem: Problem) -> None:
        self._announce(Refused(ticket, problem) if ticket else WentWrong(problem))

    async def close(self) -> None:
        """Go offline, write down what has come, close the database."""
        if self.desk is None:
            return
        await asyncio.gather(*(online.session.stop() for online in self.desk.online.values()))
        await self.desk.registrations.close()
        self.desk.inbound.flush()
        self.desk.tools.db.close()


async def _set_preference(desk: Desk, wish: c.SetPreference) -> None:
    preferences.put(desk.tools.db, wish.key, wish.value)


async def _announce_all(desk: Desk, wish: c.AnnounceAll) -> None:
    for online in desk.online.values():
        online.session.announce()
        online.roster.announce()
    rooming.announce_all(desk)
