"""Somebody whose whole program has OpenPGP: what the window would ask for is asked, and all is seen on the wire."""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.chat import Chat
from teahouse.domain.events import ChatStored, LinkChanged
from teahouse.domain.message import Delivery, Message
from teahouse.domain.openpgp import SLOT
from teahouse.engine.desk import Desk, Feature
from teahouse.engine.envelope import Envelope
from teahouse.features.openpgp.model import Mode, Security
from teahouse.features.openpgp.wanted import openpgp
from teahouse.features.openpgp.wishes import SecurityChanged, SetMode
from tests.rig.chat_server import ChatServer, Login
from tests.rig.engine import RunningEngine
from tests.rig.wait import until


class Talker:
    """One person, signed in. `folder` names the profile."""

    def __init__(
        self,
        engine: Callable[..., RunningEngine],
        server: ChatServer,
        name: str,
        login: Login | None = None,
        folder: str = "",
    ) -> None:
        folder = folder or name
        self.login = login or server.fresh(name)
        self.jid, self.name = self.login.jid, name
        self.desks: list[Desk] = []
        """The engine's, once it is at work."""
        self.house = engine(folder, feature=self._feature)
        self.account = self.house.do(c.AddAccount(self.jid, self.login.password, name, server.server())).id
        self.house.wait(LinkChanged, lambda event: event.link is Link.ONLINE)

    def _feature(self, profile: Path) -> Feature:
        found = openpgp(profile)

        def furnish(desk: Desk) -> Envelope:
            self.desks.append(desk)
            return found.furnish(desk)

        return replace(found, furnish=furnish)

    def put(self, stanza: ET.Element) -> None:
        """Send a word to a person, as any part of the program would hand it on."""
        loop = self.house.thread._loop
        assert loop is not None

        async def send() -> None:
            tools, online = self.desks[-1].tools, self.desks[-1].online[self.account]
            tools.envelope.put(self.account, online.client(), stanza)

        asyncio.run_coroutine_threadsafe(send(), loop).result(10)

    def address(self, chat: int) -> str:
        """Whom or which room a chat is with."""
        return self.house.wait(ChatStored, lambda event: event.chat.id == chat).chat.jid

    def chat(self, jid: str) -> int:
        """The chat with a person."""
        chat: Chat = self.house.do(c.OpenPerson(self.account, jid))
        return chat.id

    def encrypts(self, chat: int) -> Security:
        """Have what is written there be encrypted."""
        security: Security = self.house.do(SetMode(chat, Mode.ON))
        return security

    def says(self, chat: int, text: str) -> Message:
        """Write something."""
        message: Message = self.house.do(c.SendMessage(chat, text))
        return message

    def sent(self, chat: int, text: str) -> Message:
        """The message once the server, or the room, has it."""

        def there() -> list[Message]:
            found = [m for m in self.house.history(chat) if m.mine and m.body == text]
            return [m for m in found if m.state in (Delivery.ACKED, Delivery.CONFIRMED)]

        return until(there, 20, text)[0]

    def reads(self, chat: int, text: str) -> Message:
        """The message once it is there."""
        return until(lambda: [m for m in self.house.history(chat) if not m.mine and m.body == text], 20, text)[0]

    def hears(self, chat: int, fits: Callable[[Security], bool]) -> Security:
        """What is told of a chat, once that fits."""
        found = self.house.wait(SecurityChanged, lambda e: e.security.chat == chat and fits(e.security))
        return found.security


def note(message: Message) -> str:
    """What is said of its encryption."""
    return str(message.notes[SLOT][0])

