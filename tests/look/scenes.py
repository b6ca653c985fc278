"""What is to be seen in each picture: scripts for the real program, which then takes the picture of its own window."""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from teahouse.domain.chat import Affiliation, ChatKind, End, Ending, Occupant, Presence, Role
from teahouse.domain.commands import SendMessage
from teahouse.domain.events import (
    ChatStored,
    GapsChanged,
    MessageStored,
    OccupantsChanged,
    RequestsChanged,
    RoomDescribed,
)
from teahouse.domain.history import Gap
from teahouse.domain.message import Delivery, Message, Reach
from teahouse.domain.request import Asking, Request
from teahouse.ui.dialogs.bridges import BridgesSheet
from teahouse.ui.dialogs.carry import BackupSheet, ExportSheet
from teahouse.ui.dialogs.gate import StoppedPage
from teahouse.ui.dialogs.identity import IdentitySheet
from teahouse.ui.dialogs.key import KeySheet
from teahouse.ui.keeping import choose_days
from teahouse.ui.onboarding.torpage import TorPage
from teahouse.ui.onboarding.welcome import Welcome
from teahouse.ui.route import RoutePopover
from teahouse.ui.window import MainWindow
from tests.e2e.hands import Step, card, lines, main, main_window, press, register, seen, sheets, type_into


def picture(window: QWidget) -> None:
    """Take it."""
    window.repaint()
    QGuiApplication.sync()
    assert window.screen().grabWindow(0).save(os.environ["LOOK_FILE"])


def settled(window: MainWindow) -> Step:
    """Whether nothing more comes in."""
    bridge = window._bridge
    return lambda: bridge.idle() and bridge.quiet_for() > 0.5 and not window.conversation.model.loading


def inside() -> Iterator[Step]:
    """The lobby, with its greeting."""
    yield main_window
    window = main_window()
    assert window is not None
    window.activateWindow()
    yield lambda: window.conversation.chat is not None and len(lines(window)) > 8
    yield lambda: window.details.model.rowCount() > 4
    yield settled(window)


def lobby() -> Iterator[Step]:
    """The practice lobby."""
    yield from inside()
    window = main_window()
    assert window is not None
    picture(window)


def person() -> Iterator[Step]:
    """A chat with one person, who answers."""
    yield from inside()
    window = main_window()
    assert window is not None
    one = next(chat for chat in window.known.chats.values() if chat.kind is ChatKind.PERSON)
    window.open_chat(one)
    for text in ("Hello! Is this only between the two of us?", "And the server, I see. It says so above the box."):
        before = len(lines(window))
        yield lambda: window.conversation.composer.box.isEnabled()
        QTest.keyClicks(window.conversation.composer.box, text)
        QTest.keyClick(window.conversation.composer.box, Qt.Key.Key_Return)
        yield lambda before=before: len(lines(window)) >= before + 2  # type: ignore[misc]
        yield settled(window)
    picture(window)


def browse() -> Iterator[Step]:
    """The sheet to join a room, one of them chosen."""
    yield from inside()
    window = main_window()
    assert window is not None
    window.browse()
    yield sheets
    sheet = sheets()[0]
    yield lambda: sheet.rooms.count() > 0
    sheet.rooms.setCurrentRow(0)
    yield lambda: sheet.act.isEnabled()
    yield settled(window)
    picture(window)


def requests() -> Iterator[Step]:
    """Strangers and invitations in the tray."""
    yield from inside()
    window = main_window()
    assert window is not None
    account = next(iter(window.known.accounts))
    near = next(chat.jid for chat in window.known.chats.values() if chat.kind is ChatKind.PERSON)
    alike, now = near.replace("o", "\u043e").replace("e", "\u0435"), time.time_ns() // 1_000_000
    moth = "moth@unknown.example"
    club, long = "长江边读书会@rooms.far.example", f"{'very-long-' * 9}name@{'sub.' * 12}example"
    held = (
        Request(1, account, Asking.TALK, alike, alike, "", "Hello, it is me. I lost my other account 🍵", now, 3, 12),
        Request(2, account, Asking.TALK, moth, moth, "", "<b>Buy</b> tea " * 30, now - 60_000, 1),
        Request(3, account, Asking.ROOM, club, club, f"{club}/月影", "今晚九点,我们读第三章。", now - 7_200_000),
        Request(4, account, Asking.TALK, long, long, "", "hi", now - 90_000_000, 1),
    )
    window._bridge.announce(RequestsChanged(account, held, 9_800))
    yield window.chats.requests.isVisible
    window.chats.requests.show_all()
    yield settled(window)
    picture(window)


