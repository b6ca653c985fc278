"""What goes out: sealed before it is first sent, held while somebody would be left out of it without the user's word.

What was sealed is kept and goes as it is, however often it has to go. Nothing that belongs into an encrypted chat ever
goes in the clear: what cannot be sealed waits, or, when it is no message but a word about one, is not told.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from teahouse.domain.chat import Chat
from teahouse.domain.events import MessageChanged
from teahouse.domain.jid import Jid
from teahouse.domain.openpgp import SLOT
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.client import Client
from teahouse.features.openpgp import store
from teahouse.features.openpgp.enclosing import enclosed
from teahouse.features.openpgp.model import Mode, Out, Security
from teahouse.features.openpgp.securing import Securing
from teahouse.features.openpgp.work import Work
from teahouse.store import chats, messages, sealed
from teahouse.store.outbox import Outgoing

SOON, RETRY = 4.0, 20.0
"""Seconds after which it is looked again who can read what is held: the first time, and later on."""
LASTS = 3_000
"""Milliseconds for which nobody is asked again who would be left out."""


class Posting:
    """Of one account. `tell` says who can read what is written in a chat, when that changes or holds something."""

    def __init__(self, work: Work, securing: Securing, tell: Callable[[Security], None]) -> None:
        self._work, self._securing, self._tell = work, securing, tell
        self._db = work.bench.db
        self._busy: set[int] = set()
        self._held: set[int] = set()
        """Chats in which something waits, for the user or for a server."""
        self._delays: dict[int, float] = {}
        self._clocks: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def holds(self, message: Outgoing, plain: Callable[[], ET.Element]) -> bool:
        """Whether a message may not go yet; it is sealed meanwhile."""
        if message.sealed is not None or not self._wanted(message):
            return False
        if message.chat not in self._held | self._busy:
            # One after another: they go in the order in which they were written.
            self._busy.add(message.chat)
            self._spawn(self._seal(message, plain()))
        return True

    def _wanted(self, message: Outgoing) -> bool:
        return SLOT in message.notes or store.mode(self._db, message.chat).encrypts

    def _is_legacy(self, message: Outgoing) -> bool:
        """Whether it goes the old way. Not what was written for the new one, and nothing once that is on."""
        mode, word = store.mode(self._db, message.chat), message.notes.get(SLOT, [""])[0]
        if word == Out.WAITING.value:
            return False
        return mode is Mode.LEGACY or (word == Out.WAITING_LEGACY.value and mode is not Mode.ON)

    async def _seal(self, message: Outgoing, plain: ET.Element) -> None:
        # Whatever nobody foresaw, or that it is given up, holds the chat: otherwise it would be tried without end.
        held = {message.chat}
        try:
            chat = chats.get(self._db, message.chat)
            if chat is not None and self._is_legacy(message):
                await self._seal_legacy(chat, message, plain)
            elif chat is not None:
                await self._seal_in(chat, message, plain)
            held.clear()
        except Trouble as trouble:
            self._hold(Security(message.chat, store.mode(self._db, message.chat), problem=trouble.problem, held=True))
        finally:
            self._held |= held
            self._busy.discard(message.chat)
            self._work.online.outbox.kick()

    async def _seal_in(self, chat: Chat, message: Outgoing, plain: ET.Element) -> None:
        security, readers = await self._securing.readers(chat)
        if anew := self._asked_long_ago(security):
            security, readers = await self._securing.readers(chat, anew=anew)
        problem = security.problem or _lacking(security, chat)
        if problem is None:
            try:
                data = await self._work.sealing.seal(plain, message.to, readers)
            except Trouble as trouble:
                problem = trouble.problem
        if problem is not None:
            self._hold(replace(security, problem=security.problem or _grave(problem), held=True))
            return
        self._goes(message, data, [Out.SEALED.value, *_read_by(security)])

    async def _seal_legacy(self, chat: Chat, message: Outgoing, plain: ET.Element) -> None:
        security = await self._work.legacy.security(chat.id, chat.jid)
        if security.problem is not None or not security.able:
            self._hold(replace(security, held=True))
            return
        data = await self._work.legacy.seal(plain, chat.jid)
        if self._is_legacy(message):  # still: otherwise it is looked at anew
            self._goes(message, data, [Out.SEALED_LEGACY.value])

    def _goes(self, message: Outgoing, data: bytes, note: list[Any]) -> None:
        self._delays.pop(message.chat, None)
        with self._db.transaction():
            if messages.get(self._db, message.id) is None:
                return
            sealed.goes(self._db, message.id, self._work.account, data)
            changed = messages.note(self._db, message.id, SLOT, note)
        if changed is not None:
            self._work.bench.announce(MessageChanged(changed))

    def _asked_long_ago(self, security: Security) -> frozenset[str]:
        """Who would be left out, and may have said otherwise since they were asked."""
        before = self._work.bench.now() - LASTS
        left_out = (one.jid for one in security.left_out)
        return frozenset(jid for jid in left_out if store.asked(self._db, self._work.account, jid) < before)

    def _hold(self, security: Security) -> None:
        self._held.add(security.chat)
        self._tell(security)
        delay = self._delays.get(security.chat, SOON)
        self._delays[security.chat] = min(RETRY, 2 * delay)
        # One clock for each, however often it is looked in between.
        if (before := self._clocks.pop(security.chat, None)) is not None:
            before.cancel()
        loop = asyncio.get_running_loop()
        self._clocks[security.chat] = loop.call_later(delay, self._look_again, security.chat)

    def _look_again(self, chat: int) -> None:
        if chat in self._held:
            self.release(chat)

    def release(self, chat: int = 0) -> None:
        """Something is otherwise now, with a chat or (0) with all: what is held is looked at again."""
        self._held = self._held - {chat} if chat else set()
        self._work.online.outbox.kick()

    # -- words about messages ----------------------------------------------------

    def put(self, client: Client, stanza: ET.Element) -> None:
        """Send a word to a person, encrypted where their chat is."""
        chat = chats.find(self._db, self._work.account, Jid.parse(stanza.get("to", "")).bare)
        mode = store.mode(self._db, chat.id) if chat is not None else Mode.UNDECIDED
        if not mode.encrypts:
            client.put(stanza)
        elif chat is not None and mode is Mode.ON:
            # The old way has no place for it.
            self._spawn(self._put(client, chat, stanza))

    async def _put(self, client: Client, chat: Chat, stanza: ET.Element) -> None:
        security, readers = await self._securing.readers(chat)
        if security.problem is not None or not security.able:
            return
        try:
            client.put(enclosed(stanza, await self._work.sealing.seal(stanza, chat.jid, readers)))
        except Trouble as trouble:
            if trouble.problem.fault is not Fault.NO_KEY:
                self._work.complain(trouble.problem)

    # -- the end -------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Leave what is not sealed yet for the next time."""
        for clock in self._clocks.values():
            clock.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _lacking(security: Security, chat: Chat) -> Problem | None:
    if not security.own or not security.able:
        return Problem(Fault.NO_KEY, chat.title)
    return Problem(Fault.LEFT_OUT, chat.title) if security.left_out else None


def _grave(problem: Problem) -> Problem | None:
    """What the user cannot decide about by looking at the readers."""
    return None if problem.fault in (Fault.LEFT_OUT, Fault.NO_KEY) else problem


def _read_by(security: Security) -> list[Any]:
    """For the message: how many could read it, of how many, and who could not."""
    cannot = [one.jid for one in security.people if one.why is not None]
    return [security.able, len(security.people), cannot[:50]]
