"""OpenPGP in place of the engine's empty envelope: every account's part in it, and what the window may want of it."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from teahouse.domain.openpgp import SLOT
from teahouse.domain.problem import Trouble
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.envelope import Envelope, Opened
from teahouse.engine.room import Room
from teahouse.engine.xml import PUBSUB
from teahouse.features.openpgp import memory, store
from teahouse.features.openpgp.announcing import LIST
from teahouse.features.openpgp.enclosing import enclosed
from teahouse.features.openpgp.model import IN_CLEAR, Mode, Out
from teahouse.features.openpgp.part import Part
from teahouse.store import sealed
from teahouse.store.outbox import Outgoing
from teahouse.store.sealed import Kept


class OpenPgp(Envelope):
    """Of a profile, whose keyrings are in memory under its name."""

    def __init__(self, desk: Desk, profile: Path) -> None:
        self._desk, self._profile = desk, profile
        self._parts: dict[int, Part] = {}
        with suppress(Trouble):
            memory.clear(memory.place(), profile)

    def of(self, account: int) -> Part:
        """The part of an account."""
        return self._parts[account]

    def attend(self, account: int) -> None:
        """An account is at work: what could not be opened before is opened now."""
        part = self._parts[account] = Part(self._desk, self._desk.online[account], self._profile)
        sealed.arrived(self._desk.tools.db, account)
        sealed.again(self._desk.tools.db, account, Kept.SLOW)
        if sealed.waiting(self._desk.tools.db, account, 1):
            part.opening.came({})

    async def close(self) -> None:
        """End every agent."""
        await asyncio.gather(*(part.stop() for part in self._parts.values()))

    # -- coming and going ------------------------------------------------------

    def came_online(self, account: int) -> None:
        """The key is announced where it is not, and what was held is looked at again."""
        part = self.of(account)
        part.securing.forget()
        part.presenting.forget()
        part.posting.release()
        part.opening.came_online()
        part.spawn(part.work.present())

    def room_changed(self, account: int, room: Room) -> None:
        """Who belongs there, or whether it may be encrypted at all, may be otherwise."""
        part = self.of(account)
        if store.mode(self._desk.tools.db, room.chat) is Mode.ON and part.securing.differs(room):
            part.changed(room.chat)

    def published(self, account: int, who: str, event: ET.Element) -> None:
        """Somebody has other keys."""
        items = event.find(f"{{{PUBSUB}#event}}items")
        if items is not None and items.get("node") == LIST and store.asked(self._desk.tools.db, account, who):
            self.of(account).ask_again(who)

    def shown(self, account: int, who: str, presence: ET.Element) -> None:
        """Somebody may sign what they say of themselves (XEP-0027)."""
        self.of(account).presenting.shown(who, presence)

    # -- in and out --------------------------------------------------------------

    def came(self, account: int, told: Mapping[int, Opened]) -> None:
        """Open what has come."""
        self.of(account).opening.came(told)

    def in_clear(self, chat: int, at: int) -> Mapping[str, Any]:
        """That anybody on the way could read it."""
        return {SLOT: [IN_CLEAR]} if store.encrypted_at(self._desk.tools.db, chat, at) else {}

    def notes(self, chat: int) -> Mapping[str, Any]:
        """That it goes out encrypted, or not at all."""
        mode = store.mode(self._desk.tools.db, chat)
        waiting = Out.WAITING_LEGACY if mode is Mode.LEGACY else Out.WAITING
        return {SLOT: [waiting.value]} if mode.encrypts else {}

    def holds(self, message: Outgoing, plain: Callable[[], ET.Element]) -> bool:
        """Until it is sealed."""
        return self.of(message.account).posting.holds(message, plain)

    def enclosed(self, message: Outgoing, plain: ET.Element) -> ET.Element:
        """As it was sealed."""
        if message.sealed is None:
            return plain
        return enclosed(plain, message.sealed, legacy=Out.SEALED_LEGACY.value in message.notes.get(SLOT, ()))

    def put(self, account: int, client: Client, stanza: ET.Element) -> None:
        """Encrypted where the chat is."""
        self.of(account).posting.put(client, stanza)
