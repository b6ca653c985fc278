"""The window as a person uses it: chats, writing, occupants, sheets."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, Occupant, Presence, Role, RoomFacts, RoomListing
from teahouse.domain.commands import (
    AcceptKey,
    AskRoom,
    BrowseRooms,
    JoinRoom,
    SaveDraft,
    SendMessage,
    TrustCertificate,
    UnlockVault,
)
from teahouse.domain.events import (
    CertificateDoubted,
    ChatRemoved,
    ChatStored,
    KeyChanged,
    OccupantsChanged,
    VaultChanged,
    WentWrong,
)
from teahouse.domain.key import Acceptance, KnownKey
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.text import BODY_LIMIT
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.ui.chat.completion import fragment, matching
from teahouse.ui.chats.model import ChatsModel, preview
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.certificate import CertificateSheet, grouped
from teahouse.ui.dialogs.gate import StoppedPage
from teahouse.ui.dialogs.key import KeySheet
from teahouse.ui.dialogs.unlock import UnlockPage
from teahouse.ui.known import Known
from teahouse.ui.occupants import OccupantsModel
from teahouse.ui.shell import Shell
from teahouse.ui.times import day
from teahouse.ui.window import WindowActions

from .fake import ROOM, World
from .stage import window_of


def test_type_and_enter_sends(qtbot: QtBot) -> None:
    world = World(5)
    window = window_of(qtbot, world)
    box = window.conversation.composer.box
    QTest.keyClicks(box, "hello")
    QTest.keyClick(box, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(box, "there")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert world.sent(SendMessage) == [SendMessage(1, "hello\nthere")]
    assert box.toPlainText() == ""
    qtbot.waitUntil(lambda: window.conversation.model.rows()[-1].message.body == "hello\nthere")


@pytest.mark.parametrize("text", ["bad \x07 bell", "x" * (BODY_LIMIT + 1)])
def test_what_cannot_be_sent_stays(qtbot: QtBot, text: str) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    composer = window.conversation.composer
    composer.box.setPlainText(text)
    composer.send()
    assert not world.sent(SendMessage) and composer.box.toPlainText() == text
    assert composer.problem.text() and not composer.problem.isHidden()


def test_refused_message_comes_back(qtbot: QtBot) -> None:
    world = World(1)
    world.problems[SendMessage] = Problem(Fault.DISK_FULL)
    composer = window_of(qtbot, world).conversation.composer
    composer.box.setPlainText("keep me")
    composer.send()
    qtbot.waitUntil(lambda: composer.box.toPlainText() == "keep me")
    assert composer.problem.text()


def test_drafts_are_kept_on_switch(qtbot: QtBot) -> None:
    other = replace(ROOM, id=2, jid="b@rooms.example", title="Board", draft="half a", last_time=500)
    world = World(1, (ROOM, other))
    window = window_of(qtbot, world)
    window.conversation.composer.box.setPlainText("not yet")
    window.chats.nth(2)
    assert SaveDraft(1, "not yet") in world.sent(SaveDraft)
    assert window.conversation.composer.box.toPlainText() == "half a"


def test_outside_a_room_one_can_join_again(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(ChatStored(replace(ROOM, presence=Presence.AWAY_FROM)))
    composer = window.conversation.composer
    qtbot.waitUntil(lambda: composer._closed.isVisible())
    composer._again.click()
    assert world.sent(JoinRoom) == [JoinRoom(1, ROOM.jid, "willow")]


def test_chat_list_order_and_sections(qtbot: QtBot) -> None:
    model = ChatsModel()
    person = Chat(3, 1, "p@x", ChatKind.PERSON, "Person", last_time=9_000)
    pinned = replace(ROOM, id=2, title="Pinned", pinned=True, last_time=1)
    late = replace(ROOM, id=4, title="Late", last_time=5_000)
    model.put((ROOM, person, pinned, late))
    assert [c.id for c in model.order()] == [2, 4, 1, 3]
    assert [model.data(model.index(n)) for n in range(6)] == ["Rooms", "Pinned", "Late", "Tea", "People", "Person"]
    model.put((replace(ROOM, unread=3, mentions=1, last_time=8_000),))
    assert [c.id for c in model.order()] == [2, 1, 4, 3]
    assert "3 unread" in model.data(model.index(2), Qt.ItemDataRole.AccessibleTextRole)
    model.filter("lat")
    assert [c.id for c in model.order()] == [4]
    assert preview(replace(ROOM, draft="abc")) == "Draft: abc"


def test_five_thousand_occupants(qtbot: QtBot) -> None:
    model = OccupantsModel()
    people = [Occupant(f"guest {n}") for n in range(5000)]
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.put([*people, Occupant("zed", Role.MODERATOR)])
    assert model.rowCount() == 5001 and len(resets) == 1
    assert model.data(model.index(0)).startswith("zed")
    model.filter("guest 4999")
    assert model.rowCount() == 1


def test_occupants_arrive_in_the_details(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    there = tuple(Occupant(f"guest {n}") for n in range(5000))
    world.bridge.announce(OccupantsChanged(1, there, whole=True))
    world.bridge.announce(OccupantsChanged(1, (), ("guest 1",)))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 4999)
    assert not window.details.search.isHidden()


def test_removed_chat_leaves_an_empty_page(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(ChatRemoved(1))
    qtbot.waitUntil(lambda: window.empty.isVisible())
    assert not window.chats.model.order()


def test_problem_shows_in_the_banner(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(WentWrong(Problem(Fault.ROOM_FULL, "tea")))
    qtbot.waitUntil(lambda: window.conversation.banner.isVisible())
    assert window.conversation.banner.title.text() == "tea is full."


def test_nick_completion() -> None:
    assert fragment("hi @wil", 7, False) == (3, "wil")
    assert fragment("hi wil", 6, False)[0] == -1
    assert fragment("wil", 3, True) == (0, "wil")
    assert matching("W", ["willow", "wu", "heron"], "willow") == ["wu"]


def test_tab_completes_a_nick(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"), Occupant("willow", mine=True)), whole=True))
    qtbot.waitUntil(lambda: 1 in window.known.occupants)
    box = window.conversation.composer.box
    QTest.keyClicks(box, "he")
    QTest.keyClick(box, Qt.Key.Key_Tab)
    assert box.toPlainText() == "heron: "


def test_browse_reads_the_card_then_joins(qtbot: QtBot) -> None:
    world = World(1)
    world.answers[BrowseRooms] = lambda c: (RoomListing("tea@rooms.example", "Tea <b>", 4),)
    world.answers[AskRoom] = lambda c: RoomFacts("Tea", anonymous=False, password=True)
    world.answers[JoinRoom] = lambda c: ROOM
    joined: list[Chat] = []
    sheet = BrowseRoomsSheet(None, world.bridge, Known(world.bridge), Account(1, "w@x", "willow"), joined.append)
    qtbot.addWidget(sheet)
    sheet.open()
    qtbot.waitUntil(lambda: sheet.rooms.count() == 1)
    sheet.rooms.setCurrentRow(0)
    qtbot.waitUntil(lambda: sheet.password.isVisible())
    world.problems[JoinRoom] = Problem(Fault.NICK_TAKEN, "tea")
    sheet.join()
    qtbot.waitUntil(lambda: sheet.problem.isVisible())
    assert sheet.nick.text() == "willow"
    del world.problems[JoinRoom]
    sheet.join()
    qtbot.waitUntil(lambda: joined == [ROOM])


def test_walking_past_the_list_keeps_a_typed_address(qtbot: QtBot) -> None:
    world = World(1)
    world.answers[BrowseRooms] = lambda c: (RoomListing("club@rooms.example", "Club", 4),)
    sheet = BrowseRoomsSheet(None, world.bridge, Known(world.bridge), Account(1, "w@x", "willow"), lambda chat: None)
    qtbot.addWidget(sheet)
    sheet.open()
    qtbot.waitExposed(sheet)
    sheet.activateWindow()
    qtbot.waitUntil(sheet.isActiveWindow)
    qtbot.waitUntil(lambda: sheet.rooms.count() == 1)
    sheet.address.setFocus()
    QTest.keyClicks(sheet.address, "tea@rooms.example")
    walked = []
    for _ in range(12):
        focused = sheet.focusWidget()
        walked.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert sheet.rooms in walked and walked[1] is sheet.nick
    assert sheet.address.text() == "tea@rooms.example"
    sheet.rooms.setFocus()
    QTest.keyClick(sheet.rooms, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: sheet.address.text() == "club@rooms.example")


def test_doubted_certificate_asks(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(CertificateDoubted(1, "tea.example", "ab" * 32, "self-signed"))
    qtbot.waitUntil(lambda: window.findChild(CertificateSheet) is not None)
    sheet = window.findChild(CertificateSheet)
    assert isinstance(sheet, CertificateSheet) and sheet.away.isDefault()
    sheet.trust()
    assert world.sent(TrustCertificate) == [TrustCertificate(1, "ab" * 32)]
    assert grouped("ab" * 32).split()[0] == "ABAB"


def key_sheet(qtbot: QtBot, world: World, window: QWidget) -> KeySheet:
    """The question about a key that has changed, asked now."""
    known = KnownKey("tea.example", "cd" * 32, 86_400_000, 3 * 86_400_000, Acceptance.FIRST)
    earlier = KnownKey("tea.example", "ef" * 32, 0, 86_400_000, Acceptance.CONFIRMED)
    world.bridge.announce(KeyChanged(1, "tea.example", "ab" * 32, (earlier, known)))
    qtbot.waitUntil(lambda: any(sheet.isVisible() for sheet in window.findChildren(KeySheet)))
    return next(sheet for sheet in window.findChildren(KeySheet) if sheet.isVisible())


def test_a_changed_key_asks_and_enter_does_not_connect(qtbot: QtBot) -> None:
    """Both fingerprints and the history are there; only the other button, reached by Tab, accepts."""
    world = World(1)
    window = window_of(qtbot, world)
    sheet = key_sheet(qtbot, world, window)
    texts = "\n".join(label.text() for label in sheet.findChildren(QLabel))
    assert grouped("ab" * 32) in texts and grouped("cd" * 32) in texts and "EFEF EFEF" in texts
    assert day(86_400_000) in texts and day(3 * 86_400_000) in texts
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not any(one.isVisible() for one in window.findChildren(KeySheet)))
    assert world.sent(AcceptKey) == []
    sheet = key_sheet(qtbot, world, window)
    assert sheet.away.isDefault() and not sheet.act.isDefault()
    sheet.away.setFocus()
    QTest.keyClick(sheet.away, Qt.Key.Key_Tab)
    assert sheet.focusWidget() is sheet.act
    QTest.keyClick(sheet.act, Qt.Key.Key_Space)
    assert world.sent(AcceptKey) == [AcceptKey(1, "ab" * 32)]


def test_a_keyring_that_does_not_answer_can_be_asked_again(qtbot: QtBot) -> None:
    world = World(1)
    vault = VaultChanged(VaultState.OPEN, VaultMode.KEYRING)
    world.hold = True
    shell = Shell(world.bridge, vault, QWidget, "light", WindowActions(lambda: None, lambda: None))
    world.bridge.announce(WentWrong(Problem(Fault.KEYRING_MISSING)))
    qtbot.waitUntil(lambda: isinstance(shell._shown, StoppedPage))
    page = shell._shown
    assert isinstance(page, StoppedPage)
    qtbot.addWidget(page)
    world.problems[UnlockVault] = Problem(Fault.KEYRING_MISSING)
    page.again.click()
    qtbot.waitUntil(lambda: page.problem.isVisible() and page.again.isEnabled())
    del world.problems[UnlockVault]
    page.again.click()
    world.hold = False
    world.bridge.announce(vault)
    qtbot.waitUntil(lambda: shell.window is not None and shell.window.isVisible())
    assert shell.window is not None
    qtbot.addWidget(shell.window)


@pytest.mark.parametrize(
    ("mode", "practice", "notice"),
    [
        (VaultMode.OPEN, False, "Not protected on this computer"),
        (VaultMode.OPEN, True, "Practice: all of it is deleted at the end"),
        (VaultMode.PASSPHRASE, False, ""),
    ],
)
def test_how_a_profile_is_kept_stands_in_the_strip(
    qtbot: QtBot, mode: VaultMode, practice: bool, notice: str
) -> None:
    actions = WindowActions(lambda: None, lambda: None, practice=practice)
    shell = Shell(World(1).bridge, VaultChanged(VaultState.OPEN, mode), QWidget, "light", actions)
    qtbot.waitUntil(lambda: shell.window is not None and shell.window.isVisible())
    assert shell.window is not None
    qtbot.addWidget(shell.window)
    shown = [text.text() for text in shell.window.strip.findChildren(QLabel) if text.isVisible()]
    assert (notice in shown) if notice else not any("protected" in text for text in shown)


@pytest.mark.parametrize("chats", [(), (ROOM,)])
def test_somebody_new_is_led_to_a_room(qtbot: QtBot, chats: tuple[Chat, ...]) -> None:
    world = World(0, chats)
    asked = QPushButton("welcome")
    asked.finished = asked.clicked  # type: ignore[attr-defined]
    shell = Shell(
        world.bridge,
        VaultChanged(VaultState.NEW, VaultMode.PASSPHRASE),
        lambda: asked,
        "light",
        WindowActions(lambda: None, lambda: None),
    )
    asked.click()
    qtbot.waitUntil(lambda: shell.window is not None and shell.window.known.online(1))
    assert shell.window is not None
    qtbot.addWidget(shell.window)
    if chats:
        qtbot.waitUntil(lambda: shell.window is not None and shell.window.conversation.chat is not None)
        assert shell.window.findChildren(BrowseRoomsSheet) == []
    else:
        qtbot.waitUntil(lambda: shell.window is not None and bool(shell.window.findChildren(BrowseRoomsSheet)))


def test_shell_unlocks_then_opens(qtbot: QtBot) -> None:
    world = World(1)
    shell = Shell(
        world.bridge,
        VaultChanged(VaultState.LOCKED, VaultMode.PASSPHRASE),
        QWidget,
        "dark",
        WindowActions(lambda: None, lambda: None),
    )
    with qtbot.waitSignal(shell.first_paint):
        pass
    page = shell._shown
    assert isinstance(page, UnlockPage)
    world.problems[UnlockVault] = Problem(Fault.WRONG_PASSPHRASE)
    page.field.setText("wrong")
    page.unlock()
    qtbot.waitUntil(lambda: page.problem.isVisible() and page.field.isEnabled())
    assert page.field.text() == "wrong"
    world.bridge.announce(VaultChanged(VaultState.OPEN, VaultMode.PASSPHRASE))
    qtbot.waitUntil(lambda: shell.window is not None and shell.window.isVisible())
    assert shell.window is not None
    qtbot.addWidget(shell.window)
    qtbot.waitUntil(lambda: shell.window is not None and shell.window.conversation.chat is not None)
