"""Write to a person, and keep them as a contact if wanted."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat
from teahouse.domain.commands import AddContact, OpenPerson
from teahouse.domain.problem import Problem
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.problems import sentence


class PersonSheet(Sheet):
    """Asks for an address; `opened` is told the chat."""

    def __init__(
        self, parent: QWidget | None, bridge: Bridge, account: Account, opened: Callable[[Chat], None]
    ) -> None:
        super().__init__(parent, _("Write to a person"), _("They learn your address when you write."))
        self._bridge, self._account, self._opened = bridge, account, opened
        self.address = QLineEdit()
        self.address.setPlaceholderText(_("name@server.example"))
        self.address.setAccessibleName(_("Address"))
        self.keep = QCheckBox(_("Add to contacts, and ask to see when they are online"))
        self.body.addWidget(self.address)
        self.body.addWidget(self.keep)
        self.finish(_("Open chat"), self.enter)

    def enter(self) -> None:
        """Open the chat; the address stays when that fails."""
        self.complain("")
        self._bridge.do(OpenPerson(self._account.id, self.address.text().strip()), self._done, self._refused)

    def _done(self, chat: Chat) -> None:
        if self.keep.isChecked():
            self._bridge.do(AddContact(self._account.id, chat.jid))
        self.accept()
        self._opened(chat)

    def _refused(self, problem: Problem) -> None:
        self.complain(sentence(problem))
