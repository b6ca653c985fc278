"""What can be done with messages, as a menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from teahouse.domain.commands import DiscardMessage, SendAgain
from teahouse.domain.message import Delivery, Message
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.layout import links
from teahouse.ui.hooks import Hooks
from teahouse.ui.keeping import ask_delete

_STUCK = (Delivery.UNSURE, Delivery.FAILED)
MOST_LINKS = 10


@dataclass(frozen=True, slots=True)
class Ways:
    """What the view itself can do with messages."""

    copy: Callable[[], None]
    link: Callable[[str], None]
    whole: Callable[[Message], None]
    fetch: Callable[[], None] | None = None
    """Fetches what is missing above the message, None where nothing is."""


def message_menu(parent: QWidget, bridge: Bridge, hooks: Hooks, messages: Sequence[Message], ways: Ways) -> QMenu:
    """The menu of some messages; a single one has more."""
    menu = QMenu(parent)
    menu.addAction(_("Copy"), ways.copy)
    delete = partial(ask_delete, parent.window(), bridge, messages)
    if len(messages) != 1:
        menu.addAction(_("Delete here…"), delete)
        return menu
    message = messages[0]
    addresses = dict.fromkeys(address for _start, _length, address in links(message.body))
    for address in list(addresses)[:MOST_LINKS]:
        shown = label(address, 60).replace("&", "&&")
        menu.addAction(_("Open {address}…").format(address=shown), partial(ways.link, address))
    menu.addAction(_("Show the whole message"), partial(ways.whole, message))
    if ways.fetch is not None:
        menu.addAction(_("Fetch the missing history"), ways.fetch)
    if message.mine and message.state in _STUCK:
        menu.addAction(_("Send again"), partial(bridge.do, SendAgain(message.id)))
    if message.mine and message.state in (*_STUCK, Delivery.QUEUED):
        menu.addAction(_("Discard"), partial(bridge.do, DiscardMessage(message.id)))
    for source in hooks.menus:
        for action in source(message):
            menu.addAction(action.title, partial(bridge.do, action.command))
    menu.addAction(_("Delete here…"), delete)
    return menu
