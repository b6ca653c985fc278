"""The pane on the right: who can see what, and who is here."""

from functools import partial

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QMenu, QVBoxLayout

from teahouse.domain.chat import Chat, ChatKind, Occupant
from teahouse.domain.commands import AddContact
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.header import presence_words
from teahouse.ui.known import Known
from teahouse.ui.occupants import OCCUPANT, ROW, OccupantDelegate, OccupantsModel
from teahouse.ui.roomwords import facts_lines
from teahouse.ui.widgets import Facts, button, frame, plain, row, tidy

SEARCH_FROM = 20
AGAIN_AFTER_MS = 200


class Details(QFrame):
    """Cards about the open chat."""

    change_nick = Signal()
    change_subject = Signal()
    write_to = Signal(str)
    """An address to open a chat with."""

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self.setObjectName("details")
        self.setFixedWidth(288)
        self._bridge, self._known = bridge, known
        self._chat: Chat | None = None
        self.model = OccupantsModel(self)
        self._facts, self._person_facts = Facts(), Facts()
        self._count = plain("", 13, "ink2", bold=True)
        self.search, self.list = QLineEdit(), QListView()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AGAIN_AFTER_MS)
        self._soon.timeout.connect(self._people)
        self._build()
        known.facts_changed.connect(self._facts_of)
        known.occupants_changed.connect(self._occupants_of)
        known.contacts_changed.connect(lambda account: self._person())

    def show_chat(self, chat: Chat) -> None:
        """Show the details of a chat."""
        fresh = self._chat is None or self._chat.id != chat.id
        self._chat = chat
        room = chat.kind is ChatKind.ROOM
        for part, shown in ((self._see, room), (self._here, room), (self._contact, not room)):
            part.setVisible(shown)
        if fresh:
            self.search.clear()
            self._facts.show_lines(facts_lines(self._known.facts.get(chat.id)))
            self._people()
        self._person()

    def _build(self) -> None:
        self._see, see = _card(_("Who can see what"))
        see.addLayout(self._facts)
        self._here, here = _card("")
        tidy(here, (0, 14, 0, 8), 6)
        head = row(self._count, spacing=8)
        tidy(head, (14, 0, 14, 0), 8)
        here.addLayout(head)
        here.addLayout(self._people_parts())
        buttons = row(
            button(_("Change nick…"), self.change_nick.emit), button(_("Subject…"), self.change_subject.emit), spacing=8
        )
        tidy(buttons, (14, 4, 14, 4), 8)
        here.addLayout(buttons)
        self._contact, contact = _card(_("This person"))
        contact.addLayout(self._person_facts)
        self._add = button(_("Add to contacts"), self._add_contact, "primary")
        contact.addWidget(self._add)
        layout = QVBoxLayout(self)
        tidy(layout, (16, 16, 16, 16), 14)
        layout.addWidget(self._see)
        layout.addWidget(self._here, 1000)
        layout.addWidget(self._contact)
        layout.addStretch(1)

    def _people_parts(self) -> QVBoxLayout:
        self.search.setPlaceholderText(_("Find somebody"))
        self.search.setAccessibleName(_("Find somebody in this room"))
        self.search.textChanged.connect(self.model.filter)
        self.list.setModel(self.model)
        self.list.setItemDelegate(OccupantDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setAccessibleName(_("People here"))
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        inner = QVBoxLayout()
        searching = row(self.search)
        tidy(searching, (14, 0, 14, 4))
        inner.addLayout(searching)
        inner.addWidget(self.list, 1)
        return inner

    def _facts_of(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat:
            self._facts.show_lines(facts_lines(self._known.facts.get(chat)))

    def _occupants_of(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat and not self._soon.isActive():
            self._soon.start()

    def _people(self) -> None:
        if self._chat is None or self._chat.kind is not ChatKind.ROOM:
            return
        there = self._known.occupants.get(self._chat.id, {})
        self.model.put(there.values())
        self._count.setText(_("Here now · {n}").format(n=f"{len(there):,}"))
        self.search.setVisible(len(there) > SEARCH_FROM)
        self._here.setMaximumHeight(theme.scaled(len(there) * ROW + (150 if len(there) > SEARCH_FROM else 104)))

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
            ("people", "ink2", presence_words(contact.show if contact else "")),
            ("eye", "ink2", seen),
            ("lock", "amber", _("Not encrypted: your servers can read this.")),
        ])  # fmt: skip
        self._add.setVisible(sub not in ("both", "to"))

    def _add_contact(self) -> None:
        if self._chat is not None:
            self._bridge.do(AddContact(self._chat.account, self._chat.jid))

    def _menu(self, at: QPoint) -> None:
        who = self.list.indexAt(at).data(OCCUPANT)
        if isinstance(who, Occupant) and who.jid and not who.mine:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(_("Write to {nick}").format(nick=label(who.nick)), partial(self.write_to.emit, who.jid))
            menu.popup(self.list.viewport().mapToGlobal(at))


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = frame("card")
    layout = QVBoxLayout(card)
    tidy(layout, (14, 14, 14, 14), 10)
    if title:
        layout.addWidget(plain(title, 13, "ink2", bold=True))
    return card, layout
