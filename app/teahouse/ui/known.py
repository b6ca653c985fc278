"""What the window has been told and must remember: accounts, links, contacts, rooms."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from teahouse.domain.account import Account, Link
from teahouse.domain.chat import Chat, ChatKind, Occupant, RoomFacts
from teahouse.domain.contact import Contact
from teahouse.domain.events import (
    AccountStored,
    ChatRemoved,
    ChatStored,
    CircuitShown,
    ContactsChanged,
    LinkChanged,
    OccupantsChanged,
    RoomDescribed,
    TorChanged,
)
from teahouse.domain.queries import ListAccounts, ListChats
from teahouse.domain.tor import Circuit, TorStatus
from teahouse.ui.bridge import Bridge
from teahouse.ui.shield import Shield


class Known(QObject):
    """The window's memory of what the engine announced, with a signal for each part."""

    accounts_changed = Signal()
    links_changed = Signal()
    chats_changed = Signal(list)
    chat_removed = Signal(int)
    chats_loaded = Signal()
    occupants_changed = Signal(int)
    facts_changed = Signal(int)
    contacts_changed = Signal(int)
    tor_changed = Signal()
    """How far tor is, or the circuit of an account."""

    def __init__(self, bridge: Bridge, shield: Shield | None = None) -> None:
        super().__init__()
        self.shield = shield or Shield()
        """Who can read what is written in a chat."""
        self.shield.setParent(self)
        self.accounts: dict[int, Account] = {}
        self.links: dict[int, LinkChanged] = {}
        self.chats: dict[int, Chat] = {}
        self.occupants: dict[int, dict[str, Occupant]] = {}
        self.facts: dict[int, RoomFacts] = {}
        self.contacts: dict[int, dict[str, Contact]] = {}
        self.tor = TorStatus()
        self.circuits: dict[int, Circuit] = {}
        self.loaded = False
        bridge.on(AccountStored, self._account, self)
        bridge.on(LinkChanged, self._link, self)
        bridge.on(ChatStored, self._chat, self)
        bridge.on(ChatRemoved, self._removed, self)
        bridge.on(OccupantsChanged, self._occupants, self)
        bridge.on(RoomDescribed, self._described, self)
        bridge.on(ContactsChanged, self._roster, self)
        bridge.on(TorChanged, self._tor, self)
        bridge.on(CircuitShown, self._circuit, self)
        bridge.ask(ListAccounts(), self._listed)
        bridge.ask(ListChats(), self._chats)

    def online(self, account: int) -> bool:
        """Whether this account's connection is up."""
        link = self.links.get(account)
        return link is not None and link.link is Link.ONLINE

    def among_others(self, account: int) -> Account | None:
        """An identity that could be taken for another, None when there is no other."""
        return self.accounts.get(account) if len(self.accounts) > 1 else None

    def nick(self, chat: Chat) -> str:
        """As whom we write in a chat."""
        account = self.accounts.get(chat.account)
        return chat.nick or (account.nick if account else "") or (account.jid.partition("@")[0] if account else "")

    def contact(self, chat: Chat) -> Contact | None:
        """The roster entry of the person of a 1:1 chat."""
        return self.contacts.get(chat.account, {}).get(chat.jid)

    def here(self, chat: Chat) -> int:
        """How many people are in a room now."""
        return len(self.occupants.get(chat.id, ())) or chat.occupants

    def _listed(self, accounts: Sequence[Account]) -> None:
        self.accounts = {a.id: a for a in accounts} | self.accounts
        self.accounts_changed.emit()

    def _account(self, events: Sequence[AccountStored]) -> None:
        self.accounts |= {e.account.id: e.account for e in events}
        self.accounts_changed.emit()

    def _link(self, events: Sequence[LinkChanged]) -> None:
        self.links |= {e.account: e for e in events}
        for event in events:
            if event.link is not Link.ONLINE:
                self.circuits.pop(event.account, None)
        self.links_changed.emit()

    def _tor(self, events: Sequence[TorChanged]) -> None:
        self.tor = events[-1].status
        self.tor_changed.emit()

    def _circuit(self, events: Sequence[CircuitShown]) -> None:
        for event in events:
            if event.circuit is None:
                self.circuits.pop(event.account, None)
            else:
                self.circuits[event.account] = event.circuit
        self.tor_changed.emit()

    def _chats(self, chats: Sequence[Chat]) -> None:
        self.chats = {c.id: c for c in self._named(chats)} | self.chats
        self.loaded = True
        self.chats_changed.emit(list(self.chats.values()))
        self.chats_loaded.emit()

    def _chat(self, events: Sequence[ChatStored]) -> None:
        fresh = {c.id: c for c in self._named(e.chat for e in events)}
        self.chats |= fresh
        self.chats_changed.emit(list(fresh.values()))

    def _removed(self, events: Sequence[ChatRemoved]) -> None:
        for event in events:
            for memory in (self.chats, self.occupants, self.facts):
                memory.pop(event.chat, None)
            self.chat_removed.emit(event.chat)

    def _occupants(self, events: Sequence[OccupantsChanged]) -> None:
        for event in events:
            there = {} if event.whole else self.occupants.get(event.chat, {})
            there.update((o.nick, o) for o in event.present)
            for nick in event.gone:
                there.pop(nick, None)
            self.occupants[event.chat] = there
        for chat in {e.chat for e in events}:
            self.occupants_changed.emit(chat)

    def _described(self, events: Sequence[RoomDescribed]) -> None:
        for event in events:
            self.facts[event.chat] = event.facts
            self.facts_changed.emit(event.chat)

    def _roster(self, events: Sequence[ContactsChanged]) -> None:
        for event in events:
            self.contacts[event.account] = {c.jid: c for c in event.contacts}
            self.contacts_changed.emit(event.account)
        if renamed := [c for c in self._named(self.chats.values()) if c != self.chats[c.id]]:
            self.chats |= {c.id: c for c in renamed}
            self.chats_changed.emit(renamed)

    def _named(self, chats: Iterable[Chat]) -> list[Chat]:
        """The chats, those with people under the names we gave them."""
        named = []
        for chat in chats:
            contact = self.contact(chat) if chat.kind is ChatKind.PERSON else None
            named.append(replace(chat, title=contact.name) if contact and contact.name else chat)
        return named


def visibility(chat: Chat, facts: RoomFacts | None) -> str:
    """Who learns our address by what we write here, in one sentence; empty when nothing is known."""
    if chat.kind is ChatKind.PERSON:
        return ""
    if facts is None or facts.anonymous is None:
        return ""
    return "moderators" if facts.anonymous else "everyone"