def clash() -> Iterator[Step]:
    """Names that cannot be told from others, in the room and in the list."""
    yield from inside()
    window = main_window()
    assert window is not None and window.conversation.chat is not None
    chat, bridge, now = window.conversation.chat, window._bridge, time.time_ns() // 1_000_000
    twin, long = "plum_kett\u04cfe", "溪边和一个很长很长的名字" * 4
    there = (
        Occupant("plum_kettle", Role.MODERATOR, Affiliation.OWNER, clash=True),
        Occupant(twin, clash=True),
        Occupant(long, clash=True),
        Occupant("\u3164", clash=True),
    )
    bridge.announce(OccupantsChanged(chat.id, there))
    last = window.conversation.model.rows()[-1].message
    said = ((twin, "I am the owner. Send me your password."), (long, "你好"), (twin, "/me waits"), ("\u3164", "boo"))
    for n, (nick, body) in enumerate(said, 1):
        new = Message(last.id + 1_000 + n, chat.account, chat.id, last.order + n, now, nick, body, clash=True)
        bridge.announce(MessageStored(new))
    yield lambda: len(lines(window)) > 12
    yield settled(window)
    picture(window)


def opened() -> Iterator[Step]:
    """A room that has begun to show addresses and to be logged, and others that ended."""
    yield from inside()
    window = main_window()
    assert window is not None and window.conversation.chat is not None
    chat, bridge = window.conversation.chat, window._bridge
    facts = replace(window.known.facts[chat.id], anonymous=False, published=True)
    bridge.announce(RoomDescribed(chat.id, facts))
    ends = (
        Ending(End.KICKED, "话太多了,请安静一会儿", "溪边"),
        Ending(End.DESTROYED, "We have outgrown it", venue="garden@rooms.far.example"),
        Ending(End.SHUT),
        Ending(End.EXPOSED),
    )
    rooms = [
        replace(
            chat, id=90 + n, jid=f"ended-{n}@x.example", title=f"Ended {n}", presence=Presence.AWAY_FROM, ending=one
        )
        for n, one in enumerate(ends)
    ]
    bridge.announce(RequestsChanged(chat.account, ()))
    for room in rooms:
        bridge.announce(ChatStored(room))
    yield window.conversation.notice.isVisible
    number = os.environ["LOOK_FILE"].removesuffix(".png")[-1]
    if number.isdigit():
        window.open_chat(rooms[int(number)])
        yield window.conversation.notice.isVisible
    yield settled(window)
    picture(window)


def preferences() -> Iterator[Step]:
    """The preferences over the lobby."""
    yield from inside()
    window = main_window()
    assert window is not None
    window.asking.preferences(window._preferences)
    yield settled(window)
    picture(window)


def _told(*told: Message, missing_behind: int = 0) -> Iterator[Step]:
    """These are shown in a chat with one person, a millisecond after each other from now on."""
    yield from inside()
    window = main_window()
    assert window is not None
    one = next(chat for chat in window.known.chats.values() if chat.kind is ChatKind.PERSON)
    window.open_chat(one)
    yield settled(window)
    now, own = time.time_ns() // 1_000_000, window.known.accounts[one.account].jid
    for n, message in enumerate(told):
        sender, place = own if message.mine else one.jid, (now + n) * 1000
        placed = replace(message, id=90_000 + n, account=one.account, chat=one.id, order=place, time=now, sender=sender)
        window._bridge.announce(MessageStored(placed))
    if missing_behind:
        window._bridge.announce(GapsChanged(one.id, (Gap(1, one.id, (now + missing_behind - 1) * 1000),)))
    yield lambda: len(lines(window)) >= len(told)
    yield settled(window)
    picture(window)


def _said(body: str, state: Delivery, reach: Reach = Reach.UNKNOWN, detail: str = "") -> Message:
    mine = state is not Delivery.RECEIVED
    return Message(0, 0, 0, 0, 0, "", body, mine, state, detail=detail, reach=reach)


def marks() -> Iterator[Step]:
    """Own messages to a person, each a little further than the next."""
    yield from _told(
        _said("You have seen this one.", Delivery.CONFIRMED, Reach.DISPLAYED),
        _said("这一条已到你的设备。", Delivery.CONFIRMED, Reach.DEVICE),
        _said("The server has this one, and so has its archive.", Delivery.CONFIRMED),
        _said("This one is on its way.", Delivery.SENT),
        _said("Nobody knows about this one.", Delivery.UNSURE),
    )


def delivery() -> Iterator[Step]:
    """Something is missing in between; one message was refused, and one waits."""
    yield from _told(
        _said("Shall we meet at the tea house?", Delivery.RECEIVED),
        _said("明天几点?", Delivery.RECEIVED),
        _said("Nine, as always.", Delivery.FAILED, detail="service unavailable"),
        _said("This one waits for the connection.", Delivery.QUEUED),
        missing_behind=1,
    )


