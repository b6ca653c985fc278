"""Preferences: made from the settings, worn at once, kept."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from teahouse.domain.commands import SetPreference
from teahouse.domain.settings import DENSITY, LANGUAGE, SCALE, SETTINGS, THEME
from teahouse.ui import theme
from teahouse.ui.chats.delegate import row_height
from teahouse.ui.dialogs.preferences import PreferencesSheet
from teahouse.ui.preferences import Preferences

from .fake import World
from .stage import window_of


@pytest.fixture(autouse=True)
def undressed(qapp: QApplication) -> Iterator[None]:
    """Leave no clothes behind."""
    yield
    qapp.setStyleSheet("")
    theme.use("light")


def test_settings_are_sound() -> None:
    keys = [setting.key for setting in SETTINGS]
    assert len(set(keys)) == len(keys)
    for setting in SETTINGS:
        assert setting.label and setting.help and setting.sound("nonsense") == setting.default
        assert setting.default in [value for value, _words in setting.allowed]


def test_the_dialog_is_made_from_the_settings(qtbot: QtBot) -> None:
    world = World(1)
    preferences = Preferences(world.bridge, "dark", "zh_CN")
    sheet = PreferencesSheet(None, preferences)
    qtbot.addWidget(sheet)
    assert [*sheet.boxes] == [setting.key for setting in SETTINGS]
    assert sheet.boxes["theme"].currentData() == "dark" and sheet.boxes["language"].currentData() == "zh_CN"
    assert all(box.accessibleName() for box in sheet.boxes.values())


def test_a_choice_by_keys_is_worn_and_kept(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.findChild(PreferencesSheet) is not None)
    sheet = window.findChild(PreferencesSheet)
    assert isinstance(sheet, PreferencesSheet)
    QTest.keyClick(sheet.boxes["density"], Qt.Key.Key_Down)
    assert theme.compact() and row_height() == 36
    QTest.keyClick(sheet.boxes["font_scale"], Qt.Key.Key_Down)
    assert theme.scaled(100) == 115 and window.conversation.header.title.font().pixelSize() == theme.scaled(16)
    assert world.sent(SetPreference)[-2:] == [SetPreference("density", "compact"), SetPreference("font_scale", "115")]


def test_what_was_kept_is_worn(qtbot: QtBot) -> None:
    world = World(1)
    world.preferences = {"density": "compact", "font_scale": "no number"}
    preferences = Preferences(world.bridge, "light")
    preferences.read()
    qtbot.waitUntil(theme.compact)
    assert preferences.value(SCALE) == "100" and preferences.value(DENSITY) == "compact"


def test_theme_and_language_are_saved_outside(qtbot: QtBot) -> None:
    world = World(1)
    saved: list[tuple[str, str]] = []
    preferences = Preferences(world.bridge, "light", "", lambda look, language: saved.append((look, language)))
    preferences.choose(THEME, "dark")
    assert theme.current() is theme.DARK
    preferences.choose(LANGUAGE, "zh_CN")
    preferences.choose(LANGUAGE, "zh_CN")
    assert saved == [("dark", ""), ("dark", "zh_CN")] and not world.sent(SetPreference)


def test_the_system_is_followed_while_that_is_chosen(qtbot: QtBot, qapp: QApplication) -> None:
    world = World(1)
    preferences = Preferences(world.bridge, "system")
    hints = qapp.styleHints()
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.DARK
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.current() is theme.LIGHT
    preferences.choose(THEME, "light")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.LIGHT


def test_the_whole_window_changes_its_clothes(qtbot: QtBot) -> None:
    world = World(60)
    window = window_of(qtbot, world)
    preferences = Preferences(world.bridge, "light")
    assert window.conversation.view.at_bottom()
    paper = window.chats.grab().toImage().pixelColor(2, 300)
    preferences.choose(THEME, "dark")
    preferences.choose(SCALE, "150")
    assert window.chats.grab().toImage().pixelColor(2, 300) == theme.paint("paper") != paper
    assert window.conversation.view.at_bottom()
