"""Opens the sheets that the user wants: join, write, rename, follow a link, prefer."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat
from teahouse.domain.commands import ChangeNick, OpenPerson, SetSubject
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.asked import Asked
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.identity import IdentitySheet
from teahouse.ui.dialogs.link import LinkSheet, Openers
from teahouse.ui.dialogs.person import PersonSheet
from teahouse.ui.dialogs.preferences import PreferencesSheet
from teahouse.ui.dialogs.question import ask_text
from teahouse.ui.known import Known
from teahouse.ui.preferences import Preferences


class Asking(QObject):
    """Every sheet of the main window, by what it is for."""

    def __init__(self, window: QWidget, bridge: Bridge, known: Known, show: Callable[[Chat], None]) -> None:
        super().__init__(window)
        self._window, self._bridge, self._known, self._show = window, bridge, known, show
        Asked(window, bridge)

    def browse(self, account: Account, room: str = "") -> None:
        """Join a room."""
        BrowseRoomsSheet(self._window, self._bridge, self._known, account, self._show, room).open()

    def first_room(self, browse: Callable[[], None]) -> None:
        """Lead somebody new to a room as soon as they are online; whoever has chats already is left alone."""
        known = self._known

        def look() -> None:
            if known.loaded and any(known.online(number) for number in known.accounts):
                known.links_changed.disconnect(look)
                if not known.chats:
                    browse()

        known.links_changed.connect(look)
        look()

    def person(self, account: Account) -> None:
        """Write to somebody."""
        PersonSheet(self._window, self._bridge, account, self._show).open()

    def write_to(self, account: int, address: str) -> None:
        """Open a chat with a known address."""
        self._bridge.do(OpenPerson(account, address.partition("/")[0]), self._show)

    def link(self, address: str, openers: Openers) -> None:
        """Say where a link goes before it is opened outside."""
        LinkSheet(self._window, address, openers).open()

    def preferences(self, preferences: Preferences) -> None:
        """Show the preferences."""
        accounts = tuple(self._known.accounts.values())
        PreferencesSheet(self._window, preferences, accounts, lambda one: self.identity(preferences, one)).open()

    def identity(self, preferences: Preferences, account: Account) -> None:
        """Show the settings of one identity."""
        IdentitySheet(self._window, self._bridge, preferences, account).open()

    def nick(self, chat: Chat) -> None:
        """Take another nick in a room."""
        title = _("Your nick in {title}").format(title=isolated(label(chat.title, 60)))
        ask_text(self._window, title, chat.nick, _("Change"), lambda n: self._bridge.do(ChangeNick(chat.id, n)))

    def subject(self, chat: Chat) -> None:
        """Change the subject of a room."""
        title = _("Subject of {title}").format(title=isolated(label(chat.title, 60)))
        ask_text(self._window, title, chat.subject, _("Change"), lambda t: self._bridge.do(SetSubject(chat.id, t)))
