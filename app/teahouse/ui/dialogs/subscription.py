"""Somebody asks to see when we are online."""

from PySide6.QtWidgets import QWidget

from teahouse.domain.commands import AnswerContact
from teahouse.domain.contact import Contact
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet


class SubscriptionSheet(Sheet):
    """Accept, refuse, or decide later with Escape."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, contact: Contact) -> None:
        title = _("{who} asks to see when you are online").format(who=label(contact.jid, 60))
        super().__init__(parent, title, _("Accept only if you know them. Refusing tells them nothing more."))
        self._bridge, self._contact = bridge, contact
        self.finish(_("Accept"), lambda: self.answer(True), away=_("Refuse"))
        self.away.clicked.disconnect()
        self.away.clicked.connect(lambda: self.answer(False))

    def answer(self, accept: bool) -> None:
        """Tell the engine."""
        self.accept()
        self._bridge.do(AnswerContact(self._contact.account, self._contact.jid, accept))
