"""People who are online with a keyring, all of it in the thread of their engine."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.events import LinkChanged
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.features.openpgp.finding import STALE, Finding
from teahouse.features.openpgp.keyring import Keyring
from teahouse.features.openpgp.model import OwnKey
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine

Result = TypeVar("Result")


class Online:
    """Somebody online with a keyring in a folder of its own below `folder`."""

    def __init__(self, house: RunningEngine, desk: Desk, server: ChatServer, name: str, folder: Path) -> None:
        self.house, self.desk, login = house, desk, server.fresh(name)
        self.jid = login.jid
        self.account = house.do(c.AddAccount(login.jid, login.password, name, server.server())).id
        house.wait(LinkChanged, lambda event: event.link is Link.ONLINE)
        self.now = 10 * STALE
        self.keyring = Keyring(self.desk.tools.db, self.account, self.jid, lambda: folder / name)
        self.finding = Finding(self.desk.tools.db, self.account, self.keyring, lambda: self.now)

    @property
    def client(self) -> Client:
        """Its connection."""
        return self.desk.online[self.account].client()

    @property
    def key(self) -> OwnKey:
        """The one in use."""

        async def look() -> OwnKey | None:
            return self.keyring.own()

        found = self.run(look())
        assert found is not None
        return found

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it in the engine's thread, and give the answer."""
        loop = self.house.thread._loop
        assert loop is not None
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)
