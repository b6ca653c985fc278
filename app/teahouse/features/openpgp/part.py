"""What one account has of OpenPGP: who can read its chats, what goes out of it, and what is opened for it."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from teahouse.domain.chat import Chat
from teahouse.domain.problem import Trouble
from teahouse.engine.desk import Desk
from teahouse.engine.online import Online
from teahouse.features.openpgp import store
from teahouse.features.openpgp.again import Again
from teahouse.features.openpgp.legacy.presenting import Presenting
from teahouse.features.openpgp.model import Security
from teahouse.features.openpgp.opening import Opening
from teahouse.features.openpgp.posting import Posting
from teahouse.features.openpgp.securing import Securing
from teahouse.features.openpgp.wishes import SecurityChanged
from teahouse.features.openpgp.work import Work
from teahouse.store import chats


class Part:
    """What one account has of it."""

    def __init__(self, desk: Desk, online: Online, profile: Path) -> None:
        self._desk = desk
        self.work = Work(desk.tools, online, profile)
        self.securing = Securing(self.work)
        self.posting = Posting(self.work, self.securing, self.tell)
        self.opening = Opening(self.work, self.changed, self.look_at_all)
        self._tasks: set[asyncio.Task[None]] = set()
        self._again = Again(self.spawn)
        self.presenting = Presenting(self.work, self.changed, self.spawn)

    def tell(self, security: Security) -> None:
        """Say who can read what is written in a chat."""
        self._desk.tools.announce(SecurityChanged(security))

    def changed(self, number: int) -> None:
        """Look again who can read what is written in a chat, and say so."""
        self._again.want(number, partial(self._look, number))

    async def look(self, chat: Chat, *, fresh: bool = False) -> Security:
        """Who can read what is written in a chat now, which is said to all, too."""
        security = await self.securing.look(chat, fresh=fresh)
        if security.problem is None and not security.left_out:
            self.posting.release(chat.id)
        self.tell(security)
        return security

    async def _look(self, number: int) -> None:
        self.posting.release(number)
        chat = chats.get(self._desk.tools.db, number)
        if chat is not None:
            await self.look(chat)

    def ask_again(self, jid: str) -> None:
        """Somebody has other keys than before."""
        self._again.want(jid, partial(self._ask, jid))

    async def _ask(self, jid: str) -> None:
        client = self.work.client()
        if client is None:
            return
        with suppress(Trouble):
            await self.work.finding.of(client, jid, fresh=True)
        self.look_at_all()

    def look_at_all(self) -> None:
        """Keys are otherwise now: look again at every encrypted chat."""
        db = self._desk.tools.db
        for chat in chats.every(db):
            if chat.account == self.work.account and store.mode(db, chat.id).encrypts:
                self.changed(chat.id)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else; it ends with the account."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End whatever runs, and forget the keys that GnuPG has."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.posting.stop()
        await self.opening.stop()
        await self.work.keyring.end()