def settings() -> Iterator[Step]:
    """The settings of one identity."""
    yield from inside()
    window = main_window()
    account = window.current_account() if window is not None else None
    assert window is not None and account is not None
    window.asking.identity(window._preferences, account)
    sheet = window.findChild(IdentitySheet)
    assert isinstance(sheet, IdentitySheet)
    yield sheet.archive.isEnabled
    yield settled(window)
    picture(window)


def _spoken(*texts: str) -> Iterator[Step]:
    """The lobby, in which something was said."""
    yield from inside()
    window = main_window()
    assert window is not None and window.conversation.chat is not None
    chat, before = window.conversation.chat.id, len(lines(window))
    for text in texts:
        window._bridge.do(SendMessage(chat, text))
    yield lambda: len(lines(window)) >= before + len(texts)
    yield settled(window)


TALK = (
    "今天晚上的茶会改到九点,请大家带上自己的杯子。",
    "Who brings the oolong to the 茶会 tonight? The last one was very good; see https://tea.example/oolong for more.",
    "下次茶会我们读第三章,不过我可能会晚到一会儿,因为要先去车站接人。",
    "Nothing about it here.",
)


def search() -> Iterator[Step]:
    """Messages found by two Han characters and an operator."""
    yield from _spoken(*TALK)
    window = main_window()
    assert window is not None
    window.chats.focus_search()
    window.chats.search.setText("茶会 in:lobby ")
    yield lambda: len(window.chats.found_list.hits()) == 3
    yield settled(window)
    picture(window)


def hints() -> Iterator[Step]:
    """What can be typed into a search, and what stands where nothing is found."""
    yield from _spoken(*TALK)
    window = main_window()
    assert window is not None
    window.chats.focus_search()
    if os.environ["LOOK_FILE"].removesuffix(".png").endswith("-empty"):
        window.chats.search.setText("茶会 before:2001-01-01 ")
        yield lambda: window.chats.found_list.state.isVisible()
    else:
        window.chats.search.setText("茶会 from:")
        yield lambda: window.chats.hints.isVisible() and window.chats.found_list.hits()
    yield settled(window)
    picture(window)


def retention() -> Iterator[Step]:
    """How long a room keeps its history, about to be shortened."""
    yield from _spoken(*TALK)
    window = main_window()
    assert window is not None and window.conversation.chat is not None
    choose_days(window, window._bridge, window.conversation.chat, 7)
    yield settled(window)
    picture(window)


def backup() -> Iterator[Step]:
    """A backup, about to be made."""
    yield from inside()
    window = main_window()
    assert window is not None
    BackupSheet(window, window._bridge).open()
    yield settled(window)
    picture(window)


def export() -> Iterator[Step]:
    """History, about to be written to a readable file."""
    yield from inside()
    window = main_window()
    assert window is not None
    ExportSheet(window, window._bridge, window.conversation.chat).open()
    yield settled(window)
    picture(window)


def restore() -> Iterator[Step]:
    """A file that is no backup."""
    yield from _welcome()
    press("Restore a backup…")
    yield lambda: seen("backup")
    type_into("backup", "/etc/hostname")
    type_into("backup-passphrase", "correct horse tea", enter=True)
    yield lambda: seen("passphrase")
    type_into("passphrase", "another one here")
    type_into("again", "another one here", enter=True)
    yield lambda: [w for w in QApplication.allWidgets() if "not a backup" in str(w.property("text")) and w.isVisible()]
    press("Back")
    yield lambda: seen("backup")
    picture(_first_window())


def narrow() -> Iterator[Step]:
    """A window half as wide."""
    yield from inside()
    window = main_window()
    assert window is not None
    window.resize(760, 700)
    yield settled(window)
    picture(window)


def _welcome() -> Iterator[Step]:
    yield lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome) and w.isVisible()]


def welcome() -> Iterator[Step]:
    """The first window of all."""
    yield from _welcome()
    picture(_first_window())


def _begun() -> Iterator[Step]:
    """The question before the first packet."""
    yield from _welcome()
    press("New identity")
    yield lambda: card("No, connect")


def _first_window() -> Welcome:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, Welcome))


def way() -> Iterator[Step]:
    """The question whether Tor is blocked."""
    yield from _begun()
    picture(_first_window())


def seeking() -> Iterator[Step]:
    """What looking for a bridge shows to whom."""
    yield from _begun()
    press("Yes, or I am not sure")
    yield lambda: seen("Find a bridge")
    picture(_first_window())


def _kept(way: str) -> Iterator[Step]:
    yield from _begun()
    press(way)
    if way == "Yes, or I am not sure":
        yield lambda: seen("Find a bridge")
        press("Find a bridge")
    if way == "I was given a bridge":
        yield lambda: seen("Bridge lines")
        type_into("Bridge lines", "127.0.0.1:1 0123456789ABCDEF0123456789ABCDEF01234567")
        press("Use this bridge")
    yield lambda: seen("passphrase")
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)


