"""The main window: rail, chats, conversation, details, strip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow

from teahouse.domain.account import Account, Link
from teahouse.domain.chat import Chat
from teahouse.domain.commands import AnnounceAll, Connect, Disconnect
from teahouse.domain.events import WentWrong
from teahouse.domain.message import Message
from teahouse.i18n import _
from teahouse.ui.asking import Asking
from teahouse.ui.bridge import Bridge
from teahouse.ui.hooks import Hooks, Place
from teahouse.ui.known import Known
from teahouse.ui.menus import main_menu
from teahouse.ui.opening import Opening
from teahouse.ui.panes import Panes
from teahouse.ui.preferences import Preferences, SaveAppearance
from teahouse.ui.shortcuts import show_keys, table


@dataclass(frozen=True, slots=True)
class WindowActions:
    """What the window wants done outside itself."""

    add_identity: Callable[[], None]
    quit: Callable[[], None]
    openers: Mapping[str, Callable[[str], None]] = field(default_factory=dict)
    """Open a web address outside this process."""
    save_appearance: SaveAppearance | None = None
    """Keeps (theme, language) where they are readable before the vault is open."""
    sealed: bool = False
    """Whether the kernel refuses this process every network socket."""
    practice: bool = False
    """Whether this is the practice profile, which is deleted at the end."""


class MainWindow(QMainWindow):
    """Puts the panes together; each keeps itself true."""

    chat_shown = Signal(int)

    def __init__(
        self,
        bridge: Bridge,
        actions: WindowActions,
        preferences: Preferences,
        hooks: Hooks | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Teahouse")
        self.resize(1280, 800)
        self.setMinimumSize(420, 400)
        self._bridge, self._actions = bridge, actions
        self._account = 0
        self._entries = hooks.entries if hooks else ()
        self._preferences = preferences
        self._preferences.read()
        self.known = Known(bridge, hooks.shield(bridge) if hooks and hooks.shield else None)
        self.known.setParent(self)
        self.panes = Panes(bridge, self.known, hooks)
        self.rail, self.chats, self.strip = self.panes.rail, self.panes.chats, self.panes.strip
        self.conversation, self.details, self.empty = self.panes.conversation, self.panes.details, self.panes.empty
        self.setCentralWidget(self.panes)
        self.asking = Asking(self, bridge, self.known, self.open_chat)
        self._opening = Opening(self, bridge, self._first)
        self._connect()
        bridge.do(AnnounceAll())

    def open_chat(self, chat: Chat, message: Message | None = None) -> None:
        """Show a chat."""
        self.known.chats.setdefault(chat.id, chat)
        self.panes.show_chat(chat, message)
        self._identity()
        self._opening.opened(chat)
        self.chat_shown.emit(chat.id)

    def current_account(self) -> Account | None:
        """The identity of the open chat, or the first one."""
        chat = self.conversation.chat
        wanted = chat.account if chat else self._account
        return self.known.accounts.get(wanted) or next(iter(self.known.accounts.values()), None)

    def browse(self, room: str = "") -> None:
        """Join a room."""
        if account := self.current_account():
            self.asking.browse(account, room)

    def _person(self) -> None:
        if account := self.current_account():
            self.asking.person(account)

    def _connect(self) -> None:
        known = self.known
        self.chats.chosen.connect(self._chosen)
        self.chats.found.connect(self._found)
        for page in (self.chats, self.empty):
            page.browse.connect(self.browse)
            page.person.connect(self._person)
        self.rail.add.connect(self._actions.add_identity)
        self.rail.chosen.connect(self._only)
        self.rail.menu.connect(self._menu)
        known.tor_changed.connect(self._identity)
        self.conversation.header.details.connect(self.panes.toggle_details)
        self.conversation.link.connect(self._link)
        self.details.change_nick.connect(lambda: self._of_chat(self.asking.nick))
        self.details.change_subject.connect(lambda: self._of_chat(self.asking.subject))
        self.details.write_to.connect(
            lambda address: self._of_chat(lambda chat: self.asking.write_to(chat.account, address))
        )
        for changed in (known.accounts_changed, known.links_changed):
            changed.connect(self._identity)
        known.chats_loaded.connect(self._first)
        known.chats_changed.connect(self._chats_changed)
        known.chat_removed.connect(self._removed)
        self._bridge.on(WentWrong, self._went_wrong, self)
        acts = self._acts()
        for entry in table():
            for keys in entry.keys:
                QShortcut(QKeySequence(keys), self).activated.connect(acts[entry.action])

    def _acts(self) -> dict[str, Callable[[], object]]:
        view = self.conversation.view
        numbers = {f"chat-{n}": partial(self.chats.nth, n) for n in range(1, 10)}
        return {
            "find-anything": self.panes.find_anything,
            "next-chat": partial(self.chats.step, 1),
            "previous-chat": partial(self.chats.step, -1),
            "find-in-chat": self.conversation.open_find,
            "browse": self.browse,
            "person": self._person,
            "requests": self.chats.requests.show_all,
            "unread": view.jump_to_unread,
            "latest": view.jump_to_latest,
            "write": self.conversation.composer.box.setFocus,
            "details": self.panes.toggle_details,
            "back": self.panes.to_list,
            "next-pane": partial(self.panes.cycle, 1),
            "previous-pane": partial(self.panes.cycle, -1),
            "menu": self._menu,
            "preferences": partial(self.asking.preferences, self._preferences),
            "shortcuts": partial(show_keys, self),
            "way": self.strip.show_way,
            "quit": self._actions.quit,
            **numbers,
        }

    def _menu(self) -> None:
        account = self.current_account()
        online = account is not None and self.known.online(account.id)
        entries: list[tuple[str, Callable[[], object]]] = [
            (_("Join a room…"), self.browse),
            (_("Write to a person…"), self._person),
            (_("Add an identity…"), self._actions.add_identity),
        ]
        if account is not None:
            place = Place(self, self._bridge, self.known, account, self.open_chat)
            entries[2:2] = [(entry.title(), partial(entry.open, place)) for entry in self._entries]
            command = Disconnect(account.id) if online else Connect(account.id)
            entries.append((_("This identity…"), partial(self.asking.identity, self._preferences, account)))
            entries.append((_("Go offline") if online else _("Connect now"), partial(self._bridge.do, command)))
        entries += [
            (_("Preferences…"), partial(self.asking.preferences, self._preferences)),
            (_("Keyboard"), partial(show_keys, self)),
            (_("Quit"), self._actions.quit),
        ]
        main_menu(self.rail.menu_button(), entries)

    def _of_chat(self, act: Callable[[Chat], None]) -> None:
        if self.conversation.chat is not None:
            act(self.conversation.chat)

    def _chosen(self, chat: int) -> None:
        if (value := self.known.chats.get(chat)) is not None:
            self.open_chat(value)

    def _found(self, message: Message) -> None:
        if (chat := self.known.chats.get(message.chat)) is not None:
            self.open_chat(chat, message)

    def _only(self, account: int) -> None:
        self._account = 0 if self._account == account else account
        self.chats.model.only(self._account)
        self._identity()

    def _link(self, address: str) -> None:
        if address.startswith("xmpp:"):
            self.browse(address.removeprefix("xmpp:").partition("?")[0])
        else:
            self.asking.link(address, self._actions.openers)

    def _first(self) -> None:
        """Open a chat when none is open."""
        if self.conversation.chat is None and (chat := self._opening.choose(self.chats.model.order())) is not None:
            self.open_chat(chat)

    def _chats_changed(self, chats: list[Chat]) -> None:
        for chat in chats:
            if self.conversation.chat is not None and chat.id == self.conversation.chat.id:
                self.details.show_chat(chat)
        if self.known.loaded:
            self._first()

    def _removed(self, chat: int) -> None:
        if self.conversation.chat is not None and self.conversation.chat.id == chat:
            self.panes.show_nothing()

    def _identity(self) -> None:
        account = self.current_account()
        self.rail.show_accounts(self.known.accounts, self.known.links, self._account or (account.id if account else 0))
        if account is None:
            return
        link = self.known.links.get(account.id)
        self.strip.show_account(account, link)
        off = link is not None and link.link in (Link.OFF, Link.WAITING)
        told = (_("You are offline."), _("What you write is kept and sent when you are back.")) if off else ("", "")
        self.conversation.banner.stand(*told)

    def _went_wrong(self, events: Sequence[WentWrong]) -> None:
        for event in events:
            self.conversation.banner.show_problem(event.problem)
            self.empty.banner.show_problem(event.problem)

    def changeEvent(self, event: QEvent) -> None:
        """What is in sight is read once the window is active."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.conversation.view.mark_read()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the draft, then quit."""
        self.conversation.composer.save_draft()
        super().closeEvent(event)
        self._actions.quit()
