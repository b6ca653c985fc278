"""A small world in memory behind the Bridge: answers queries, remembers commands."""

from collections.abc import Callable
from typing import Any

from teahouse.domain.account import Account, Link
from teahouse.domain.chat import Chat, ChatKind, Presence, RoomFacts
from teahouse.domain.commands import AnnounceAll, AskRoom, BrowseRooms, Command, SendMessage
from teahouse.domain.events import Answered, LinkChanged, MessageStored, Refused
from teahouse.domain.history import Gap
from teahouse.domain.message import Delivery, Message
from teahouse.domain.problem import Problem
from teahouse.domain.queries import (
    HistoryAfter,
    HistoryBefore,
    ListAccounts,
    ListChats,
    ListGaps,
    Query,
    ReadPreferences,
    SearchMessages,
)
from teahouse.domain.search import SearchPage, excerpt, parse
from teahouse.ui.bridge import Bridge

ROOM = Chat(1, 1, "tea@rooms.example", ChatKind.ROOM, "Tea", "willow", Presence.HERE, last_time=1_000)


def message(number: int, sender: str = "heron", body: str = "", chat: int = 1, **more: Any) -> Message:
    """A message whose id, order and minute are its number."""
    return Message(number, 1, chat, number, number * 60_000, sender, body or f"message {number}", **more)


class World:
    """Handed to a Bridge as `submit` and `ask`."""

    def __init__(self, messages: int = 0, chats: tuple[Chat, ...] = (ROOM,)) -> None:
        self.messages = [message(n) for n in range(1, messages + 1)]
        self.chats = chats
        self.gaps: tuple[Gap, ...] = ()
        self.accounts: tuple[Account, ...] = (Account(1, "willow@tea.example", "willow"),)
        self.preferences: dict[str, str] = {}
        self.commands: list[Command] = []
        self.queries: list[Query] = []
        self.hold = False
        """Queries are not answered: there is no database yet."""
        self.problems: dict[type[Command], Problem] = {}
        self.answers: dict[type[Command], Callable[[Any], object]] = {
            BrowseRooms: lambda command: (),
            AskRoom: lambda command: RoomFacts(),
        }
        self.bridge = Bridge(self.submit, self.ask)

    def ask(self, query: Query, ticket: int) -> None:
        """Answer at once, from memory."""
        self.queries.append(query)
        if self.hold:
            return
        self.bridge.announce(Answered(ticket, self._answer(query)))

    def submit(self, command: Command, ticket: int) -> None:
        """Carry a command out, or refuse it as told."""
        self.commands.append(command)
        if problem := self.problems.get(type(command)):
            self.bridge.announce(Refused(ticket, problem))
            return
        value = self.answers[type(command)](command) if type(command) in self.answers else None
        if isinstance(command, SendMessage):
            self.say(message(len(self.messages) + 1, "willow", command.body, mine=True, state=Delivery.QUEUED))
        if isinstance(command, AnnounceAll):
            self.bridge.announce(LinkChanged(1, Link.ONLINE))
        self.bridge.announce(Answered(ticket, value))

    def say(self, new: Message) -> None:
        """A message is stored and announced."""
        self.messages.append(new)
        self.bridge.announce(MessageStored(new))

    def sent(self, kind: type[Command]) -> list[Any]:
        """The commands of one class that came in."""
        return [c for c in self.commands if isinstance(c, kind)]

    def _answer(self, query: Query) -> object:
        if isinstance(query, ListAccounts):
            return self.accounts
        if isinstance(query, ListChats):
            return self.chats
        if isinstance(query, ReadPreferences):
            return self.preferences
        if isinstance(query, ListGaps):
            return tuple(gap for gap in self.gaps if gap.chat == query.chat)
        if isinstance(query, HistoryBefore):
            return tuple(m for m in self.messages if m.chat == query.chat and m.key < query.key)[-query.limit :]
        if isinstance(query, HistoryAfter):
            return tuple(m for m in self.messages if m.chat == query.chat and m.key > query.key)[: query.limit]
        if isinstance(query, SearchMessages):
            terms = parse(query.words)
            words = [word.text for word in terms.words]
            met = [m for m in reversed(self.messages) if all(word in m.body for word in words)]
            met = [m for m in met if query.older is None or (m.time, m.id) < query.older]
            met = [m for m in met if all(sender in m.sender for sender in terms.senders)]
            return SearchPage(tuple(excerpt(m, terms) for m in met[: query.limit]), len(met) > query.limit)
        raise AssertionError(query)
