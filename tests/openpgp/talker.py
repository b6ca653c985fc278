"""Somebody whose whole program has OpenPGP: what the window would ask for is asked, and all is seen on the wire."""

from collections.abc import Callable

from teahouse.domain import commands as c
from teahouse.domain.account import Link
from teahouse.domain.chat import Chat
from teahouse.domain.events import LinkChanged
from teahouse.domain.message import Delivery, Message
from teahouse.domain.openpgp import SLOT
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
        self.house = engine(folder, feature=openpgp)
        self.account = self.house.do(c.AddAccount(self.jid, self.login.password, name, server.server())).id
        self.house.wait(LinkChanged, lambda event: event.link is Link.ONLINE)

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

