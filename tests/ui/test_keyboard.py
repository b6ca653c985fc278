"""Everything can be reached by keys and has a name for those who do not see it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account, Route
from teahouse.domain.chat import Occupant, RoomFacts
from teahouse.domain.commands import CreateVault, LeaveRoom, MarkRead, RemoveChat
from teahouse.domain.events import CertificateDoubted, KeyChanged, OccupantsChanged, RoomDescribed
from teahouse.domain.key import Acceptance, KnownKey
from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.ui.chats.menu import chat_menu
from teahouse.ui.dialogs.bridges import BridgesSheet
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.certificate import CertificateSheet
from teahouse.ui.dialogs.key import KeySheet
from teahouse.ui.dialogs.link import LinkSheet
from teahouse.ui.dialogs.person import PersonSheet
from teahouse.ui.dialogs.preferences import PreferencesSheet
from teahouse.ui.dialogs.question import Sheet, ask_text, confirm
from teahouse.ui.dialogs.requests import RequestsSheet
from teahouse.ui.dialogs.torsource import TorSourceSheet
from teahouse.ui.dialogs.unlock import UnlockPage
from teahouse.ui.dialogs.whole import show_whole
from teahouse.ui.known import Known
from teahouse.ui.onboarding.identity import IdentityPage, _FormStep, _RecoveryStep
from teahouse.ui.onboarding.protect import ProtectPage
from teahouse.ui.onboarding.signin import SignInPage
from teahouse.ui.onboarding.torpage import TorPage
from teahouse.ui.onboarding.way import BridgePage, ProxyPage, SeekPage, Way, WayPage
from teahouse.ui.onboarding.welcome import Ways, Welcome
from teahouse.ui.preferences import Preferences
from teahouse.ui.promise import show_promise
from teahouse.ui.requests import Tray
from teahouse.ui.shortcuts import show_keys

from .fake import ROOM, World
from .stage import window_of

ACCOUNT = Account(1, "willow@tea.example", "willow")
KNOWN = KnownKey("h", "cd" * 32, 1, 2, Acceptance.FIRST)
FORM = RegistrationForm("tea.example", "", (FormField("username", "Name"), FormField("password", "Password")), 1)


def nameless(root: QWidget) -> list[str]:
    """Focusable widgets in a tree that a screen reader could not name."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        by_keys = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        if not by_keys or isinstance(widget, QScrollBar):
            continue
        inner = widget.parentWidget() is not None and widget.objectName().startswith("qt_")
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        if not inner and not (widget.accessibleName() or text):
            found.append(f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parentWidget()).__name__}")
    return found


def tray_of(world: World, parent: QWidget) -> RequestsSheet:
    """The tray of strangers."""
    known = Known(world.bridge)
    known.setParent(parent)
    return RequestsSheet(parent, world.bridge, known, Tray(world.bridge, known, parent), ignored)


def nothing() -> None:
    """Does nothing."""


def ignored(answer: object) -> None:
    """Takes an answer and does nothing."""


SHEETS: dict[str, Callable[[World, QWidget], QWidget]] = {
    "browse": lambda w, p: BrowseRoomsSheet(p, w.bridge, Known(w.bridge), ACCOUNT, lambda chat: None),
    "certificate": lambda w, p: CertificateSheet(p, w.bridge, CertificateDoubted(1, "h", "ab" * 32, "why")),
    "key": lambda w, p: KeySheet(p, w.bridge, KeyChanged(1, "h", "ab" * 32, (KNOWN,))),
    "requests": lambda w, p: tray_of(w, p),
    "link": lambda w, p: LinkSheet(p, "https://example.org", {"any": print, "tor": print}),
    "person": lambda w, p: PersonSheet(p, w.bridge, ACCOUNT, lambda chat: None),
    "preferences": lambda w, p: PreferencesSheet(p, Preferences(w.bridge, "light")),
    "confirm": lambda w, p: confirm(p, "Sure?", "Really?", "Remove", nothing),
    "text": lambda w, p: ask_text(p, "Nick", "willow", "Change", print),
    "whole": lambda w, p: show_whole(p, "long"),
    "keys": lambda w, p: show_keys(p),
    "unlock": lambda w, p: UnlockPage(w.bridge),
    "welcome": lambda w, p: Welcome(w.bridge, Ways(nothing), vault_open=False),
    "protect": lambda w, p: ProtectPage(w.bridge, nothing, nothing),
    "way": lambda w, p: WayPage(ignored, nothing, open_profile=False, without_tor=nothing),
    "open way": lambda w, p: WayPage(ignored, nothing, open_profile=True, without_tor=nothing),
    "bridge": lambda w, p: BridgePage(ignored, nothing),
    "tor source": lambda w, p: TorSourceSheet(p, w.bridge),
    "bridges": lambda w, p: BridgesSheet(p, w.bridge),
    "seek": lambda w, p: SeekPage(nothing, nothing, nothing),
    "finding": lambda w, p: TorPage(w.bridge, Way(Route.TOR, find=True), nothing, nothing, nothing),
    "proxy": lambda w, p: ProxyPage(ignored, nothing),
    "tor": lambda w, p: TorPage(w.bridge, Way(Route.TOR), nothing, nothing, nothing),
    "promise": lambda w, p: show_promise(p),
    "sign in": lambda w, p: SignInPage(w.bridge, nothing, nothing, Way(Route.TOR)),
    "identity": lambda w, p: IdentityPage(w.bridge, nothing, nothing, Way(Route.TOR)),
    "form": lambda w, p: _FormStep(w.bridge, FORM, nothing, lambda account, password: None),
    "recovery": lambda w, p: _RecoveryStep(ACCOUNT, "secret", nothing),
}


