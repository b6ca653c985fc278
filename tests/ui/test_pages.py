"""A page of history that is on its way while its messages change: what was told last is what stands there."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from teahouse.domain.events import Answered, ContactsChanged, Event, MessageChanged, MessageRemoved, MessageStored
from teahouse.domain.message import Delivery, Message
from teahouse.domain.queries import HistoryBefore, Query
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.model import ConversationModel
from tests.ui.fake import ROOM, message

SEALED = replace(message(3), body="", notes={"openpgp": ["opening"]})
OPENED = replace(message(3), body="now it can be read", notes={"openpgp": ["trusted", 0]})
MOVED = replace(message(2), order=9)


class Slow:
    """A reader whose answers come when they are let go; each page is as it was when it was asked for."""

    def __init__(self, *there: Message) -> None:
        self.there = list(there)
        self.asked: list[tuple[int, tuple[Message, ...]]] = []
        self.bridge = Bridge(lambda command, ticket: None, self._ask)

    def _ask(self, query: Query, ticket: int) -> None:
        self.asked.append((ticket, tuple(self.there) if isinstance(query, HistoryBefore) else ()))

    def answer(self) -> None:
        """Let go what was asked for first."""
        ticket, page = self.asked.pop(0)
        self.bridge.announce(Answered(ticket, page))


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ([MessageStored(OPENED)], [message(1), message(2), OPENED]),
        ([MessageChanged(OPENED)], [message(1), message(2), OPENED]),
        ([MessageRemoved(1, 2)], [message(1), SEALED]),
        ([MessageRemoved(1, 2), MessageStored(MOVED)], [message(1), SEALED, MOVED]),
        ([MessageStored(message(4)), MessageChanged(replace(message(4), state=Delivery.ACKED))],
         [message(1), message(2), SEALED, replace(message(4), state=Delivery.ACKED)]),
        ([MessageStored(message(4)), MessageRemoved(1, 4)], [message(1), message(2), SEALED]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("early", [True, False], ids=["before the page", "after the page"])
def test_what_was_told_last_stands_there(qtbot: QtBot, told: list[Event], shown: list[Message], early: bool) -> None:
    reader = Slow(message(1), message(2), SEALED)
    model = ConversationModel(reader.bridge)
    model.open(ROOM)
    asked = next(at for at, (_, page) in enumerate(reader.asked) if page)
    reader.asked[:] = [reader.asked[asked]]
    if not early:
        reader.answer()
        qtbot.waitUntil(lambda: model.rowCount() == 3)
    for event in told:
        reader.bridge.announce(event)
    if early:
        seen: list[object] = []
        reader.bridge.on(ContactsChanged, seen.extend, model)
        reader.bridge.announce(ContactsChanged(1, ()))
        qtbot.waitUntil(lambda: bool(seen))
        reader.answer()
    qtbot.waitUntil(lambda: [row.message for row in model.rows()] == shown)
