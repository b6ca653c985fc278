"""The real program, measured from inside: `python -m tests.speed.driven SCENARIO [arguments of Teahouse]`.

A timer of the window's own loop looks every few milliseconds whether what a scenario waits for is there, and by the
gaps between its ticks knows how long the loop was held up. Figures are printed as `figure NAME VALUE`.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from teahouse import broker, options
from teahouse.broker_link import BrokerLink
from teahouse.domain import commands as c
from teahouse.domain.chat import Chat, Presence
from teahouse.options import Options
from teahouse.paths import ProfilePaths
from teahouse.ui.found import SEARCH_AFTER_MS
from teahouse.ui.window import MainWindow
from tests.rig.prosody import ROOMS

TICK_MS, QUIET_S, PATIENCE = 2, 0.3, 120.0
Condition = Callable[[], object]
BEGUN = float(os.environ.get("SPEED_BEGUN", "0")) or time.time()
"""When the process was started, by the wall clock of the one who started it."""


def figure(name: str, value: float) -> None:
    """Report one figure."""
    print(f"figure {name} {value:.6f}", flush=True)


class Paints(QObject):
    """Counts the paints of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.widget = widget
        self.count = 0
        self.last = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count, and change nothing."""
        if event.type() == QEvent.Type.Paint:
            self.count += 1
            self.last = time.monotonic()
        return False


def painted(paints: Paints) -> Iterator[Condition]:
    """Until what is there now is on the screen; at worst one paint more than the program does by itself."""
    before = paints.count
    paints.widget.update()
    yield lambda: paints.count > before


class Heartbeat:
    """The longest time that the window's loop did not come round, in seconds."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.worst = 0.0

    def beat(self) -> None:
        """The loop has come round."""
        now = time.monotonic()
        self.worst = max(self.worst, now - self.last)
        self.last = now

    def reset(self) -> None:
        """Measure anew from here."""
        self.last, self.worst = time.monotonic(), 0.0


HEART = Heartbeat()


