"""The Chinese catalogue is whole, and it is spoken."""

import ast
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from teahouse import i18n
from tests import catalogue

from .fake import World
from .stage import window_of

APP = Path(i18n.__file__).parent


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_catalogue_is_whole(language: str) -> None:
    """New texts: `python tests/catalogue.py --write`, then translate what it names, then once more."""
    assert catalogue.troubles(language) == []


def test_no_marked_text_hides_in_an_f_string() -> None:
    """Babel does not look into them before Python 3.12."""
    hidden = []
    for path in (APP / "ui").rglob("*.py"):
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            inner = ast.walk(outer) if isinstance(outer, ast.JoinedStr) else ()
            hidden += [
                f"{path.name}:{node.lineno}"
                for node in inner
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext")
            ]
    assert hidden == []


def test_plurals_and_placeholders() -> None:
    i18n.use("zh_CN")
    assert i18n.language() == "zh_CN"
    assert [i18n.ngettext("{n} new", "{n} new", n).format(n=n) for n in (1, 5)] == ["1 条新消息", "5 条新消息"]
    assert i18n._("Nothing like this") == "Nothing like this"
    i18n.use("en")
    assert i18n.ngettext("{n} mention", "{n} mentions", 2).format(n=2) == "2 mentions"


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"LANGUAGE": "zh_CN"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "de:zh_SG:en", "LANG": "en_GB.UTF-8"}, "zh_CN"),
        ({"LANGUAGE": "en_GB:zh_CN"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_system_language(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], spoken: str) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    i18n.use()
    assert i18n.language() == spoken
    i18n.use("xx")
    assert i18n.language() == "en"


def test_the_window_speaks_chinese(qtbot: QtBot, qapp: QApplication) -> None:
    i18n.use("zh_CN")
    window = window_of(qtbot, World(3))
    assert window.chats.search.placeholderText() == "查找任何内容"
    assert window.conversation.composer.box.placeholderText() == "以 willow 的身份在 Tea 发言"
    assert qapp.translate("QLineEdit", "&Copy").startswith("复制")