@pytest.mark.parametrize("name", SHEETS)
def test_every_dialog_has_names(qtbot: QtBot, name: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    page = SHEETS[name](World(), parent)
    if page.parent() is None:
        qtbot.addWidget(page)
    assert nameless(page) == []


def test_the_window_has_names(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    people = tuple(Occupant(f"guest {n}") for n in range(30))
    world.bridge.announce(OccupantsChanged(1, people, whole=True))
    world.bridge.announce(RoomDescribed(1, RoomFacts("Tea", anonymous=True)))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 30)
    window.conversation.open_find()
    assert nameless(window) == []


def test_f6_goes_round(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(3))
    assert QApplication.focusWidget() is window.conversation.composer.box
    seen = []
    for _press in range(6):
        QTest.keyClick(window, Qt.Key.Key_F6)
        seen.append(QApplication.focusWidget())
    expected: list[QWidget] = [
        window.details.list, window.rail.first(), window.chats.search, window.chats.list,
        window.conversation.view, window.conversation.composer.box,
    ]  # fmt: skip
    assert seen == expected
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is window.conversation.view


def test_chats_are_walked_by_keys(qtbot: QtBot) -> None:
    board = replace(ROOM, id=2, jid="b@rooms.example", title="Board", last_time=500)
    window = window_of(qtbot, World(3, (ROOM, board)))
    alt = Qt.KeyboardModifier.AltModifier

    def opened() -> int:
        return window.conversation.chat.id if window.conversation.chat else 0

    QTest.keyClick(window, Qt.Key.Key_Down, alt)
    assert opened() == 2
    QTest.keyClick(window, Qt.Key.Key_Up, alt)
    assert opened() == 1
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.chats.search, "boa")
    QTest.keyClick(window.chats.search, Qt.Key.Key_Return)
    assert opened() == 2 and QApplication.focusWidget() is window.conversation.composer.box
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window.chats.search, "zzzz")
    assert not window.chats.model.order() and not window.chats.list.isVisible()


def test_the_welcome_window_by_keys(qtbot: QtBot) -> None:
    world = World()
    welcome = Welcome(world.bridge, Ways(nothing), vault_open=False)
    qtbot.addWidget(welcome)
    welcome.show()
    welcome.activateWindow()
    qtbot.waitUntil(welcome.isActiveWindow)
    first = QApplication.focusWidget()
    assert first is not None and first.accessibleName().startswith("New identity")
    QTest.keyClick(first, Qt.Key.Key_Tab)
    second = QApplication.focusWidget()
    assert second is not None and second.accessibleName().startswith("I have an account")
    QTest.keyClick(second, Qt.Key.Key_Return)
    way = QApplication.focusWidget()
    assert way is not None and way.accessibleName().startswith("No, connect")
    for _step in range(3):
        way = QApplication.focusWidget()
        assert way is not None
        QTest.keyClick(way, Qt.Key.Key_Tab)
    direct = QApplication.focusWidget()
    assert direct is not None and direct.accessibleName().startswith("Without Tor")
    QTest.keyClick(direct, Qt.Key.Key_Return)
    page = welcome.findChild(ProtectPage)
    assert isinstance(page, ProtectPage) and page.isVisible()
    for name in ("passphrase", "again"):
        field = page.findChild(QWidget, name)
        assert isinstance(field, QWidget)
        field.setFocus()
        QTest.keyClicks(field, "correct horse")
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert world.sent(CreateVault)
    qtbot.waitUntil(lambda: welcome.findChild(SignInPage) is not None)


def test_enter_on_cancel_cancels(qtbot: QtBot) -> None:
    done: list[str] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    sheet: Sheet = ask_text(parent, "Nick", "willow", "Change", done.append)
    qtbot.waitUntil(sheet.isActiveWindow)
    sheet.away.setFocus()
    QTest.keyClick(sheet.away, Qt.Key.Key_Return)
    assert done == [] and not sheet.isVisible()


@pytest.mark.parametrize("presses", [1, 3, 4, 5])
def test_panes_show_where_the_keyboard_is(qtbot: QtBot, presses: int) -> None:
    world = World(3)
    window = window_of(qtbot, world)
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"), Occupant("willow", mine=True)), whole=True))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 2)
    pane = [window.details.list, window.chats.search, window.chats.list, window.conversation.view][
        [1, 3, 4, 5].index(presses)
    ]
    before = pane.grab().toImage()
    for _press in range(presses):
        QTest.keyClick(window, Qt.Key.Key_F6)
    assert QApplication.focusWidget() is pane and pane.grab().toImage() != before


def test_coming_to_the_messages_by_keys(qtbot: QtBot) -> None:
    window = window_of(qtbot, World(3))
    QTest.keyClick(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    view = window.conversation.view
    assert QApplication.focusWidget() is view and [m.id for m in view.chosen()] == [3]
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert [m.id for m in view.chosen()] == [2]


def test_leaving_and_removing(qtbot: QtBot) -> None:
    world = World(3)
    window = window_of(qtbot, world)

    def act(words: str) -> None:
        actions = chat_menu(window.chats, world.bridge, replace(ROOM, unread=2)).actions()
        next(action for action in actions if words in action.text()).trigger()

    act("Mark as read")
    act("Leave")
    assert world.sent(LeaveRoom) == [LeaveRoom(1)] and world.sent(MarkRead)
    act("Remove")
    sheet = window.chats.findChild(Sheet)
    assert isinstance(sheet, Sheet) and sheet.away.isDefault() and not world.sent(RemoveChat)
    QTest.keyClick(sheet.act, Qt.Key.Key_Return)
    assert world.sent(RemoveChat) == [RemoveChat(1)]
