"""The real program with a pair of hands: broker and client as always, and real key and mouse events from a script.

`python -m tests.e2e.hands SCRIPT [arguments of Teahouse]`; SCRIPT names a generator below. It yields conditions and
goes on when they are true. Every line said on standard output begins with `hands:`.
"""

import inspect
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from teahouse import broker, options
from teahouse.broker_link import BrokerLink
from teahouse.domain.account import Account
from teahouse.domain.chat import Presence
from teahouse.net.seal import sealed
from teahouse.options import Options
from teahouse.paths import ProfilePaths
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.gate import StoppedPage
from teahouse.ui.window import MainWindow

Step = Callable[[], object]
PATIENCE = float(os.environ.get("HANDS_PATIENCE", "20"))


def seen(name: str) -> QWidget | None:
    """The visible, enabled widget with this object name or accessible name."""
    for widget in QApplication.allWidgets():
        named = name in (widget.objectName(), widget.accessibleName()) or (
            isinstance(widget, QAbstractButton) and widget.text() == name
        )
        if named and widget.isVisible() and widget.isEnabled():
            return widget
    return None


def type_into(name: str, text: str, *, enter: bool = False) -> None:
    """Replace what stands in a field, key by key."""
    field = seen(name)
    assert field is not None, name
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)


def card(name: str) -> QWidget | None:
    """The visible card whose name begins so."""
    found = (w for w in QApplication.allWidgets() if w.objectName() == "choice" and w.isVisible())
    return next((w for w in found if w.accessibleName().startswith(name)), None)


def press(name: str) -> None:
    """Press a button or a card by the keyboard."""
    widget = card(name) or seen(name)
    assert widget is not None, name
    QTest.keyClick(widget, Qt.Key.Key_Space)


def main_window() -> MainWindow | None:
    """The main window, once it is there."""
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()), None)


def sheets() -> list[BrowseRoomsSheet]:
    """The sheet to join a room, while it is open."""
    return [s for s in QApplication.allWidgets() if isinstance(s, BrowseRoomsSheet) and s.isVisible()]


def lines(window: MainWindow) -> list[str]:
    """The texts of the open conversation, as a screen reader hears them."""
    model = window.conversation.model
    return [str(model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)) for row in range(model.rowCount())]


def register() -> Iterator[Step]:
    """Through the welcome window to a new account, into a room, one line said, one heard; then quit."""
    yield lambda: [w for w in QApplication.allWidgets() if w.objectName() == "choice" and w.isVisible()]
    press("New identity")
    yield lambda: card(os.environ["HANDS_WAY"])
    press(os.environ["HANDS_WAY"])
    if os.environ.get("HANDS_FIND"):
        yield lambda: seen("Find a bridge")
        press("Find a bridge")
    if bridge := os.environ.get("HANDS_BRIDGE"):
        yield lambda: seen("Bridge lines")
        type_into("Bridge lines", bridge)
        press("Use this bridge")
    yield lambda: seen("passphrase")
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)
    if tor := os.environ.get("HANDS_TOR"):
        yield lambda: seen("Which Tor…")
        press("Which Tor…")
        yield lambda: seen(tor)
        press(tor)
        press("Use this one")
    yield lambda: seen("domain") and not seen("passphrase")
    type_into("domain", os.environ["HANDS_DOMAIN"])
    press("more")
    yield lambda: seen("host")
    type_into("host", os.environ.get("HANDS_HOST", "127.0.0.1"))
    type_into("port", os.environ["HANDS_PORT"])
    type_into("ca_file", os.environ["HANDS_CA"])
    press("Ask this server")
    yield lambda: seen("username")
    type_into("username", os.environ["HANDS_NAME"], enter=True)
    yield lambda: seen("made_address")
    press("Enter")
    yield main_window
    window = main_window()
    assert window is not None
    yield lambda: "online" in window.strip.accessibleName() + "".join(_texts(window.strip))
    # Somebody new is led to a room without asking.
    yield sheets
    sheet = sheets()[0]
    room = os.environ["HANDS_ROOM"]
    # Which rooms there are is Prosody's to say, and once asked it forgets to list new ones that nobody keeps.
    yield lambda: not sheet._busy.isVisible()
    type_into("Address of the room", room)
    QTest.keyClick(sheet.address, Qt.Key.Key_Tab)
    yield lambda: seen("Join")
    press("Join")
    yield lambda: window.conversation.chat is not None
    print("hands: inside", flush=True)
    yield lambda: any("good evening" in line for line in lines(window))
    yield lambda: window.conversation.composer.box.isEnabled()
    QTest.keyClicks(window.conversation.composer.box, "and to you")
    QTest.keyClick(window.conversation.composer.box, Qt.Key.Key_Return)
    yield lambda: any("and to you" in line and "delivered" in line.lower() for line in lines(window))
    _report(window)
    yield lambda: any(word in window.strip.way.accessibleName() for word in os.environ["HANDS_STRIP"].split("|"))
    print(f"hands: strip {window.strip.way.accessibleName()}", flush=True)
    if os.environ.get("HANDS_TOR_DIES"):
        yield from _outlive_tor(window)
    if os.environ.get("HANDS_WAITS"):
        print("hands: waiting", flush=True)
        yield lambda: any("you may go" in line for line in lines(window))


