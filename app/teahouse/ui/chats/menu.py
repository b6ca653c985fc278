"""What can be done with a chat, as a menu."""

from functools import partial

from PySide6.QtWidgets import QMenu, QWidget

from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.commands import LeaveRoom, MarkRead, RemoveChat
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.carry import ExportSheet
from teahouse.ui.dialogs.question import confirm
from teahouse.ui.keeping import keep_menu

EVERYTHING = 1 << 62


def chat_menu(parent: QWidget, bridge: Bridge, chat: Chat) -> QMenu:
    """The menu of one chat."""
    menu = QMenu(parent)
    if chat.unread:
        menu.addAction(_("Mark as read"), partial(bridge.do, MarkRead(chat.id, EVERYTHING)))
    if chat.kind is ChatKind.ROOM and chat.presence in (Presence.HERE, Presence.ENTERING):
        menu.addAction(_("Leave the room"), partial(bridge.do, LeaveRoom(chat.id)))
    keep_menu(menu, parent, bridge, chat)
    menu.addAction(_("Export…"), lambda: ExportSheet(parent, bridge, chat).open())
    menu.addSeparator()
    menu.addAction(_("Remove…"), partial(_ask_remove, parent, bridge, chat))
    return menu


def _ask_remove(parent: QWidget, bridge: Bridge, chat: Chat) -> None:
    confirm(
        parent,
        _("Remove {title}?").format(title=isolated(label(chat.title))),
        _("You leave it, and its history is taken off this computer. This cannot be undone."),
        _("Remove"),
        partial(bridge.do, RemoveChat(chat.id)),
    )
