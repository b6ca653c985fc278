"""Opens the sheets that the engine asks for, one at a time: trust a certificate, accept a person."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from teahouse.domain.contact import Contact
from teahouse.domain.events import CertificateDoubted, ContactsChanged
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.certificate import CertificateSheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.dialogs.subscription import SubscriptionSheet


class Asked(QObject):
    """Keeps the open questions in a queue."""

    def __init__(self, window: QWidget, bridge: Bridge) -> None:
        super().__init__(window)
        self._window, self._bridge = window, bridge
        self._queue: list[CertificateDoubted | Contact] = []
        self._asked: set[tuple[int, str]] = set()
        self._open = False
        bridge.on(CertificateDoubted, self._doubted, self)
        bridge.on(ContactsChanged, self._contacts, self)

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
