"""Opens the window's sheets: join, write, trust, accept, rename."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat
from teahouse.domain.commands import ChangeNick, OpenPerson, SetSubject
from teahouse.domain.contact import Contact
from teahouse.domain.events import CertificateDoubted, ContactsChanged
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.certificate import CertificateSheet
from teahouse.ui.dialogs.person import PersonSheet
from teahouse.ui.dialogs.question import Sheet, ask_text
from teahouse.ui.dialogs.subscription import SubscriptionSheet


class Asking(QObject):
    """Keeps one sheet open at a time of those the engine asks for."""

    def __init__(self, window: QWidget, bridge: Bridge, show: Callable[[Chat], None]) -> None:
        super().__init__(window)
        self._window, self._bridge, self._show = window, bridge, show
        self._queue: list[CertificateDoubted | Contact] = []
        self._asked: set[tuple[int, str]] = set()
        self._open = False
        bridge.on(CertificateDoubted, self._doubted, self)
        bridge.on(ContactsChanged, self._contacts, self)

    def browse(self, account: Account, room: str = "") -> None:
        """Join a room."""
        BrowseRoomsSheet(self._window, self._bridge, account, self._show, room).open()

    def person(self, account: Account) -> None:
        """Write to somebody."""
        PersonSheet(self._window, self._bridge, account, self._show).open()

    def write_to(self, account: int, address: str) -> None:
        """Open a chat with a known address."""
        self._bridge.do(OpenPerson(account, address.partition("/")[0]), self._show)

    def nick(self, chat: Chat) -> None:
        """Take another nick in a room."""
        title = _("Your nick in {title}").format(title=label(chat.title, 60))
        ask_text(self._window, title, chat.nick, _("Change"), lambda n: self._bridge.do(ChangeNick(chat.id, n)))

    def subject(self, chat: Chat) -> None:
        """Change the subject of a room."""
        title = _("Subject of {title}").format(title=label(chat.title, 60))
        ask_text(self._window, title, chat.subject, _("Change"), lambda t: self._bridge.do(SetSubject(chat.id, t)))

    def _doubted(self, events: Sequence[CertificateDoubted]) -> None:
        self._enqueue(events)

    def _contacts(self, events: Sequence[ContactsChanged]) -> None:
        self._enqueue([c for e in events for c in e.contacts if c.asking])

    def _enqueue(self, questions: Sequence[CertificateDoubted | Contact]) -> None:
        for question in questions:
            what = question.fingerprint if isinstance(question, CertificateDoubted) else question.jid
            if (question.account, what) not in self._asked:
                self._asked.add((question.account, what))
                self._queue.append(question)
        self._next()

    def _next(self) -> None:
        if self._open or not self._queue:
            return
        question = self._queue.pop(0)
        sheet: Sheet
        if isinstance(question, CertificateDoubted):
            sheet = CertificateSheet(self._window, self._bridge, question)
            key = (question.account, question.fingerprint)
        else:
            sheet = SubscriptionSheet(self._window, self._bridge, question)
            key = (question.account, question.jid)
        self._open = True
        sheet.finished.connect(partial(self._closed, key, isinstance(question, CertificateDoubted)))
        sheet.open()

    def _closed(self, key: tuple[int, str], again: bool, *_result: object) -> None:
        self._open = False
        if again:
            self._asked.discard(key)
        self._next()
