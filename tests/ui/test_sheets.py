"""Sheets have room for what is in them, from the start and when more comes in."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from teahouse import i18n
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.shortcuts import show_keys


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_keys_are_not_cut(qtbot: QtBot, language: str) -> None:
    i18n.use(language)
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = show_keys(parent)
    assert sheet.height() >= sheet.body.totalMinimumSize().height()
    assert sheet.width() >= sheet.body.totalMinimumSize().width()


def test_a_complaint_makes_room_for_itself(qtbot: QtBot) -> None:
    sheet = Sheet(None, "Title", "An explanation")
    qtbot.addWidget(sheet)
    sheet.finish("Go", lambda: None)
    sheet.open()
    before = sheet.height()
    sheet.complain("It did not work, and here is a long sentence about why that may be so. " * 5)
    qtbot.waitUntil(lambda: sheet.height() > before)
    assert sheet.problem.height() >= sheet.problem.heightForWidth(sheet.problem.width())
