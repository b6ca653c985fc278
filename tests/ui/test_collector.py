"""Garbage is collected by the thread of the window alone: what is Qt's may not be freed by another."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from teahouse.ui.collector import Collector


class _Knot:
    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def parent() -> Iterator[QObject]:
    """Whatever the collector belongs to, which goes with the test."""
    found = QObject()
    yield found
    for collector in found.findChildren(Collector):
        collector.stop()


def test_what_the_engine_leaves_is_collected_by_the_window(qtbot: QtBot, parent: QObject) -> None:
    gc.enable()
    collector = Collector(parent)
    threads: set[threading.Thread] = set()

    def note(phase: str, _info: dict[str, int]) -> None:
        threads.add(threading.current_thread())

    knots: list[weakref.ref[_Knot]] = []

    def work() -> None:
        knots.extend(weakref.ref(_Knot()) for _ in range(50_000))

    gc.callbacks.append(note)
    try:
        engine = threading.Thread(target=work)
        engine.start()
        engine.join()
        assert not threads and all(knot() is not None for knot in knots)
        collector.setInterval(1)
        qtbot.waitUntil(lambda: all(knot() is None for knot in knots))
    finally:
        gc.callbacks.remove(note)
    assert threads == {threading.main_thread()}


def test_little_is_left_alone(parent: QObject) -> None:
    collector = Collector(parent)
    gc.collect()
    knot = weakref.ref(_Knot())
    collector.look()
    assert knot() is not None
