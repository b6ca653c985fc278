"""The pane on the right: who can see what, and who is here."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListView, QMenu, QVBoxLayout

from teahouse.domain.chat import Chat, ChatKind, Occupant, Presence
from teahouse.domain.commands import AddContact
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.header import presence_words
from teahouse.ui.keeping import KeepingCard
from teahouse.ui.known import Known
from teahouse.ui.occupants import OCCUPANT, OccupantDelegate, OccupantsModel, row_height
from teahouse.ui.people import People, Who
from teahouse.ui.roomwords import facts_lines
from teahouse.ui.telling import TellingChoice
from teahouse.ui.widgets import Facts, button, frame, plain, row, tidy, tool

SEARCH_FROM = 20
AGAIN_AFTER_MS = 200


class Details(QFrame):
    """Cards about the open chat."""

    change_nick = Signal()
    change_subject = Signal()
    close_wanted = Signal()
    write_to = Signal(str)
    """An address to open a chat with."""

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self.setObjectName("details")
        self._bridge, self._known, self._naming = bridge, known, People(known)
        self._chat: Chat | None = None
        self.model = OccupantsModel(self)
        self._facts, self._person_facts = Facts(), Facts()
        self.count, self.nobody = plain("", 13, "ink2", bold=True), plain("", 13, "ink3", wrap=True)
        self.search, self.list = QLineEdit(), QListView()
        self.keeping, self.telling = KeepingCard(bridge), TellingChoice(bridge)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AGAIN_AFTER_MS)
        self._soon.timeout.connect(self._people)
        self._build()
        known.facts_changed.connect(self._facts_of)
        known.shield.changed.connect(self._facts_of)
        known.occupants_changed.connect(self._occupants_of)
        known.contacts_changed.connect(lambda account: self._person())
        known.links_changed.connect(self._linked)

    def show_chat(self, chat: Chat) -> None:
        """Show the details of a chat."""
        fresh = self._chat is None or self._chat.id != chat.id
        self._chat = chat
        self.keeping.show_chat(chat)
        self.telling.show_chat(chat)
        room = chat.kind is ChatKind.ROOM
        for part, shown in ((self._see, room), (self._here, room), (self._contact, not room)):
            part.setVisible(shown)
        self._reach()
        if fresh:
            self.search.clear()
            self._tell_facts()
            self._people()
        self._person()

    def show_close(self, wanted: bool) -> None:
        """Offer the way back, where this pane takes the place of the conversation."""
        self._close.setVisible(wanted)

    def _build(self) -> None:
        self._close = tool("back", _("Back to the conversation (Ctrl+I)"), self.close_wanted.emit)
        self._see, see = _card(_("Who can see what"))
        see.addLayout(self._facts)
        self._here, here = _card("")
        tidy(here, (0, 14, 0, 8), 6)
        head = row(self.count, spacing=8)
        tidy(head, (14, 0, 14, 0), 8)
        here.addLayout(head)
        here.addLayout(self._people_parts())
        here.addLayout(self._buttons())
        self._contact, contact = _card(_("This person"))
        contact.addLayout(self._person_facts)
        self._add = button(_("Add to contacts"), self._add_contact, "primary")
        contact.addWidget(self._add)
        contact.addSpacing(4)
        contact.addLayout(self.telling)
        layout = QVBoxLayout(self)
        tidy(layout, (16, 16, 16, 16), 14)
        layout.addWidget(self._close)
        layout.addWidget(self._see)
        layout.addWidget(self._here, 1000)
        layout.addWidget(self._contact)
        layout.addWidget(self.keeping)
        layout.addStretch(1)

    def _buttons(self) -> QHBoxLayout:
        self._nick = button(_("Change nick…"), self.change_nick.emit)
        self._subject = button(_("Subject…"), self.change_subject.emit)
        buttons = row(self._nick, self._subject, spacing=8)
        tidy(buttons, (14, 4, 14, 4), 8)
        return buttons

    def _people_parts(self) -> QVBoxLayout:
        self.search.setPlaceholderText(_("Find somebody"))
        self.search.setAccessibleName(_("Find somebody in this room"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list.setModel(self.model)
        self._delegate = OccupantDelegate(self.list, self._who)
        self.list.setItemDelegate(self._delegate)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(_("People here"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._popup)
        self.list.activated.connect(lambda index: self._popup(self.list.visualRect(index).center()))
        inner = QVBoxLayout()
        searching = row(self.search)
        tidy(searching, (14, 0, 14, 4))
        inner.addLayout(searching)
        self.nobody.setContentsMargins(14, 4, 14, 4)
        inner.addWidget(self.nobody)
        inner.addWidget(self.list, 1)
        return inner

    def _who(self, occupant: Occupant) -> Who:
        return self._naming.occupant(self._chat, occupant) if self._chat else Who(occupant.nick, occupant.nick)

    def _facts_of(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat:
            self._tell_facts()
            self._person()

    def _tell_facts(self) -> None:
        if self._chat is not None:
            shown = self._known.shield.fact(self._chat)
            self._facts.show_lines(facts_lines(self._known.facts.get(self._chat.id), shown))

    def _occupants_of(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat and not self._soon.isActive():
            self._soon.start()

    def _filter(self, words: str) -> None:
        self.model.filter(words)
        self._say_nobody()

    def _say_nobody(self) -> None:
        words = (
            _("Nobody here has that in their nick.") if self.search.text() else _("You see who is here once inside.")
        )
        self.nobody.setText(words)
        self.nobody.setVisible(not self.model.rowCount())

    def _linked(self) -> None:
        """The connection is there, or not: then it is only known who was here."""
        self._reach()
        self._people()
        self._person()

    def _reach(self) -> None:
        chat = self._chat
        inside = chat is not None and chat.presence is Presence.HERE and self._known.online(chat.account)
        for act in (self._nick, self._subject):
            act.setEnabled(inside)

    def _people(self) -> None:
        if self._chat is None or self._chat.kind is not ChatKind.ROOM:
            return
        there = self._known.occupants.get(self._chat.id, {})
        self.model.put(there.values())
        now = self._known.online(self._chat.account) or not there
        words = _("Here now · {n}") if now else _("Here before the connection broke · {n}")
        self.count.setText(words.format(n=f"{len(there):,}"))
        self._delegate.current = now
        self.list.viewport().update()
        searching = len(there) > SEARCH_FROM or bool(self.search.text())
        self.search.setVisible(searching)
        self._say_nobody()
        self._here.setMaximumHeight(max(1, len(there)) * row_height() + theme.scaled(150 if searching else 110))

    def _person(self) -> None:
        chat = self._chat
        if chat is None or chat.kind is ChatKind.ROOM:
            return
        contact = self._known.contact(chat)
        sub = contact.subscription if contact else "none"
        seen = {
            "both": _("You see each other's presence."),
            "to": _("You see when they are online; they do not see you."),
            "from": _("They see when you are online."),
        }.get(sub, _("Neither of you sees when the other is online."))
        self._person_facts.show_lines([
            ("at", "ink2", label(chat.jid)),
            ("people", "ink2", presence_words(contact.show if contact else "", known=self._known.online(chat.account))),
            ("eye", "ink2", seen),
            self._known.shield.fact(chat),
        ])  # fmt: skip
        self._add.setVisible(sub not in ("both", "to"))

    def _add_contact(self) -> None:
        if self._chat is not None:
            self._bridge.do(AddContact(self._chat.account, self._chat.jid))

    def menu(self, at: QPoint) -> QMenu | None:
        """What can be done with the person at a place of the list."""
        who = self.list.indexAt(at).data(OCCUPANT)
        if not (isinstance(who, Occupant) and who.jid and not who.mine):
            return None
        menu = QMenu(self)
        menu.addAction(
            _("Write to {nick}").format(nick=isolated(label(who.nick))), partial(self.write_to.emit, who.jid)
        )
        return menu

    def _popup(self, at: QPoint) -> None:
        if menu := self.menu(at):
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(at))

    def dress(self) -> None:
        """Another look has other heights."""
        self._people()


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = frame("card")
    layout = QVBoxLayout(card)
    tidy(layout, (14, 14, 14, 14), 10)
    if title:
        layout.addWidget(plain(title, 13, "ink2", bold=True))
    return card, layout