def _outlive_tor(window: MainWindow) -> Iterator[Step]:
    """Until the strip says that tor is gone; write on; and until that has arrived."""
    print("hands: tor may die", flush=True)
    yield lambda: "online" not in window.strip.way.accessibleName()
    print(f"hands: gone {window.strip.way.accessibleName()}", flush=True)
    box = window.conversation.composer.box
    assert box.isVisible() and box.isEnabled()
    QTest.keyClicks(box, "meanwhile")
    QTest.keyClick(box, Qt.Key.Key_Return)
    yield lambda: any("meanwhile" in line for line in lines(window))
    print("hands: written", flush=True)
    yield lambda: any("meanwhile" in line and "delivered" in line.lower() for line in lines(window))


def provisioned() -> Iterator[Step]:
    """A new profile from a provision file: a passphrase, and every room is there."""
    yield lambda: seen("passphrase")
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)
    yield main_window
    window = main_window()
    assert window is not None
    yield lambda: {chat.presence for chat in window.known.chats.values()} == {Presence.HERE}
    for title in sorted(chat.title for chat in window.known.chats.values()):
        print(f"hands: line {title}", flush=True)


def encrypted() -> Iterator[Step]:
    """Two identities of one new profile write to each other, encrypted, by keys alone."""
    yield from provisioned()
    window = main_window()
    assert window is not None
    one, other = window.known.accounts.values()
    yield from _encrypt(window, one, other.jid)
    yield from _encrypt(window, other, one.jid)
    yield from _write(window, "good evening")
    yield from _turn_to(window, one, other.jid)
    yield lambda: any("good evening" in line for line in lines(window))
    yield from _write(window, "and to you")
    _report(window)
    yield from _turn_to(window, other, one.jid)
    yield lambda: any("and to you" in line for line in lines(window))
    _report(window)


def _encrypt(window: MainWindow, account: Account, address: str) -> Iterator[Step]:
    """Open a chat of this identity with somebody, and have what is written there be encrypted."""
    own = next(chat for chat in window.known.chats.values() if chat.account == account.id)
    yield from _turn_to(window, account, own.jid)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    yield lambda: seen("Open chat")
    type_into("Address", address, enter=True)
    yield lambda: (chat := window.conversation.chat) is not None and chat.jid == address
    chip = window.conversation.composer.findChild(QWidget, "shielding")
    assert chip is not None
    yield lambda: "Not encrypted" in str(chip.property("text"))
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Space)
    yield QApplication.activePopupWidget
    menu = QApplication.activePopupWidget()
    assert menu is not None
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    yield lambda: seen("Encrypt")
    press("Encrypt")
    yield lambda: "OpenPGP" in str(chip.property("text"))
    print(f"hands: chip {chip.property('text')}", flush=True)


def _turn_to(window: MainWindow, account: Account, address: str) -> Iterator[Step]:
    """Choose a chat by its number."""
    # No window manager gives the keys back when a sheet is closed.
    window.activateWindow()
    yield window.isActiveWindow
    for number in range(1, 10):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.AltModifier)
        chat = window.conversation.chat
        if chat is not None and (chat.account, chat.jid) == (account.id, address):
            break
    yield lambda: (chat := window.conversation.chat) is not None and (chat.account, chat.jid) == (account.id, address)


def _write(window: MainWindow, text: str) -> Iterator[Step]:
    """Write a message, and wait until the server has it."""
    yield lambda: window.conversation.composer.box.isEnabled()
    QTest.keyClicks(window.conversation.composer.box, text)
    QTest.keyClick(window.conversation.composer.box, Qt.Key.Key_Return)
    # It may have come further than the server before it is looked at; "waiting to be sent" is no such word.
    gone = ("the server has it", "on their device", "they have seen it")
    yield lambda: any(text in line and any(word in line.lower() for word in gone) for line in lines(window))


