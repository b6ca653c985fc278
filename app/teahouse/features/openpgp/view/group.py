"""A new secret group: its name, who is in it, and nobody else who could read it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem

from teahouse.domain.chat import Chat
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Problem, Trouble
from teahouse.domain.text import isolated, label
from teahouse.features.openpgp.wishes import NewSecretGroup
from teahouse.i18n import _
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.hooks import Place
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import button, plain, row

_JID = Qt.ItemDataRole.UserRole + 1


class NewGroupSheet(Sheet):
    """Asks for a name and for people; contacts are there to be ticked, anybody else is added by address."""

    def __init__(self, place: Place) -> None:
        explanation = _(
            "A room for these people only. Everybody in it sees the addresses of the others, nobody else finds it, "
            "and what is written is encrypted to each of them."
        )
        super().__init__(place.window, _("New secret group"), explanation, 480)
        self._where = place
        self.name = QLineEdit()
        self.name.setMaxLength(100)
        self.name.setPlaceholderText(_("Name, as its members see it"))
        self.name.setAccessibleName(_("Name of the group"))
        self.body.addWidget(self.name)
        self.body.addWidget(plain(_("People"), 13, "ink2", bold=True))
        self.people = QListWidget()
        self.people.setObjectName("card")
        self.people.setAccessibleName(_("People"))
        self.people.setMinimumHeight(160)
        self.body.addWidget(self.people, 1)
        self.address = QLineEdit()
        self.address.setPlaceholderText(_("name@server.example"))
        self.address.setAccessibleName(_("Address of somebody else"))
        self.address.returnPressed.connect(self.add)
        self._add = button(_("Add"), self.add)
        self._add.setAutoDefault(False)
        self.body.addLayout(row(self.address, self._add))
        self.finish(_("Make the group"), self.enter)
        self.act.setAutoDefault(False)
        self.act.setDefault(False)
        contacts = place.known.contacts.get(place.account.id, {}).values()
        for contact in sorted(contacts, key=lambda one: (one.name or one.jid).casefold()):
            self._line(contact.jid, contact.name, checked=False)
        self.name.setFocus()

    def _line(self, jid: str, name: str, *, checked: bool) -> None:
        shown = f"{isolated(label(name, 60))}  {label(jid, 80)}" if name and name != jid else label(jid, 80)
        item = QListWidgetItem(shown)
        item.setData(_JID, jid)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        self.people.addItem(item)

    def _items(self) -> list[QListWidgetItem]:
        return [self.people.item(at) for at in range(self.people.count())]

    @property
    def chosen(self) -> tuple[str, ...]:
        """The addresses that are ticked."""
        return tuple(item.data(_JID) for item in self._items() if item.checkState() is Qt.CheckState.Checked)

    def add(self) -> None:
        """Take the address in the box into the list; it stays there when it is none."""
        self._taken()

    def _taken(self) -> bool:
        self.complain("")
        try:
            jid = Jid.parse(self.address.text().strip())
        except Trouble as trouble:
            self.complain(sentence(trouble.problem))
            return False
        if not jid.local:
            self.complain(_("“%s” is not the address of a person.") % label(jid.bare, 80))
            return False
        known = next((item for item in self._items() if item.data(_JID) == jid.bare), None)
        if known is not None:
            known.setCheckState(Qt.CheckState.Checked)
        else:
            self._line(jid.bare, "", checked=True)
        self.address.clear()
        return True

    def enter(self) -> None:
        """Make it, and show it; what was typed stays when that fails."""
        if self.address.text().strip() and not self._taken():
            return
        if not self.chosen:
            self.complain(_("Choose somebody to be in it."))
            return
        self.complain("")
        self.act.setEnabled(False)
        command = NewSecretGroup(self._where.account.id, self.name.text().strip(), self.chosen)
        self._where.bridge.do(command, self._done, self._refused)

    def _done(self, chat: Chat) -> None:
        self.accept()
        self._where.show(chat)

    def _refused(self, problem: Problem) -> None:
        self.act.setEnabled(True)
        self.complain(sentence(problem))
