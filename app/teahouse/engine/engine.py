"""The engine: opens the vault, and takes each command of the window to the part that carries it out."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.events import Answered, Event, Refused, TorChanged, VaultChanged, WentWrong
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.engine import accounts, chatting, housekeeping, rooming, routing
from teahouse.engine.desk import Desk, Feature, Handlers
from teahouse.engine.provision import provision
from teahouse.store import accounts as stored_accounts
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
        tell_broker: Callable[[str], None] | None = None,
        resolvers: routing.Resolvers | None = None,
        policy: Policy = Policy.OPEN,
        clock: Callable[[], float] = time.time,
        feature: Feature | None = None,
    ) -> None:
        """`tell_broker` takes lines, None means that there is none; `resolvers` stand in for those of resources/;
        `clock` gives seconds since 1970, UTC."""
        self._vault, self._announce, self._opened, self._offline = Vault(folder), announce, opened, offline
        self.routes = routing.routes_of(tell_broker, announce, resolvers, policy)
        self.desk: Desk | None = None
        self._clock = clock
        self._closed: Trouble | None = None
        self._commands: Handlers = {
            c.AnnounceAll: _announce_all,
            c.Provision: provision,
            **accounts.COMMANDS,
            **routing.COMMANDS,
            **rooming.COMMANDS,
            **chatting.COMMANDS,
            **housekeeping.COMMANDS,
            **(feature.commands if feature else {}),
        }
        self._feature = feature

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
            db = Database(self._vault.database, key)
            self.desk = Desk(db, self._announce, self.routes, offline=self._offline, clock=self._clock)
            if self._feature is not None:
                self.desk.tools.envelope = self._feature.furnish(self.desk)
            # After a crash there is something left that was to go at the end.
            self.desk.keeper.end_visit()
            self._opened(self._vault.database, key)
            self._announce(VaultChanged(VaultState.OPEN, mode))
            try:
                await routing.restore(self.desk.tools.db, self.routes)
            except Trouble as trouble:
                # Bridges that cannot be used must not become no bridges.
                self._announce(WentWrong(trouble.problem))
                self.routes.tor.forbid(trouble.problem)
            self._start_accounts(self.desk)
            self.desk.keeper.start()
        elif self.desk is None:
            self._announce(VaultChanged(state, mode))

    async def create(self, mode: VaultMode, passphrase: str = "") -> None:
        """Make the vault of a new profile and open it; raises Trouble."""
        if self._vault.state()[0] is VaultState.NEW:
            await self.open(await asyncio.to_thread(self._vault.create, mode, passphrase))

    async def restore(self, wish: c.RestoreBackup) -> None:
        """Make the vault of a new profile from a backup and open it; raises Trouble and changes nothing then."""
        if self._vault.state()[0] is not VaultState.NEW or self._vault.database.exists():
            raise Trouble(Problem(Fault.PROFILE_FULL))
        bring = housekeeping.brought(wish)
        await self.open(await asyncio.to_thread(self._vault.create, wish.mode, wish.fresh, bring))

    def _start_accounts(self, desk: Desk) -> None:
        for account in stored_accounts.every(desk.tools.db):
            desk.add(account).begin(goes=account.enabled and not self._offline)

    def hear(self, line: str) -> None:
        """Take a line of the broker about tor."""
        word, _, value = line.partition(" ")
        self.routes.hear(word, json.loads(value))

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
        if isinstance(command, c.RestoreBackup):
            await self.restore(command)
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
        if self.desk is not None:
            await self.desk.keeper.stop()
            await asyncio.gather(*(online.session.stop() for online in self.desk.online.values()))
            await self.desk.tools.envelope.close()
            await self.desk.registrations.close()
            await self.desk.finder.stop()
            self.desk.inbound.flush()
            self.desk.keeper.end_visit()
            self.desk.tools.db.close()
        await self.routes.tor.close()


async def _announce_all(desk: Desk, wish: c.AnnounceAll) -> None:
    desk.keeper.announce()
    desk.tools.announce(TorChanged(desk.tools.routes.tor.status))
    for online in desk.online.values():
        online.session.announce()
        online.roster.announce()
        online.reception.requests.announce()
    rooming.announce_all(desk)
