"""What can be done with messages, as a menu."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from teahouse.domain.commands import DiscardMessage, SendAgain
from teahouse.domain.message import Delivery, Message
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.hooks import Hooks

_STUCK = (Delivery.UNSURE, Delivery.FAILED)


def message_menu(
    parent: QWidget, bridge: Bridge, hooks: Hooks, messages: Sequence[Message], copy: Callable[[], None]
) -> QMenu:
    """The menu of some messages; a single one has more."""
    menu = QMenu(parent)
    menu.addAction(_("Copy"), copy)
    if len(messages) != 1:
        return menu
    message = messages[0]
    if message.mine and message.state in _STUCK:
        menu.addAction(_("Send again"), partial(bridge.do, SendAgain(message.id)))
    if message.mine and message.state in (*_STUCK, Delivery.QUEUED):
        menu.addAction(_("Discard"), partial(bridge.do, DiscardMessage(message.id)))
    for source in hooks.menus:
        for action in source(message):
            menu.addAction(action.title, partial(bridge.do, action.command))
    return menu