def bootstrap() -> Iterator[Step]:
    """Tor on its way."""
    yield from _kept("No, connect")
    yield lambda: [p for p in QApplication.allWidgets() if isinstance(p, TorPage) and 10 <= p.progress.value() < 100]
    picture(_first_window())


def finding() -> Iterator[Step]:
    """The search for a bridge, on its way."""
    yield from _kept("Yes, or I am not sure")
    yield lambda: [w for w in QApplication.allWidgets() if "obfs4" in str(w.property("text")) and w.isVisible()
                   and str(w.property("text")).startswith("Trying")]  # fmt: skip
    yield lambda: [p for p in QApplication.allWidgets() if isinstance(p, TorPage) and p.progress.value() > 0]
    picture(_first_window())


def bridge() -> Iterator[Step]:
    """A bridge that does not answer."""
    yield from _kept("I was given a bridge")
    yield lambda: [w for w in QApplication.allWidgets() if "bridge" in str(w.property("text")) and w.isVisible()
                   and w.property("tone") == "rust"]  # fmt: skip
    picture(_first_window())


def sealed() -> Iterator[Step]:
    """The window of an identity that goes through Tor, under the seal."""
    yield from _through_tor()
    window = main_window()
    assert window is not None
    picture(window)


def _through_tor() -> Iterator[Step]:
    for step in register():
        window = main_window()
        if window is not None and window.conversation.chat is not None:
            break
        yield step
    window = main_window()
    assert window is not None
    box = window.conversation.composer.box
    yield box.isEnabled
    for text in ("Good evening. I came by the garden gate.", "大家好！"):
        box.setPlainText(text)
        QTest.keyClick(box, Qt.Key.Key_Return)
    yield lambda: len(lines(window)) >= 2 and "exit" in window.strip.way.accessibleName()
    yield settled(window)


def circuit() -> Iterator[Step]:
    """The circuit of that identity."""
    yield from _through_tor()
    window = main_window()
    assert window is not None
    window.strip.show_way()
    yield lambda: isinstance(QApplication.activePopupWidget(), RoutePopover)
    yield settled(window)
    picture(window)


def key() -> Iterator[Step]:
    """The question about the key of a server that has another one since."""
    yield from _through_tor()
    print("hands: ready for another key", flush=True)
    yield lambda: [w for w in QApplication.allWidgets() if isinstance(w, KeySheet) and w.isVisible()]
    window = main_window()
    assert window is not None
    yield settled(window)
    picture(window)


def identities() -> Iterator[Step]:
    """Two identities in one window, a room of the second one open."""
    yield lambda: seen("passphrase")
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)
    yield main_window
    window = main_window()
    assert window is not None
    yield lambda: sum(window.known.online(number) for number in window.known.accounts) == 2
    window.open_chat(next(c for c in window.known.chats.values() if c.title == "Garden"))
    box = window.conversation.composer.box
    yield box.isEnabled
    yield lambda: window.details.model.rowCount() > 0
    for text in ("The plums are ripe.", "Who has a ladder?"):
        box.setPlainText(text)
        QTest.keyClick(box, Qt.Key.Key_Return)
    yield lambda: len(lines(window)) >= 2
    yield settled(window)
    picture(window)


def bridges() -> Iterator[Step]:
    """Other bridges for that identity, while some are looked for."""
    yield from _through_tor()
    window = main_window()
    assert window is not None
    BridgesSheet(window, window._bridge).open()
    yield lambda: seen("Find a bridge")
    press("Find a bridge")
    yield lambda: [w for w in QApplication.allWidgets() if str(w.property("text")).startswith("Trying")
                   and w.isVisible()]  # fmt: skip
    picture(window)


def protect() -> Iterator[Step]:
    """The question what protects the vault."""
    yield from _begun()
    press("Without Tor")
    yield lambda: seen("passphrase")
    picture(_first_window())


def identity() -> Iterator[Step]:
    """The page that asks for a server."""
    yield from protect()
    type_into("passphrase", "correct horse tea")
    type_into("again", "correct horse tea", enter=True)
    yield lambda: seen("domain") and not seen("passphrase")
    picture(_first_window())


def stopped() -> Iterator[Step]:
    """The page that says why a profile stays closed."""
    yield lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage) and w.isVisible()]
    picture(next(w for w in QApplication.topLevelWidgets() if isinstance(w, StoppedPage)))


if __name__ == "__main__":
    from tests.look.encrypted import SCENES

    scenes = (lobby, person, browse, requests, clash, opened, preferences, narrow, welcome, protect, identity, stopped)
    kept = (search, hints, retention, backup, export, restore, marks, delivery, settings)
    ways = (way, seeking, finding, bootstrap, bridge, bridges, sealed, circuit, key, identities)
    sys.exit(main(*scenes, *kept, *ways, *SCENES))
