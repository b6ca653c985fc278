"""Browse a service's rooms, read the card of one, and join it."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, RoomFacts, RoomListing
from teahouse.domain.commands import AskRoom, BrowseRooms, JoinRoom
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.text import isolated, label
from teahouse.i18n import _, ngettext
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.known import Known
from teahouse.ui.problems import sentence
from teahouse.ui.roomwords import Line, facts_lines
from teahouse.ui.widgets import Facts, frame, plain, tidy

MOST = 2000
_LISTING = Qt.ItemDataRole.UserRole + 1


class BrowseRoomsSheet(Sheet):
    """Rooms on the left, the chosen one's card on the right. `joined` is told the chat once inside."""

    def __init__(
        self,
        parent: QWidget | None,
        bridge: Bridge,
        known: Known,
        account: Account,
        joined: Callable[[Chat], None],
        room: str = "",
    ) -> None:
        super().__init__(parent, _("Join a room"), _("Choose a room, or type the address of one."), 720)
        self._bridge, self._known, self._account, self._joined = bridge, known, account, joined
        self._listings: Sequence[RoomListing] = ()
        self._asked = self._read = ""
        self._shown = False
        """Whether the card said that everybody in the room sees the address, or may see it."""
        self.service, self.address = QLineEdit(), QLineEdit(room)
        self.nick, self.password = QLineEdit(account.nick), QLineEdit()
        self.rooms, self._filter, self._facts = QListWidget(), QLineEdit(), Facts()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._build()
        if room:
            self._look()
        self._browse()

    def _build(self) -> None:
        for field, name in (
            (self._filter, _("Find a room in this list")),
            (self.service, _("Another service, for example rooms.example")),
            (self.address, _("Address of the room")),
            (self.nick, _("Your nick")),
            (self.password, _("Password of the room, if it wants one")),
        ):
            field.setPlaceholderText(name)
            field.setAccessibleName(name)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.rooms.setAccessibleName(_("Rooms"))
        self.rooms.setObjectName("card")
        self.rooms.setMinimumHeight(300)
        self._filter.textChanged.connect(self._show)
        self.service.editingFinished.connect(self._browse)
        # Not the current item: a list that gets the focus makes its first one current, and would overwrite the address.
        self.rooms.itemSelectionChanged.connect(self._picked)
        self.rooms.itemActivated.connect(lambda item: self.nick.setFocus())
        self.address.editingFinished.connect(self._look)
        left = QVBoxLayout()
        self.none = plain("", 13, "ink3", wrap=True)
        self.none.hide()
        for part in (self._filter, self.none, self.rooms, self._busy, self.service):
            left.addWidget(part)
        right = QVBoxLayout()
        right.addWidget(self.address)
        right.addWidget(self._card_frame(), 1)
        right.addWidget(self.nick)
        right.addWidget(self.password)
        both = QHBoxLayout()
        tidy(both, spacing=16)
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        self.body.addLayout(both, 1)
        self.finish(_("Join"), self.join)
        for one in (self.act, self.away):
            one.setDefault(False)
            one.setAutoDefault(False)
        self.nick.returnPressed.connect(self.join)
        self.password.returnPressed.connect(self.join)
        self.address.textChanged.connect(self._gate)
        self._order()
        self._gate()
        self._card(None)

    def _order(self) -> None:
        fields = (self._filter, self.rooms, self.service, self.address, self.nick, self.password)
        for one, next_one in itertools.pairwise((*fields, self.act, self.away)):
            QWidget.setTabOrder(one, next_one)

    def _card_frame(self) -> QFrame:
        card = frame("card")
        inside = QVBoxLayout(card)
        tidy(inside, (14, 14, 14, 14), 10)
        self._name, self._about = plain("", 15, bold=True, wrap=True), plain("", 13, "ink2", wrap=True)
        inside.addWidget(self._name)
        inside.addWidget(self._about)
        inside.addLayout(self._facts)
        inside.addStretch(1)
        return card

    def join(self) -> None:
        """Enter the room that stands in the address field."""
        room, nick = self.address.text().strip(), self.nick.text().strip()
        if room != self._read:
            self._look()
            return
        if not room or not nick:
            self.complain(_("Choose a room and a nick first."))
            return
        self.complain("")
        self.act.setEnabled(False)
        command = JoinRoom(self._account.id, room, nick, self.password.text(), self._shown)
        self._bridge.do(command, self._inside, self._refused)

    def _gate(self) -> None:
        """One may join only what was looked at: the card comes first."""
        room = self.address.text().strip()
        self.act.setEnabled(bool(room) and room == self._read)

    def _browse(self) -> None:
        self._busy.show()
        command = BrowseRooms(self._account.id, self.service.text().strip())
        self._bridge.do(command, self._listed, self._no_list)

    def _listed(self, listings: Sequence[RoomListing]) -> None:
        self._busy.hide()
        self._listings = sorted(listings, key=lambda r: (-r.occupants, r.name.casefold()))
        self._show()

    def _no_list(self, problem: Problem) -> None:
        self._busy.hide()
        self.complain(sentence(problem))

    def _show(self) -> None:
        words = self._filter.text().casefold().split()
        self.rooms.blockSignals(True)
        self.rooms.clear()
        shown = (r for r in self._listings if all(w in f"{r.name} {r.jid}".casefold() for w in words))
        for listing in itertools.islice(shown, MOST):
            count = ngettext("{n} here", "{n} here", listing.occupants).format(n=listing.occupants)
            title = label(listing.name or listing.jid, 60)
            item = QListWidgetItem(f"{title} · {count}" if listing.occupants >= 0 else title)
            item.setToolTip("")
            item.setData(_LISTING, listing)
            self.rooms.addItem(item)
        self.rooms.blockSignals(False)
        self.none.setText(_("No room has that in its name.") if words else _("This service lists no rooms."))
        self.none.setVisible(not self.rooms.count())

    def _picked(self) -> None:
        for item in self.rooms.selectedItems():
            self.address.setText(item.data(_LISTING).jid)
            self._look()

    def _look(self) -> None:
        room = self.address.text().strip()
        if room and room != self._asked:
            self._asked = room
            self._card(None)
            self._bridge.do(
                AskRoom(self._account.id, room), partial(self._described, room), partial(self._unknown, room)
            )

    def _described(self, room: str, facts: RoomFacts) -> None:
        if room == self._asked:
            self.complain("")
            self._card(facts)
            self._read = room
            self._gate()

    def _unknown(self, room: str, problem: Problem) -> None:
        if room == self._asked:
            self.complain(sentence(problem))
            self._read = room
            self._gate()

    def _card(self, facts: RoomFacts | None) -> None:
        self._shown = facts is not None and facts.anonymous is not True
        self._name.setText(label(facts.name or self._asked) if facts else label(self._asked) or _("No room chosen"))
        self._about.setText(label(facts.description, 300) if facts else "")
        self._about.setVisible(bool(facts and facts.description))
        self._facts.show_lines([*self._elsewhere(), *(facts_lines(facts) if facts else [])])
        self.password.setVisible(bool(facts and facts.password))

    def _elsewhere(self) -> list[Line]:
        """Another identity that knows this room: whoever sees both come and go may think them one."""
        others = {c.account for c in self._known.chats.values() if c.jid == self._asked} - {self._account.id}
        names = [label(self._known.accounts[other].jid) for other in others if other in self._known.accounts]
        words = _("{address} is in this room too. Others may notice that you come and go together.")
        return [("alert", "amber", words.format(address=isolated(name))) for name in sorted(names)]

    def _inside(self, chat: Chat) -> None:
        self.accept()
        self._joined(chat)

    def _refused(self, problem: Problem) -> None:
        self.act.setEnabled(True)
        self.complain(sentence(problem))
        if problem.fault is Fault.ROOM_EXPOSES:
            # It is another room than its card said.
            self._asked = self._read = ""
            self._look()
        elif problem.fault is Fault.ROOM_PASSWORD:
            self.password.show()
            self.password.setFocus()
        elif problem.fault is Fault.NICK_TAKEN:
            self.nick.setFocus()
            self.nick.selectAll()