def main_window() -> MainWindow:
    """The main window."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))


def opened() -> Iterator[Condition]:
    """Until the main window is there with its chats."""
    yield lambda: any(isinstance(w, MainWindow) and w.isVisible() for w in QApplication.topLevelWidgets())
    yield lambda: main_window().known.loaded
    # Without a window manager nobody else does it; a window that nobody looks at would wait at its unread line.
    main_window().activateWindow()
    yield lambda: main_window().isActiveWindow()


def cpu() -> float:
    """CPU seconds of this process so far."""
    return sum(os.times()[:2])


def memory() -> float:
    """MB of proportional set size of broker and client."""
    total = 0
    for pid in (os.getpid(), os.getppid()):
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
    return total / 1024


def quiet() -> bool:
    """Whether the window has been given nothing for a while."""
    bridge = main_window()._bridge
    return bridge.idle() and bridge.quiet_for() >= QUIET_S


def online() -> Iterator[Condition]:
    """From the start to online and quiet with the whole roster."""
    yield from opened()
    known = main_window().known
    yield lambda: any(known.online(account) for account in known.accounts)
    yield lambda: any(len(contacts) >= 200 for contacts in known.contacts.values())
    yield quiet
    figure("online s", time.time() - BEGUN - main_window()._bridge.quiet_for())


def entered(room: str) -> Iterator[Condition]:
    """Enter a room and show it."""
    window = main_window()
    account = next(iter(window.known.accounts))
    yield lambda: window.known.online(account)
    inside: list[Chat] = []
    window._bridge.do(c.JoinRoom(account, f"{room}@{ROOMS}", "willow"), inside.append)
    yield lambda: inside
    window.open_chat(inside[0])


def join() -> Iterator[Condition]:
    """A room of 1,000: entered, populated, painted, quiet."""
    yield from opened()
    window = main_window()
    account = next(iter(window.known.accounts))
    yield lambda: window.known.online(account)
    yield quiet
    people = Paints(window.details.list.viewport())
    begun, spent = time.monotonic(), cpu()
    HEART.reset()
    yield from entered("crowd-1000")
    yield lambda: window.details.model.rowCount() >= 1_001
    yield from painted(people)
    populated = time.monotonic() - begun
    yield quiet
    figure("populated and quiet s", max(populated, time.monotonic() - begun - window._bridge.quiet_for()))
    figure("CPU s", cpu() - spent)
    figure("longest stall ms", HEART.worst * 1e3)


def flood() -> Iterator[Condition]:
    """2,000 lines at once, while somebody types."""
    yield from opened()
    window = main_window()
    yield from entered("crowd-20")
    yield lambda: window.conversation.chat is not None and window.conversation.chat.presence is Presence.HERE
    yield quiet
    box, lines = window.conversation.composer.box, Paints(window.conversation.view.viewport())
    keys = Typist(box)
    box.setFocus()
    begun, spent = time.monotonic(), cpu()
    HEART.reset()
    window._bridge.do(c.SendMessage(window.conversation.chat.id, "!flood 2000"))  # type: ignore[union-attr]

    def last() -> bool:
        keys.press()
        rows = window.conversation.model.rows()
        return bool(rows) and rows[-1].message.body == "flood line 2000 of 2000"

    yield last
    yield from painted(lines)
    figure("last on screen s", lines.last - begun)
    figure("longest echo ms", keys.worst * 1e3)
    figure("longest stall ms", HEART.worst * 1e3)
    figure("CPU s", cpu() - spent)
    yield quiet
    figure("memory PSS MB", memory())


class Typist:
    """Presses a key every 40 ms and measures until the box has painted it."""

    EVERY = 0.04

    def __init__(self, box: QWidget) -> None:
        self._box = box
        self._paints = Paints(box.viewport())  # type: ignore[attr-defined]
        self._next = self._pressed = 0.0
        self._seen = 0
        self.worst = 0.0

    def press(self) -> None:
        """Called as often as the loop comes round."""
        now = time.monotonic()
        if self._pressed and self._paints.count > self._seen:
            self.worst = max(self.worst, self._paints.last - self._pressed)
            self._pressed = 0.0
        if not self._pressed and now >= self._next:
            # A key that was due while the loop was held up has waited since then.
            self._pressed = self._next or now
            self._seen, self._next = self._paints.count, now + self.EVERY
            QTest.keyClick(self._box, Qt.Key.Key_A)


def idle() -> Iterator[Condition]:
    """Ten rooms of 100 for 60 seconds."""
    yield from opened()
    window = main_window()
    for number in range(100, 110):
        yield from entered(f"crowd-{number}")
    yield quiet
    begun, spent = time.monotonic(), cpu()
    yield lambda: time.monotonic() - begun > 60
    # The looking itself is not the program's: its share is measured beside it.
    figure("CPU of 60 s", cpu() - spent)
    figure("memory PSS MB", memory())
    assert len(window.known.occupants) == 10


def chats() -> Iterator[Condition]:
    """Open a chat of very many messages from the list, and page up in it."""
    yield from opened()
    window = main_window()
    yield lambda: window.conversation.chat is not None
    yield quiet
    small, large = sorted(window.known.chats.values(), key=lambda chat: chat.jid)
    lines = Paints(window.conversation.view.viewport())
    for _round in range(7):
        window.open_chat(small)
        yield quiet
        yield from _opened_and_paged(window, lines, large)


def _opened_and_paged(window: MainWindow, lines: Paints, large: Chat) -> Iterator[Condition]:
    view, model = window.conversation.view, window.conversation.model
    HEART.reset()
    painted, begun = lines.count, time.monotonic()
    window.open_chat(large)
    yield lambda: model.rowCount() and not model.loading and lines.count > painted
    figure("open ms", (lines.last - begun) * 1e3)
    yield quiet
    oldest, begun = model.rows()[0].message.id, time.monotonic()
    view.verticalScrollBar().setValue(0)
    yield lambda: model.rows()[0].message.id < oldest and not model.loading
    figure("page ms", (time.monotonic() - begun) * 1e3)
    yield quiet
    figure("longest stall ms", HEART.worst * 1e3)


def kept() -> Iterator[Condition]:
    """Search, export, back up and clear a chat of very many messages, with the longest stall of the window in each."""
    yield from opened()
    window = main_window()
    yield lambda: window.conversation.chat is not None
    yield quiet
    found, box = window.chats.found_list, window.chats.search
    for words in ("lantern", "茶会", "from:heron message", "message in:large before:2026-01-01") * 3:
        HEART.reset()
        begun = time.monotonic()
        box.setText(f"{words} ")
        yield lambda: found.list.count() and found.list.isVisible()
        figure("search shown ms", (time.monotonic() - begun) * 1e3 - SEARCH_AFTER_MS)
        figure("longest stall of search ms", HEART.worst * 1e3)
        box.clear()
        found.list.clear()
        yield quiet
    folder = Path(os.environ["TEAHOUSE_HOME"])
    _small, large = sorted(window.known.chats.values(), key=lambda chat: chat.jid)
    yield from _done("export", c.ExportHistory(str(folder / "all.json"), 0, "json"))
    yield from _done("back up", c.BackUp(str(folder / "all.backup"), "correct horse tea"))
    yield from _done("clear", c.ClearHistory(large.id))


def _done(name: str, command: c.Command) -> Iterator[Condition]:
    answers: list[object] = []
    HEART.reset()
    begun = time.monotonic()
    main_window()._bridge.do(command, answers.append)
    yield lambda: answers
    figure(f"{name} s", time.monotonic() - begun)
    figure(f"longest stall of {name} ms", HEART.worst * 1e3)
    yield quiet


def missed() -> Iterator[Condition]:
    """Away five times while others write; somebody types in another chat while what was missed comes in."""
    yield from opened()
    window = main_window()
    account = next(iter(window.known.accounts))
    yield lambda: window.known.online(account)
    nobody, rose = sorted(window.known.chats.values(), key=lambda chat: chat.jid)
    window.open_chat(nobody)
    yield lambda: window.conversation.chat is not None and window.conversation.chat.id == nobody.id
    yield quiet
    box = window.conversation.composer.box
    whole, echo, home = 0.0, 0.0, Path(os.environ["HOME"])
    box.setFocus()
    for number in range(5):
        window._bridge.do(c.Disconnect(account))
        yield lambda: not window.known.online(account)
        (home / f"away-{number}").touch()
        yield (home / f"sent-{number}").exists
        window._bridge.do(c.Connect(account))
        yield lambda: window.known.online(account)
        begun, wanted, keys = time.monotonic(), 2_000 * (number + 1), Typist(box)
        HEART.reset()

        def all_there(wanted: int = wanted, keys: Typist = keys) -> bool:
            keys.press()
            return window.known.chats[rose.id].unread >= wanted

        yield all_there
        whole, echo = whole + time.monotonic() - begun, max(echo, keys.worst)
        figure("longest stall ms", HEART.worst * 1e3)
        yield quiet
    figure("10,000 caught up s", whole)
    figure("longest echo ms", echo * 1e3)


def sealed() -> Iterator[Condition]:
    """Away while others write encrypted; somebody types in another chat while it comes in and is opened."""
    yield from opened()
    window = main_window()
    account = next(iter(window.known.accounts))
    yield lambda: window.known.online(account)
    nobody, rose = sorted(window.known.chats.values(), key=lambda chat: chat.jid)
    window.open_chat(nobody)
    yield quiet
    box, home = window.conversation.composer.box, Path(os.environ["HOME"])
    box.setFocus()
    window._bridge.do(c.Disconnect(account))
    yield lambda: not window.known.online(account)
    (home / "away-0").touch()
    yield (home / "sent-0").exists
    window._bridge.do(c.Connect(account))
    yield lambda: window.known.online(account)
    begun, keys = time.monotonic(), Typist(box)
    HEART.reset()

    def all_read() -> bool:
        keys.press()
        return window.known.chats[rose.id].unread >= 1_000

    yield all_read
    figure("1,000 read s", time.monotonic() - begun)
    figure("longest stall ms", HEART.worst * 1e3)
    figure("longest echo ms", keys.worst * 1e3)


SCENARIOS = {scenario.__name__: scenario for scenario in (online, join, flood, idle, chats, kept, missed, sealed)}


def run(chosen: Options, paths: ProfilePaths, link: BrokerLink) -> int:
    """The client, with the scenario's steps on a timer of its loop."""
    from teahouse import main as client

    script = SCENARIOS[SCENARIO]()
    waiting: list[Condition] = [lambda: True]
    since = [time.monotonic()]
    timers: list[QTimer] = []

    def step() -> None:
        HEART.beat()
        try:
            while waiting[0]():
                waiting[0], since[0] = next(script), time.monotonic()
        except StopIteration:
            return QApplication.exit(0)
        if time.monotonic() - since[0] > PATIENCE:
            print(f"in vain: {waiting[0]}", flush=True)
            QApplication.exit(70)
        return None

    def begin() -> None:
        timers.append(QTimer())
        timers[0].timeout.connect(step)
        timers[0].start(TICK_MS if SCENARIO != "idle" else 500)

    return client.run(chosen, paths, link, begin)


if __name__ == "__main__":
    SCENARIO = sys.argv[1]
    sys.exit(broker.main(options.parse(sys.argv[2:]), run))
