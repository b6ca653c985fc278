"""History that is missing: a line between the messages that fetches it, and what is older fetched by scrolling up."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from teahouse.domain.commands import FetchGap, FetchOlder
from teahouse.domain.events import GapsChanged
from teahouse.domain.history import Gap
from teahouse.domain.problem import Fault, Problem
from teahouse.ui.chat.model import ConversationModel
from teahouse.ui.chat.rows import missing_between

from .fake import World, message
from .stage import window_of
from .test_conversation import opened

GAP = Gap(7, 1, 950)


def gaps(model: ConversationModel) -> list[tuple[int, int]]:
    """(message below it, gap) of each line."""
    return [(row.message.id, row.gap) for row in model.rows() if row.gap]


def test_a_gap_stands_where_it_is(qtbot: QtBot) -> None:
    world = World(1000)
    world.gaps = (GAP, Gap(8, 2, 970))
    model, view = opened(qtbot, world)
    qtbot.waitUntil(lambda: gaps(model) == [(951, 7)])
    height = view.delegate.laid(model.rows()[model.row_of(951)]).height
    assert "History missing here" in model.data(model.index(model.row_of(951)))
    world.bridge.announce(GapsChanged(1, ()))
    qtbot.waitUntil(lambda: gaps(model) == [])
    assert view.delegate.laid(model.rows()[model.row_of(951)]).height < height


def test_a_click_on_it_fetches(qtbot: QtBot) -> None:
    world = World(1000)
    world.gaps = (GAP,)
    model, view = opened(qtbot, world)
    qtbot.waitUntil(lambda: bool(gaps(model)))
    view.show_row(model.row_of(951))
    area = view.visualRect(model.index(model.row_of(951)))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(200, 10))
    assert world.sent(FetchGap) == [FetchGap(7)]
    # Beside it nothing is fetched.
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.topLeft() + QPoint(200, area.height() - 4))
    assert len(world.sent(FetchGap)) == 1


def test_it_is_fetched_by_the_keyboard(qtbot: QtBot) -> None:
    world = World(1000)
    world.gaps = (GAP,)
    model, view = opened(qtbot, world)
    qtbot.waitUntil(lambda: bool(gaps(model)))
    view.show_row(model.row_of(951))
    view.setFocus()
    menu = view.menu()
    assert menu is not None
    (fetch,) = [action for action in menu.actions() if "missing" in action.text()]
    fetch.trigger()
    assert world.sent(FetchGap) == [FetchGap(7)]
    view.show_row(model.row_of(960))
    other = view.menu()
    assert other is not None and not [action for action in other.actions() if "missing" in action.text()]


def test_what_keeps_it_open_is_said(qtbot: QtBot) -> None:
    world = World(60)
    world.gaps = (Gap(7, 1, 50),)
    world.problems[FetchGap] = Problem(Fault.TIMED_OUT, "tea.example")
    window = window_of(qtbot, world)
    model = window.conversation.model
    qtbot.waitUntil(lambda: bool(gaps(model)))
    model.missing.fetch(7)
    qtbot.waitUntil(window.conversation.banner.isVisible)
    model.missing.fetch(7)
    assert len(world.sent(FetchGap)) == 2


def test_scrolling_up_fetches_what_is_older(qtbot: QtBot) -> None:
    world = World(0)
    world.messages = [message(number) for number in range(200, 300)]
    asked: list[int] = []

    def older(_command: FetchOlder) -> bool:
        first = min(m.order for m in world.messages)
        asked.append(first)
        for number in range(max(1, first - 50), first):
            world.say(message(number))
            world.messages.sort(key=lambda m: m.key)
        return first > 51

    world.answers[FetchOlder] = older
    model, view = opened(qtbot, world)
    assert asked == []

    def scrolled() -> bool:
        view.verticalScrollBar().setValue(1)
        view.verticalScrollBar().setValue(0)
        return model.at_start and model.rows()[0].message.order == 1 and not model.loading

    qtbot.waitUntil(scrolled, timeout=10_000)
    assert asked == [200, 150, 100, 50]
    orders = [row.message.order for row in model.rows()]
    assert orders == list(range(1, orders[-1] + 1))
    view.verticalScrollBar().setValue(1)
    view.verticalScrollBar().setValue(0)
    assert len(asked) == 4


def test_where_there_is_no_archive_it_is_asked_once(qtbot: QtBot) -> None:
    world = World(5)
    world.problems[FetchOlder] = Problem(Fault.HISTORY_NOWHERE)
    model, view = opened(qtbot, world)
    qtbot.waitUntil(lambda: len(world.sent(FetchOlder)) == 1)
    world.say(message(6))
    qtbot.waitUntil(lambda: model.rowCount() == 6)
    view.resize(700, 500)
    assert len(world.sent(FetchOlder)) == 1


def test_a_gap_is_between_two_messages() -> None:
    one, two = message(10), message(20)
    assert missing_between((Gap(1, 1, 10),), one, two) == 1
    assert missing_between((Gap(1, 1, 15),), one, two) == 1
    assert missing_between((Gap(1, 1, 20), Gap(2, 1, 9)), one, two) == 0
    assert missing_between((Gap(1, 1, 15),), None, two) == 0
