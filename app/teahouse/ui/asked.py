"""Opens the sheets that the engine asks for, one at a time: trust a certificate or a key."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from teahouse.domain.events import CertificateDoubted, KeyChanged
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.certificate import CertificateSheet
from teahouse.ui.dialogs.key import KeySheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.keeping import ClockQuestion

Question = CertificateDoubted | KeyChanged


class Asked(QObject):
    """Keeps the open questions in a queue."""

    def __init__(self, window: QWidget, bridge: Bridge) -> None:
        super().__init__(window)
        self._window, self._bridge = window, bridge
        self._queue: list[Question] = []
        self._asked: set[tuple[int, str]] = set()
        self._open = False
        ClockQuestion(window, bridge)
        bridge.on(CertificateDoubted, self._enqueue, self)
        bridge.on(KeyChanged, self._enqueue, self)

    def _enqueue(self, questions: Sequence[Question]) -> None:
        for question in questions:
            if _about(question) not in self._asked:
                self._asked.add(_about(question))
                self._queue.append(question)
        self._next()

    def _next(self) -> None:
        if self._open or not self._queue:
            return
        question = self._queue.pop(0)
        sheet: Sheet
        if isinstance(question, CertificateDoubted):
            sheet = CertificateSheet(self._window, self._bridge, question)
        else:
            sheet = KeySheet(self._window, self._bridge, question)
        self._open = True
        sheet.finished.connect(partial(self._closed, question))
        sheet.open()

    def _closed(self, question: Question, *_result: object) -> None:
        self._open = False
        self._asked.discard(_about(question))
        self._next()


def _about(question: Question) -> tuple[int, str]:
    """What makes two questions the same one."""
    if isinstance(question, CertificateDoubted):
        return question.account, question.fingerprint
    return question.account, question.key
