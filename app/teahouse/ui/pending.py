"""Counts own messages that are not yet known to have arrived."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from teahouse.domain.events import MessageChanged, MessageRemoved, MessageStored
from teahouse.domain.message import Delivery, Message
from teahouse.ui.bridge import Bridge

_WAITING = (Delivery.QUEUED, Delivery.SENT, Delivery.UNSURE, Delivery.FAILED)


class Pending(QObject):
    """Hears of every message; `changed` carries how many wait."""

    changed = Signal(int)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: set[int] = set()
        bridge.on(MessageStored, self._stored, self)
        bridge.on(MessageChanged, self._stored, self)
        bridge.on(MessageRemoved, self._removed, self)

    def _stored(self, events: Sequence[MessageStored] | Sequence[MessageChanged]) -> None:
        for event in events:
            self._look(event.message)
        self.changed.emit(len(self._waiting))

    def _look(self, message: Message) -> None:
        if message.mine and message.state in _WAITING:
            self._waiting.add(message.id)
        else:
            self._waiting.discard(message.id)

    def _removed(self, events: Sequence[MessageRemoved]) -> None:
        self._waiting -= {event.message for event in events}
        self.changed.emit(len(self._waiting))
