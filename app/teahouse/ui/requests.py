"""What strangers want, as the window knows it, and in words."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from teahouse.domain.events import RequestsChanged
from teahouse.domain.jid import Jid
from teahouse.domain.looks import skeleton
from teahouse.domain.problem import Trouble
from teahouse.domain.request import Asking, Request
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.known import Known

ADDRESS = 400
"""Characters of an address that are shown where there is room for all of it."""


class Tray(QObject):
    """The requests of every account, also to see when we are online."""

    changed = Signal()

    def __init__(self, bridge: Bridge, known: Known, parent: QObject) -> None:
        super().__init__(parent)
        self._known = known
        self._told: dict[int, RequestsChanged] = {}
        bridge.on(RequestsChanged, self._take, self)
        known.contacts_changed.connect(lambda account: self.changed.emit())

    def every(self) -> list[Request]:
        """All that is held, newest first."""
        held = sorted((r for told in self._told.values() for r in told.requests), key=lambda r: (-r.time, -r.id))
        asking = (c for contacts in self._known.contacts.values() for c in contacts.values() if c.asking)
        return [*held, *(Request(0, c.account, Asking.SEE, c.jid, c.jid) for c in asking)]

    def lost(self) -> int:
        """How many older requests were not kept."""
        return sum(told.lost for told in self._told.values())

    def _take(self, events: Sequence[RequestsChanged]) -> None:
        self._told |= {event.account: event for event in events}
        self.changed.emit()


def wish(request: Request) -> str:
    """What is wanted, in a few words."""
    words = {Asking.TALK: _("wants to talk to you"), Asking.SEE: _("asks to see when you are online")}
    return words.get(request.kind, _("invites you to a room"))


def asker(request: Request) -> str:
    """The address that wants something: the stranger, or whoever invites; the room where it does not say who."""
    return label(request.inviter or request.jid, ADDRESS)


def explained(request: Request) -> str:
    """What the tray says of who it is and what accepting means."""
    if request.kind is Asking.TALK:
        return _("Not one of your contacts. If you accept, what they wrote goes into a chat.")
    if request.kind is Asking.SEE:
        return _("Accept only if you know them. Refusing tells them nothing more.")
    who = isolated(asker(request))
    if request.kind is Asking.ROOM:
        return _("The room says that {who} invites you. Look first: the card says who would see your address.").format(
            who=who
        )
    return _("{who} invites you. Look first: the card of the room says who would see your address.").format(who=who)


def resembled(request: Request, known: Known) -> str:
    """The address of a contact or chat that looks like the one of a request and is another; empty when none does."""
    wanted = _look(request.jid)
    addresses = {chat.jid for chat in known.chats.values() if chat.account == request.account}
    addresses |= known.contacts.get(request.account, {}).keys()
    addresses.discard(request.jid)
    return next((address for address in sorted(addresses) if _look(address) == wanted), "")


def _look(address: str) -> tuple[str, str]:
    try:
        jid = Jid.parse(address)
    except Trouble:
        return "", address
    return skeleton(jid.local), skeleton(jid.domain)
