"""Read once, read everywhere (XEP-0490): how far each chat was read, kept by our server for our own devices.

The server learns by it what is read when: only accounts that do not hide take part. A position only moves forward.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from typing import Any

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.settings import SEEN as TOGETHER
from teahouse.engine import pep
from teahouse.engine.authority import ID_KEPT
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.inbound import Inbound
from teahouse.engine.xml import PUBSUB, SEEN, SID, el
from teahouse.store import chats, preferences, seen

MOST = 5_000
"""Chats of which a position is taken from one server."""
PACE = 2.0
"""Seconds between two looks at what has been read on since."""


class Seen:
    """Of one account, as it is now. `spawn` runs what ends with the session."""

    def __init__(
        self,
        bench: Bench,
        account: Callable[[], Account],
        inbound: Inbound,
        client: Callable[[], Client],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._bench, self._account, self._inbound = bench, account, inbound
        self._client, self._spawn = client, spawn
        self._due: set[int] = set()
        self._heeds = self._synced = self._giving = False

    def wanted(self) -> bool:
        """Whether this account takes part."""
        return preferences.wanted(self._bench.db, TOGETHER, self._account())

    # -- from the server -------------------------------------------------------

    async def take(self, features: frozenset[str]) -> None:
        """Ask how far our other devices have read; what has not come yet is read as soon as it does."""
        self._heeds, self._synced, self._giving = pep.OPTIONS in features, False, False
        if not self.wanted():
            return
        try:
            items = await pep.fetch(self._client(), SEEN)
        except Trouble:
            return
        if items is not None:
            self._synced = True
            self._hold(items)
            self._all_changed()

    def noted(self, event: ET.Element) -> None:
        """Our server says that another device has read on: `event` is by our own account."""
        items = event.find(f"{{{PUBSUB}#event}}items")
        if items is not None and items.get("node") == SEEN and self.wanted():
            self._hold(items)

    def _hold(self, items: ET.Element) -> None:
        self._inbound.flush()
        for jid, archive, number in positions(items):
            chat = seen.hold(self._bench.db, self._account().id, jid, archive, number)
            if chat and seen.settle(self._bench.db, chat):
                self._bench.announce_chat(chat)

    # -- to the server -----------------------------------------------------------

    def followed(self, room: int) -> None:
        """An archive was read to its end, a room's or that of the account (0): now it can be told who is ahead."""
        if room:
            self.changed(room)
        elif self._synced:
            self._all_changed()

    def _all_changed(self) -> None:
        for chat in chats.every(self._bench.db):
            if chat.account == self._account().id:
                self.changed(chat.id)

    def changed(self, chat: int) -> None:
        """The user has read on in a chat."""
        if not self._synced or not self.wanted():
            return
        self._due.add(chat)
        if not self._giving:
            self._giving = True
            self._spawn(self._give())

    async def _give(self) -> None:
        while self._due and self.wanted():
            due, self._due = self._due, set()
            for chat in due:
                await self._give_one(chat)
            await asyncio.sleep(PACE)
        self._giving = False

    async def _give_one(self, number: int) -> None:
        db, account = self._bench.db, self._account()
        chat = chats.get(db, number)
        if chat is None:
            return
        archive = chat.jid if chat.kind is ChatKind.ROOM else account.jid
        at = seen.ahead(db, number, whole=(account.id, archive) in self._inbound.followed)
        if at is None:
            return
        name = el(f"{{{SID}}}stanza-id", {"by": at.archive, "id": at.stanza_id})
        try:
            kept = await pep.publish(
                self._client(), SEEN, at.jid, el(f"{{{SEEN}}}displayed", None, name), heeds=self._heeds
            )
        except Trouble:
            return
        if kept:
            seen.hold(db, account.id, at.jid, at.archive, at.stanza_id)


def positions(items: ET.Element) -> list[tuple[str, str, str]]:
    """(bare address of the chat, archive, id of the message) of an answer or event; what makes no sense is left out."""
    found = []
    for item in items.findall(f"{{{PUBSUB}}}item")[:MOST] + items.findall(f"{{{PUBSUB}#event}}item")[:MOST]:
        names = item.findall(f"{{{SEEN}}}displayed/{{{SID}}}stanza-id")
        number = names[0].get("id", "") if len(names) == 1 else ""
        try:
            jid, archive = Jid.parse(item.get("id", "")), Jid.parse(names[0].get("by", "") if names else "")
        except Trouble:
            continue
        if 0 < len(number) <= ID_KEPT and not jid.resource and not archive.resource:
            found.append((jid.bare, archive.bare, number))
    return found
