"""The window over history: paging, anchor, grouping, live messages, bounded layout."""

import time
from dataclasses import replace

from pytestqt.qtbot import QtBot

from teahouse.domain.chat import Presence
from teahouse.domain.events import MessageChanged, MessageRemoved, MessageStored
from teahouse.domain.message import Delivery
from teahouse.domain.openpgp import OPENING, SLOT
from teahouse.ui.chat.layout import SHOWN_CHARS, lay_out, links, pieces
from teahouse.ui.chat.model import CAP, PAGE, ConversationModel
from teahouse.ui.chat.rows import Row, arranged
from teahouse.ui.chat.view import MessageView
from teahouse.ui.chat.words import copied, spoken

from .fake import ROOM, World, message
from .stage import window_of


def opened(qtbot: QtBot, world: World) -> tuple[ConversationModel, MessageView]:
    model = ConversationModel(world.bridge)
    view = MessageView(world.bridge, model)
    model.setParent(view)
    qtbot.addWidget(view)
    view.resize(640, 600)
    view.show()
    qtbot.waitExposed(view)
    model.open(ROOM)
    qtbot.waitUntil(lambda: not model.loading)
    return model, view


def test_opens_at_the_end(qtbot: QtBot) -> None:
    model, view = opened(qtbot, World(1000))
    assert model.rowCount() >= PAGE and model.at_end and view.at_bottom()
    assert model.rows()[-1].message.id == 1000


def test_older_pages_do_not_move_the_reader(qtbot: QtBot) -> None:
    model, view = opened(qtbot, World(1000))
    for _page in range(8):
        view.verticalScrollBar().setValue(700)
        first = model.rows()[0].message.id
        top = view.indexAt(view.viewport().rect().topLeft() + type(view.pos())(5, 1))
        seen, offset = top.row(), view.visualRect(top).top()
        shown = model.rows()[seen].message.id
        view.verticalScrollBar().setValue(view.verticalScrollBar().value())
        model.older()
        qtbot.waitUntil(lambda: not model.loading)
        assert model.rows()[0].message.id < first
        index = model.index(model.row_of(shown))
        assert view.visualRect(index).top() == offset
    assert model.rowCount() <= CAP and not model.at_end


def test_newer_pages_lead_back_to_the_end(qtbot: QtBot) -> None:
    world = World(1000)
    model, view = opened(qtbot, world)
    view.jump_to(world.messages[99])
    qtbot.waitUntil(lambda: not model.loading and model.row_of(100) >= 0)
    assert [m.id for m in view.chosen()] == [100]

    def at_end() -> bool:
        bar = view.verticalScrollBar()
        bar.setValue(bar.maximum())
        return model.at_end

    qtbot.waitUntil(at_end)
    assert model.rowCount() <= CAP
    ids = [row.message.id for row in model.rows()]
    assert ids == list(range(ids[0], 1001))


def test_live_messages_come_in_one_batch(qtbot: QtBot) -> None:
    world = World(100)
    model, view = opened(qtbot, world)
    inserts: list[int] = []
    model.rowsInserted.connect(lambda parent, first, last: inserts.append(last - first + 1))
    for number in range(101, 131):
        world.say(message(number))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 130)
    assert inserts == [30] and view.at_bottom()


def test_away_from_the_end_live_messages_do_not_move_the_reader(qtbot: QtBot) -> None:
    world = World(100)
    model, view = opened(qtbot, world)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    value = view.verticalScrollBar().value()
    world.say(message(101))
    qtbot.waitUntil(lambda: model.rows()[-1].message.id == 101)
    assert view.verticalScrollBar().value() == value and not view.to_latest.isHidden()


def test_changes_and_removals(qtbot: QtBot) -> None:
    world = World(10)
    model, _view = opened(qtbot, world)
    world.bridge.announce(MessageChanged(replace(world.messages[4], body="other")))
    world.bridge.announce(MessageRemoved(1, 7))
    qtbot.waitUntil(lambda: model.rowCount() == 9)
    assert model.rows()[4].message.body == "other" and model.row_of(7) == -1
    moved = replace(world.messages[0], order=50)
    world.bridge.announce(MessageChanged(moved))
    qtbot.waitUntil(lambda: model.rows()[-1].message == moved)


def test_grouping_and_dividers() -> None:
    above = message(1)
    assert arranged(message(2), above, -1, True).grouped
    assert not arranged(message(2, "other"), above, -1, True).grouped
    assert not arranged(message(7), above, -1, True).grouped
    tomorrow = replace(message(2), time=above.time + 86_400_000)
    assert arranged(tomorrow, above, -1, True).day
    first = arranged(message(2), above, 1, True)
    assert first.since == above.time and not first.grouped
    assert arranged(message(3), message(2), 1, True).since == 0


def test_one_endless_word_is_laid_out_at_once(qtbot: QtBot) -> None:
    begun = time.perf_counter()
    laid = lay_out(Row(message(1, body="w" * 200_000)), 640, 0)
    assert time.perf_counter() - begun < 1.0
    assert laid.more_at > 0 and sum(len(b.text.text()) for b in laid.blocks) <= SHOWN_CHARS
    assert lay_out(Row(message(2, body="x\n" * 50_000)), 640, 0).height < 2_500


def test_links_and_code() -> None:
    text = "see https://a.example/x?y=1, or xmpp:r@b.example?join."
    assert [a for _start, _length, a in links(text)] == ["https://a.example/x?y=1", "xmpp:r@b.example?join"]
    assert pieces("a\n```\nb\n```\nc") == [(False, "a"), (True, "b"), (False, "c")]
    assert pieces("a ``` b") == [(False, "a ``` b")]
    begun = time.perf_counter()
    links("http://" * 15_000)
    assert time.perf_counter() - begun < 1.0


def test_copy_and_spoken_words() -> None:
    one = message(1, body="hello")
    assert copied([one]) == "hello"
    assert copied([one, message(2, "bo\nb", "x")]).splitlines()[1].endswith("] bo b: x")
    mine = message(3, "willow", "text", mine=True, state=Delivery.CONFIRMED)
    assert spoken(mine).startswith("willow, ") and spoken(mine).endswith("text, delivered")


def test_offline_one_writes_for_later_into_a_room_that_is_entered_again(qtbot: QtBot) -> None:
    left, kept = (replace(ROOM, id=number, presence=Presence.AWAY_FROM, joined=number == 2) for number in (1, 2))
    window = window_of(qtbot, World(1, (left, kept, replace(kept, id=3, presence=Presence.REFUSED))))
    composer = window.conversation.composer
    for chat, writable in ((1, False), (2, True), (3, False)):
        window.open_chat(window.known.chats[chat])
        assert composer.box.isVisible() is writable


def test_what_is_opened_while_it_is_looked_at_shows_its_text(qtbot: QtBot) -> None:
    """Encrypted messages are on disk, and in a page, before they are opened; they are announced only then."""
    world = World(3)
    world.messages[-1] = replace(world.messages[-1], body="", notes={SLOT: [OPENING]})
    model, _view = opened(qtbot, world)
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert model.rows()[2].message.body == ""
    world.bridge.announce(MessageStored(replace(world.messages[-1], body="tea at five", notes={SLOT: ["trusted"]})))
    qtbot.waitUntil(lambda: "tea at five" in str(model.data(model.index(2))))
    assert model.rowCount() == 3
