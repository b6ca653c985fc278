"""Remote text is text: no label, tooltip, menu or list takes it for markup, which could load files and addresses."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Rich
from PySide6.QtWidgets import QLabel, QListWidget, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, Occupant, RoomFacts, RoomListing
from teahouse.domain.commands import AskRoom, BrowseRooms
from teahouse.domain.events import OccupantsChanged, RoomDescribed
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.link import LinkSheet

from .fake import ROOM, World, message
from .stage import window_of
from .test_keyboard import SHEETS

PAYLOADS = [
    "<img src='file:///etc/hostname'>",
    "<b>bold</b><a href='https://evil.example'>x</a>",
    "<html><body background='//evil.example/share/x.png'>",
    "&lt;i&gt;<svg/onload=x>",
    "<table><tr><td>" * 40,
]


def rich(root: QWidget) -> Iterator[str]:
    """Whatever below this widget could be taken for markup by Qt."""
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            yield f"a label that guesses: {widget.text()!r}"
        if isinstance(widget, QTextEdit) and widget.acceptRichText():
            yield "a field that takes markup"
        if Rich.mightBeRichText(widget.toolTip()) and "<img" in widget.toolTip():
            yield f"a tooltip: {widget.toolTip()!r}"
        if isinstance(widget, QListWidget):
            tips = (widget.item(at).toolTip() for at in range(widget.count()))
            yield from (f"the tooltip of a row: {tip!r}" for tip in tips if Rich.mightBeRichText(tip))


def test_the_check_sees_what_it_is_for(qtbot: QtBot) -> None:
    guessing = QLabel(PAYLOADS[0])
    guessing.setToolTip(PAYLOADS[0])
    qtbot.addWidget(guessing)
    assert len(list(rich(guessing))) == 2


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_others_is_more_than_text(qtbot: QtBot, payload: str) -> None:
    """In every place that shows what others chose: names, titles, subjects, descriptions, messages, links."""
    room = replace(ROOM, title=payload, subject=payload, nick=payload, last_text=payload, last_sender=payload)
    person = Chat(2, 1, "rose@tea.example", ChatKind.PERSON, payload)
    world = World(0, (room, person))
    world.accounts = (Account(1, "willow@tea.example", payload),)
    world.messages = [message(1, payload, payload), message(2, payload, f"/me {payload}", clash=True)]
    world.answers[BrowseRooms] = lambda command: (RoomListing("tea@rooms.example", payload, 3),)
    world.answers[AskRoom] = lambda command: RoomFacts(payload, payload)
    window = window_of(qtbot, world)
    there = (Occupant(payload), Occupant("willow", mine=True), Occupant(f"x{payload}", clash=True))
    world.bridge.announce(OccupantsChanged(1, there, whole=True))
    world.bridge.announce(RoomDescribed(1, RoomFacts(payload, payload)))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 3)
    browse = BrowseRoomsSheet(window, world.bridge, window.known, world.accounts[0], lambda chat: None, ROOM.jid)
    browse.open()
    link = LinkSheet(window, f"https://evil.example/{payload}", {})
    link.open()
    qtbot.waitUntil(browse.act.isEnabled)
    assert list(rich(window)) == []
    for model in (window.details.model, window.conversation.model):
        for row in range(model.rowCount()):
            assert "<img" not in str(model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) or "")


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_has_plain_labels_only(qtbot: QtBot, name: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = SHEETS[name](World(), parent)
    sheet = sheet if isinstance(sheet, QWidget) else parent
    if sheet is not parent and sheet.parent() is None:
        qtbot.addWidget(sheet)
    assert list(rich(sheet)) == []