def restore() -> Iterator[Step]:
    """Through the welcome window of a new profile: a wrong passphrase first, then everything of a backup is there."""
    yield lambda: seen("Restore a backup…")
    press("Restore a backup…")
    for words in ("not these words", os.environ["HANDS_WORDS"]):
        yield lambda: seen("backup-passphrase")
        type_into("backup", os.environ["HANDS_BACKUP"])
        type_into("backup-passphrase", words, enter=True)
        yield lambda: seen("passphrase")
        type_into("passphrase", "correct horse tea")
        type_into("again", "correct horse tea", enter=True)
        if words != os.environ["HANDS_WORDS"]:
            tops = QApplication.topLevelWidgets()
            yield lambda tops=tops: any("not the passphrase" in text for top in tops for text in _texts(top))  # type: ignore[misc]
            press("Back")
    yield main_window
    print(f"hands: sealed {sealed()}", flush=True)
    window = main_window()
    assert window is not None
    yield lambda: window.conversation.chat is not None and lines(window)
    _report(window)


def read_offline() -> Iterator[Step]:
    """Unlock, and read what is there without a connection."""
    yield from _unlock()
    window = main_window()
    assert window is not None
    yield lambda: len(lines(window)) >= 2
    _report(window)


def come_back() -> Iterator[Step]:
    """Unlock, go online, and wait for the missed line."""
    yield from _unlock()
    window = main_window()
    assert window is not None
    yield lambda: any("fence" in line for line in lines(window))
    _report(window)


def stopped() -> Iterator[Step]:
    """The page that says why the profile stays closed; then close it."""
    yield lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage) and w.isVisible()]
    page = next(w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage))
    print(f"hands: line {page.accessibleName()}", flush=True)
    press("Quit")


def leave_tor() -> Iterator[Step]:
    """In a Tor profile: choose to go without, and confirm; in the client that follows, end."""
    print(f"hands: sealed {sealed()}", flush=True)
    yield lambda: card("New identity")
    if not sealed():
        return
    press("New identity")
    yield lambda: seen("Without Tor…")
    press("Without Tor…")
    yield lambda: seen("Allow and start again")
    press("Allow and start again")
    yield lambda: False


def idle() -> Iterator[Step]:
    """Stay until ended."""
    yield lambda: card("New identity")
    print("hands: idle", flush=True)
    yield lambda: False


def _unlock() -> Iterator[Step]:
    yield lambda: seen("Passphrase")
    type_into("Passphrase", "correct horse tea", enter=True)
    yield main_window
    yield lambda: (window := main_window()) is not None and window.conversation.chat is not None


def _texts(widget: QWidget) -> list[str]:
    return [str(child.property("text")) for child in widget.findChildren(QWidget) if child.property("text")]


def usable() -> Iterator[Step]:
    """Until the last chat stands there with its history, and can be written in; and then until it is killed."""
    yield main_window
    window = main_window()
    assert window is not None
    yield lambda: window.conversation.chat is not None and lines(window)
    yield lambda: window.conversation.composer.box.isEnabled()
    print("hands: usable", flush=True)
    yield lambda: any("good evening" in line for line in lines(window))
    print("hands: heard", flush=True)
    while True:
        yield lambda: True


def _report(window: MainWindow) -> None:
    for line in lines(window):
        print(f"hands: line {line}", flush=True)


def main(*scripts: Callable[[], Iterator[Step]]) -> int:
    """Run the program with the script that the command line names first; its exit code."""
    script = {script.__name__: script for script in scripts}[sys.argv[1]]
    return broker.main(options.parse(sys.argv[2:]), partial(run, script()))


def run(script: Iterator[Step], chosen: Options, paths: ProfilePaths, link: BrokerLink) -> int:
    """The client, with the script's steps on a timer of its loop."""
    from teahouse import main as client

    print(f"hands: client {os.getpid()}", flush=True)
    waiting: list[Step] = [lambda: True]
    since = [time.monotonic()]

    def step() -> None:
        try:
            if waiting[0]():
                waiting[0], since[0] = next(script), time.monotonic()
            elif time.monotonic() - since[0] > PATIENCE:
                raise AssertionError(f"waited in vain for {inspect.getsource(waiting[0]).strip()}")
        except StopIteration:
            QApplication.exit(0)
        except BaseException as error:
            words = [w for top in QApplication.topLevelWidgets() if top.isVisible() for w in _texts(top)]
            rooms = [sheet.rooms.item(at).text() for sheet in sheets() for at in range(sheet.rooms.count())]
            said = lines(window) if (window := main_window()) is not None else []
            print(f"hands: failed: {error!r}; on the screen: {words}; rooms: {rooms}; said: {said}", flush=True)
            import traceback

            traceback.print_exc()
            QApplication.exit(70)

    timers: list[QTimer] = []

    def begin() -> None:
        timers.append(QTimer())
        timers[0].timeout.connect(step)
        timers[0].start(20)

    return client.run(chosen, paths, link, begin)


if __name__ == "__main__":
    sys.exit(main(register, provisioned, encrypted, restore, read_offline, come_back, stopped, leave_tor, idle, usable))
