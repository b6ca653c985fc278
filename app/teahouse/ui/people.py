"""What somebody is called and which colour they have, decided here for the whole window.

The rule: oneself has the colour of the account's address, everybody else the colour of the name that is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from teahouse.domain.account import Account
from teahouse.domain.chat import Affiliation, Chat, ChatKind, Occupant, Role
from teahouse.domain.looks import skeleton
from teahouse.domain.message import Message
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.known import Known


@dataclass(frozen=True, slots=True)
class Who:
    """A name, the text its colour comes from, and what they are in the room, in a word."""

    name: str
    seed: str
    badge: str = ""
    clash: str = ""
    """Whom the name could be taken for, in words; empty when for nobody."""
    direct: bool = field(default=False, compare=False)
    """Whether what they write goes to one person: then it has arrived only when that person's device says so."""


def by_sender(message: Message) -> Who:
    """Whoever wrote a message, when nothing else is known."""
    return Who(message.sender, message.sender, clash=alike(message.sender, ()) if message.clash else "")


def myself(account: Account) -> Who:
    """The identity of an account."""
    return Who(account.nick or account.jid.partition("@")[0], account.jid)


def person(chat: Chat) -> Who:
    """The other one of a 1:1 chat: the name we gave them, else the local part of their address."""
    name = chat.title if chat.title not in ("", chat.jid) else chat.jid.partition("@")[0]
    return Who(name, name)


def standing(who: Occupant) -> str:
    """What somebody is in the room, in a word; empty for most."""
    if who.affiliation is Affiliation.OWNER:
        return _("owner")
    if who.affiliation is Affiliation.ADMIN:
        return _("admin")
    if who.role is Role.MODERATOR:
        return _("moderator")
    return ""


def alike(nick: str, there: Iterable[Occupant]) -> str:
    """Whom a nick that is marked as a clash could be taken for, in words."""
    look = skeleton(nick)
    if not look:
        return _("This name cannot be seen")
    twins = (who.nick for who in there if who.clash and who.nick != nick and skeleton(who.nick) == look)
    if twin := next(twins, ""):
        return _("Looks like {name}, but is another person").format(name=isolated(label(twin)))
    return _("Looks like the name of somebody else here")


class People:
    """Says who wrote a message, or who somebody in a room is, by what the window knows."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def author(self, message: Message) -> Who:
        """Who wrote a message. The badge is that of whoever has the nick now."""
        chat = self._known.chats.get(message.chat)
        if chat is None:
            return by_sender(message)
        account = self._known.accounts.get(message.account)
        if chat.kind is ChatKind.PERSON:
            own = myself(account) if account else by_sender(message)
            return replace(own, direct=True) if message.mine else person(chat)
        everybody = self._known.occupants.get(chat.id, {})
        there = everybody.get(message.sender)
        clash = alike(message.sender, everybody.values()) if message.clash else ""
        seed = account.jid if message.mine and account else message.sender
        return Who(message.sender, seed, standing(there) if there else "", clash)

    def occupant(self, chat: Chat, who: Occupant) -> Who:
        """Somebody in a room."""
        account = self._known.accounts.get(chat.account) if who.mine else None
        return Who(who.nick, account.jid if account else who.nick, standing(who))
