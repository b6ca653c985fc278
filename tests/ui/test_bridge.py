"""Events arrive batched, in order and grouped; answers to queries go ahead."""

import threading
from collections.abc import Sequence

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from teahouse.domain.commands import Connect
from teahouse.domain.events import ChatRemoved, Event, MessageRemoved, Refused, WentWrong
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.queries import ListChats
from teahouse.ui.bridge import MOST_PER_FRAME, Bridge

from .fake import World


def test_batches_keep_order_and_size(qtbot: QtBot) -> None:
    bridge, owner = World().bridge, QObject()
    batches: list[list[int]] = []
    bridge.on(ChatRemoved, lambda events: batches.append([e.chat for e in events]), owner)

    def work() -> None:
        for number in range(1200):
            bridge.announce(ChatRemoved(number))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: sum(map(len, batches)) == 1200)
    assert [n for batch in batches for n in batch] == list(range(1200))
    assert max(map(len, batches)) <= MOST_PER_FRAME and len(batches) < 10


def test_runs_of_a_class_stay_in_order(qtbot: QtBot) -> None:
    bridge, owner = World().bridge, QObject()
    heard: list[tuple[str, int]] = []

    def hear(events: Sequence[Event]) -> None:
        heard.append((type(events[0]).__name__, len(events)))

    bridge.on(ChatRemoved, hear, owner)
    bridge.on(MessageRemoved, hear, owner)
    for event in (ChatRemoved(1), ChatRemoved(2), MessageRemoved(1, 1), ChatRemoved(3)):
        bridge.announce(event)
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == [("ChatRemoved", 2), ("MessageRemoved", 1), ("ChatRemoved", 1)]


def test_query_answers_overtake(qtbot: QtBot) -> None:
    world, owner = World(), QObject()
    heard: list[str] = []
    world.bridge.on(ChatRemoved, lambda events: heard.append("event"), owner)
    world.bridge.announce(ChatRemoved(1))
    world.bridge.ask(ListChats(), lambda chats: heard.append("answer"))
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["answer", "event"]
    assert world.bridge.idle() and world.bridge.quiet_for() >= 0


def test_unclaimed_refusal_is_a_problem_for_all(qtbot: QtBot) -> None:
    world, owner = World(), QObject()
    problem = Problem(Fault.OFFLINE)
    world.problems[Connect] = problem
    heard: list[Problem] = []
    world.bridge.on(WentWrong, lambda events: heard.extend(e.problem for e in events), owner)
    world.bridge.do(Connect(1))
    qtbot.waitUntil(lambda: heard == [problem])
    mine: list[Problem] = []
    world.bridge.do(Connect(1), refused=mine.append)
    qtbot.waitUntil(lambda: mine == [problem])
    assert heard == [problem]


def test_listener_ends_with_its_owner(qtbot: QtBot) -> None:
    bridge, owner, other = World().bridge, QObject(), QObject()
    gone: list[object] = []
    there: list[object] = []
    bridge.on(ChatRemoved, gone.extend, owner)
    bridge.on(ChatRemoved, there.extend, other)
    owner.deleteLater()
    with qtbot.waitSignal(owner.destroyed):
        pass
    bridge.announce(ChatRemoved(1))
    qtbot.waitUntil(lambda: len(there) == 1)
    assert not gone


def test_unknown_ticket_is_ignored(qtbot: QtBot) -> None:
    bridge: Bridge = World().bridge
    bridge.announce(Refused(999, Problem(Fault.OFFLINE)))
    qtbot.waitUntil(lambda: bridge.delivered == 1)
