"""The way to the server: asked before the first packet, shown while it is gone, changed by a click."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account, Link, Proxy, Route
from teahouse.domain.commands import (
    AddAccount,
    Command,
    FindBridges,
    NewCircuit,
    OpenRegistration,
    ShowCircuit,
    StartTor,
    StopFinding,
    UseBridges,
)
from teahouse.domain.events import Answered, BridgesSought, CircuitShown, LinkChanged, Refused, TorChanged
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.settings import TOR_SOURCE
from teahouse.domain.tor import BridgeSearch, Circuit, Hop, Rung, SearchStep, TorPhase, TorSource, TorStatus
from teahouse.ui.dialogs.bridges import BridgesSheet
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.dialogs.torsource import TorSourceSheet
from teahouse.ui.onboarding.choice import Choice
from teahouse.ui.onboarding.identity import IdentityPage
from teahouse.ui.onboarding.signin import SignInPage
from teahouse.ui.onboarding.torpage import TorPage
from teahouse.ui.onboarding.way import BridgePage, ProxyPage, SeekPage, Way, WayPage
from teahouse.ui.onboarding.welcome import Ways, Welcome
from teahouse.ui.route import RoutePopover

from .fake import World
from .stage import window_of

CIRCUIT = Circuit((Hop("A" * 40, "guard", "de"), Hop("B" * 40, "middle"), Hop("C" * 40, "exit", "nl")), onion=False)


def nothing() -> None:
    """Does nothing."""


def welcomed(qtbot: QtBot, world: World, ways: Ways) -> Welcome:
    welcome = Welcome(world.bridge, ways, vault_open=True)
    qtbot.addWidget(welcome)
    welcome.show()
    qtbot.waitExposed(welcome)
    return welcome


def click(root: QWidget, name: str) -> None:
    """Press the card with a name that begins so."""
    next(c for c in root.findChildren(Choice) if c.accessibleName().startswith(name) and c.isVisible()).click()


def field_of(root: QWidget, name: str) -> QLineEdit:
    """The line of this name."""
    found = root.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def shown(qtbot: QtBot, root: QWidget, kind: type[QWidget]) -> QWidget:
    qtbot.waitUntil(lambda: any(w.isVisible() for w in root.findChildren(kind)))
    return next(w for w in root.findChildren(kind) if w.isVisible())


def test_nothing_is_sent_before_the_question_is_answered(qtbot: QtBot) -> None:
    world = World()
    welcome = welcomed(qtbot, world, Ways(nothing, open_profile=False))
    click(welcome, "New identity")
    shown(qtbot, welcome, WayPage)
    assert world.commands == []
    click(welcome, "No, connect")
    page = shown(qtbot, welcome, TorPage)
    assert world.sent(StartTor) and not world.sent(UseBridges)
    world.bridge.announce(TorChanged(TorStatus(TorPhase.CONNECTING, 50, "loading_descriptors", "")))
    qtbot.waitUntil(lambda: isinstance(page, TorPage) and page.progress.value() == 50)
    assert not world.sent(OpenRegistration)
    world.bridge.announce(TorChanged(TorStatus(TorPhase.READY, 100)))
    identity = shown(qtbot, welcome, IdentityPage)
    world.problems[OpenRegistration] = Problem(Fault.TIMED_OUT, "tea.example")
    domain = field_of(identity, "domain")
    QTest.keyClicks(domain, "tea.example")
    QTest.keyClick(domain, Qt.Key.Key_Return)
    assert [(c.domain, c.route) for c in world.sent(OpenRegistration)] == [("tea.example", Route.TOR)]


def test_given_bridges_are_used_before_tor_starts(qtbot: QtBot) -> None:
    world = World()
    welcome = welcomed(qtbot, world, Ways(nothing, open_profile=False))
    click(welcome, "I have an account")
    click(welcome, "I was given a bridge")
    page = shown(qtbot, welcome, BridgePage)
    assert isinstance(page, BridgePage)
    page.lines.setPlainText("obfs4 192.0.2.1:443 nonsense")
    world.problems[UseBridges] = Problem(Fault.BAD_BRIDGE, "obfs4 192.0.2.1:443 nonsense")
    page._go()
    tor = shown(qtbot, welcome, TorPage)
    assert isinstance(tor, TorPage)
    qtbot.waitUntil(lambda: any("not a bridge" in t.text() for t in tor.findChildren(QLabel) if t.isVisible()))
    assert not world.sent(StartTor), "a bridge that makes no sense must not end in a connection without one"
    del world.problems[UseBridges]
    tor.other.click()
    again = shown(qtbot, welcome, BridgePage)
    assert isinstance(again, BridgePage)
    again.lines.setPlainText("192.0.2.1:443")
    again._go()
    qtbot.waitUntil(lambda: bool(world.sent(StartTor)))
    assert [type(c) for c in world.commands] == [UseBridges, UseBridges, StartTor]


def labels(root: QWidget) -> str:
    """All that is written in it."""
    return " ".join(text.text() for text in root.findChildren(QLabel) if text.isVisible())


def sought(world: World, *searches: BridgeSearch) -> None:
    """The engine tells of the search."""
    for search in searches:
        world.bridge.announce(BridgesSought(search))


def hold(world: World, kind: type[Command]) -> list[int]:
    """Commands of a class are not answered; their tickets are kept."""
    tickets: list[int] = []
    answered = world.submit

    def submit(command: Command, ticket: int) -> None:
        if isinstance(command, kind):
            world.commands.append(command)
            tickets.append(ticket)
        else:
            answered(command, ticket)

    world.bridge._submit = submit
    return tickets


def searching(qtbot: QtBot, world: World) -> tuple[Welcome, TorPage]:
    """The welcome of somebody who is not sure and has said yes to the search, by keys alone."""
    welcome = welcomed(qtbot, world, Ways(nothing, open_profile=False))
    click(welcome, "New identity")
    choice = next(c for c in welcome.findChildren(Choice) if c.accessibleName().startswith("Yes, or"))
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Space)
    page = shown(qtbot, welcome, SeekPage)
    told = labels(page)
    assert "cdn.zk.mk" in told and "see where you are" in told and "Who watches your network" in told
    assert world.commands == [], "what is shown to whom is said before it is shown"
    focus = page.focusWidget()
    assert isinstance(focus, QPushButton) and focus.text() == "Find a bridge"
    QTest.keyClick(focus, Qt.Key.Key_Return)
    tor = shown(qtbot, welcome, TorPage)
    assert isinstance(tor, TorPage) and [type(c) for c in world.commands] == [FindBridges]
    return welcome, tor


def press(root: QWidget, text: str) -> None:
    """Click the button with these words."""
    next(b for b in root.findChildren(QPushButton) if b.text() == text and b.isVisible()).click()


def test_who_is_not_sure_gets_a_bridge_before_tor_is_dialed(qtbot: QtBot) -> None:
    """And is told in words how it goes; tor that is ready by something else is not the end of it."""
    world = World()
    tickets = hold(world, FindBridges)
    welcome, page = searching(qtbot, world)
    missing = Problem(Fault.TRANSPORT_MISSING, "webtunnel")
    sought(
        world,
        BridgeSearch(SearchStep.ASKING, Rung.SETTINGS),
        BridgeSearch(SearchStep.FAILED, Rung.SETTINGS, "webtunnel", 1, missing),
        BridgeSearch(SearchStep.TRYING, Rung.SETTINGS, "obfs4", 2),
    )
    qtbot.waitUntil(lambda: "Trying 2 bridges (obfs4)" in labels(page))
    assert "webtunnel" in labels(page) and "lyrebird" in labels(page) and "Asking which" not in labels(page)
    assert page.isVisible()
    world.bridge.announce(TorChanged(TorStatus(TorPhase.CONNECTING, 30, problem=missing, bridges=2)))
    qtbot.waitUntil(lambda: page.progress.value() == 30)
    world.bridge.announce(TorChanged(TorStatus(TorPhase.READY, 100, bridges=2)))
    sought(world, BridgeSearch(SearchStep.FOUND, kind="obfs4", bridges=2))
    world.bridge.announce(Answered(tickets[0], 2))
    shown(qtbot, welcome, IdentityPage)
    assert not world.sent(StartTor) and not world.sent(UseBridges)


def test_what_failed_is_said_and_can_be_tried_again(qtbot: QtBot) -> None:
    world = World()
    world.problems[FindBridges] = Problem(Fault.BRIDGES_NOT_FOUND)
    _welcome, page = searching(qtbot, world)
    qtbot.waitUntil(lambda: "No bridge was found" in labels(page))
    assert page.again.isVisible() and not world.sent(StartTor)
    page.again.click()
    assert len(world.sent(FindBridges)) == 2


def test_a_bridge_may_be_given_while_others_are_looked_for(qtbot: QtBot) -> None:
    """The search goes on beside, and its page is there again on the way back; a given bridge takes its place."""
    world = World()
    hold(world, FindBridges)
    welcome, page = searching(qtbot, world)
    page.other.click()
    paste = shown(qtbot, welcome, BridgePage)
    assert isinstance(paste, BridgePage) and "@GetBridgesBot" in labels(paste)
    assert not world.sent(StopFinding)
    press(paste, "Back")
    assert shown(qtbot, welcome, TorPage) is page and len(world.sent(FindBridges)) == 1
    page.other.click()
    paste = shown(qtbot, welcome, BridgePage)
    assert isinstance(paste, BridgePage)
    paste.lines.setPlainText("192.0.2.1:443")
    paste._go()
    assert [type(c) for c in world.commands] == [FindBridges, UseBridges]
    qtbot.waitUntil(lambda: bool(world.sent(StartTor)))


def test_going_back_ends_the_search(qtbot: QtBot) -> None:
    world = World()
    hold(world, FindBridges)
    welcome, page = searching(qtbot, world)
    press(page, "Back")
    shown(qtbot, welcome, WayPage)
    assert [type(c) for c in world.commands] == [FindBridges, StopFinding]
    click(welcome, "No, connect")
    qtbot.waitUntil(lambda: world.sent(StartTor) == [StartTor(without_bridge=True)])


def test_bridges_are_found_while_the_program_runs(qtbot: QtBot) -> None:
    parent, world = QWidget(), World()
    qtbot.addWidget(parent)
    tickets = hold(world, FindBridges)
    sheet = BridgesSheet(parent, world.bridge)
    sheet.open()
    assert "see where you are" in labels(sheet)
    QTest.keyClick(sheet.seeker, Qt.Key.Key_Space)
    sought(world, BridgeSearch(SearchStep.ASKING, Rung.GOOD))
    qtbot.waitUntil(lambda: "worked last" in labels(sheet))
    assert not sheet.act.isEnabled(), "to use none is to go without a bridge"
    sheet.lines.setPlainText("192.0.2.1:443")
    assert sheet.act.isEnabled()
    QTest.keyClick(sheet.seeker, Qt.Key.Key_Space)
    assert [type(c) for c in world.commands] == [FindBridges, StopFinding]
    sought(world, BridgeSearch(SearchStep.ENDED))
    world.bridge.announce(Answered(tickets[0], 0))
    qtbot.waitUntil(lambda: sheet.seeker.text() == "Find a bridge")
    assert sheet.isVisible()
    sheet.seeker.click()
    world.bridge.announce(Refused(tickets[1], Problem(Fault.BRIDGES_NOT_FOUND)))
    qtbot.waitUntil(lambda: "No bridge was found" in sheet.problem.text())
    sheet.seeker.click()
    sheet.reject()
    assert [type(c) for c in world.commands][-2:] == [FindBridges, StopFinding]


def test_a_nick_says_nothing_of_the_address(qtbot: QtBot) -> None:
    """C3: rooms get another name than the one in the address."""
    world = World()
    page = SignInPage(world.bridge, nothing, nothing, Way(Route.TOR))
    qtbot.addWidget(page)
    page.show()
    QTest.keyClicks(field_of(page, "address"), "wilhelmina@tea.example")
    QTest.keyClicks(field_of(page, "password"), "secret")
    QTest.keyClick(field_of(page, "password"), Qt.Key.Key_Return)
    assert [bool(c.nick) and "wilhelmina" not in c.nick for c in world.sent(AddAccount)] == [True]


def test_bridges_come_from_a_file_too(qtbot: QtBot, tmp_path: Path) -> None:
    page = BridgePage(lambda lines: None, nothing)
    qtbot.addWidget(page)
    page.show()
    good, binary = tmp_path / "bridges.txt", tmp_path / "x"
    good.write_text("192.0.2.1:443\n192.0.2.2:443\n")
    binary.write_bytes(b"\xff\xfe\x00")
    page.read(str(good))
    assert page.lines.toPlainText().split() == ["192.0.2.1:443", "192.0.2.2:443"]
    page.read(str(binary))
    assert page.lines.toPlainText().startswith("192.0.2.1:443")
    page.read(str(tmp_path / "none"))
    assert any("cannot be read" in text.text() for text in page.findChildren(QLabel))


def test_where_tor_is_watched_the_bridge_comes_first(qtbot: QtBot) -> None:
    for country, first in (("DE", "No, connect"), ("CN", "Yes, or I am not sure"), ("IR", "Yes, or I am not sure")):
        page = WayPage(lambda way: None, nothing, open_profile=False, without_tor=nothing, country=country)
        qtbot.addWidget(page)
        assert page.choices[0].accessibleName().startswith(first)


def test_leaving_tor_is_asked_about_first(qtbot: QtBot) -> None:
    left: list[bool] = []
    world = World()
    welcome = welcomed(qtbot, world, Ways(nothing, open_profile=False, without_tor=lambda: left.append(True)))
    click(welcome, "New identity")
    page = shown(qtbot, welcome, WayPage)
    assert not any(c.accessibleName().startswith("Without Tor") for c in page.findChildren(Choice))
    next(b for b in page.findChildren(QWidget) if b.property("text") == "Without Tor…").click()  # type: ignore[attr-defined]
    sheet = shown(qtbot, welcome, Sheet)
    assert isinstance(sheet, Sheet) and left == []
    sheet.act.click()
    assert left == [True]


@pytest.mark.parametrize("name", ["Without Tor", "Through my own proxy"])
def test_an_open_profile_offers_other_ways(qtbot: QtBot, name: str) -> None:
    world = World()
    welcome = welcomed(qtbot, world, Ways(nothing))
    click(welcome, "I have an account")
    click(welcome, name)
    wanted: tuple[Route, Proxy | None] = (Route.DIRECT, None)
    if name != "Without Tor":
        page = shown(qtbot, welcome, ProxyPage)
        port = field_of(page, "proxy_port")
        QTest.keyClicks(field_of(page, "proxy_host"), "proxy.example")
        port.setText("99999")
        QTest.keyClick(port, Qt.Key.Key_Return)
        assert any("65535" in text.text() for text in page.findChildren(QLabel))
        port.setText("1080")
        QTest.keyClick(port, Qt.Key.Key_Return)
        wanted = (Route.PROXY, Proxy("proxy.example", 1080))
    signin = shown(qtbot, welcome, SignInPage)
    assert not world.sent(StartTor)
    QTest.keyClicks(field_of(signin, "address"), "w@tea.example")
    QTest.keyClicks(field_of(signin, "password"), "secret")
    QTest.keyClick(field_of(signin, "password"), Qt.Key.Key_Return)
    assert [(c.route, c.proxy) for c in world.sent(AddAccount)] == [wanted]


def sealed_window(qtbot: QtBot, world: World) -> QWidget:
    world.accounts = (Account(1, "willow@tea.example", "willow", Route.TOR),)
    window = window_of(qtbot, world)
    window.strip.sealed = True
    world.bridge.announce(LinkChanged(1, Link.ONLINE, route=Route.TOR))
    world.bridge.announce(TorChanged(TorStatus(TorPhase.READY, 100, bridges=2)))
    world.bridge.announce(CircuitShown(1, CIRCUIT))
    qtbot.waitUntil(lambda: 1 in window.known.circuits)
    return window


def test_the_strip_says_the_way_in_words(qtbot: QtBot) -> None:
    world = World(1)
    window = sealed_window(qtbot, world)
    strip = window.strip  # type: ignore[attr-defined]
    told = "Tor · sealed by the kernel · exit Netherlands, 3 hops · online"
    qtbot.waitUntil(lambda: strip.way.accessibleName() == told)
    world.bridge.announce(LinkChanged(1, Link.TOR_WAIT, Problem(Fault.TOR_DOWN), route=Route.TOR))
    qtbot.waitUntil(lambda: "Tor has stopped" in strip.way.accessibleName())
    assert "exit" not in strip.way.accessibleName()


@pytest.mark.parametrize("width", [1280, 760])
def test_the_way_has_room_for_its_words(qtbot: QtBot, width: int) -> None:
    world = World(1)
    world.accounts = (Account(1, "willow@tea.example", "willow", Route.TOR),)
    window = window_of(qtbot, world, width)
    world.bridge.announce(LinkChanged(1, Link.ONLINE, route=Route.TOR))
    qtbot.waitUntil(lambda: "online" in window.strip.way.accessibleName())
    route = window.strip._route
    qtbot.waitUntil(lambda: route.width() >= min(route.sizeHint().width(), 100))


def test_the_circuit_is_shown_and_renewed_by_keys(qtbot: QtBot) -> None:
    world = World(1)
    window = sealed_window(qtbot, world)
    strip = window.strip  # type: ignore[attr-defined]
    strip.way.setFocus()
    QTest.keyClick(strip.way, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), RoutePopover))
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, RoutePopover) and world.sent(ShowCircuit)
    said = " ".join(text for _icon, _role, text in popover.lines())
    for words in ("Tor is connected", "By 2 bridges", "guard · Germany", "exit · Netherlands", "Sealed by the kernel"):
        assert words in said
    for text in popover.findChildren(QLabel):
        if text.wordWrap() and text.isVisible():
            assert text.height() >= text.heightForWidth(text.width())
    popover.new.click()
    assert world.sent(NewCircuit) == [NewCircuit(1)]


def test_other_bridges_while_it_runs(qtbot: QtBot) -> None:
    parent, world = QWidget(), World()
    qtbot.addWidget(parent)
    sheet = BridgesSheet(parent, world.bridge)
    sheet.open()
    world.problems[UseBridges] = Problem(Fault.TRANSPORT_MISSING, "webtunnel")
    lines = sheet.findChild(QPlainTextEdit)
    assert isinstance(lines, QPlainTextEdit)
    lines.setPlainText("webtunnel 192.0.2.3:1 url=https://x")
    sheet.use()
    qtbot.waitUntil(lambda: "webtunnel" in sheet.problem.text())
    assert sheet.isVisible() and lines.toPlainText()


@pytest.mark.parametrize(("kept", "chosen"), [("own", TorSource.BROWSER), ("browser", TorSource.SYSTEM)])
def test_another_tor_is_chosen_by_keys(qtbot: QtBot, kept: str, chosen: TorSource) -> None:
    """The sheet shows the one in use; the arrows walk, Enter takes."""
    world = World()
    world.preferences, order = {TOR_SOURCE: kept}, [source.value for source in TorSource]
    window = window_of(qtbot, world)
    world.bridge.announce(TorChanged(TorStatus(TorPhase.READY, 100, own=kept == "own")))
    window.strip.show_way()
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, RoutePopover)
    popover.source.click()
    sheet = window.findChild(TorSourceSheet)
    assert isinstance(sheet, TorSourceSheet)
    qtbot.waitUntil(lambda: sheet.chosen.value == kept)
    qtbot.waitUntil(lambda: isinstance(sheet.focusWidget(), QRadioButton))
    for _ in range(abs(order.index(chosen.value) - order.index(kept))):
        QTest.keyClick(sheet.focusWidget(), Qt.Key.Key_Down if kept == "own" else Qt.Key.Key_Up)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: world.sent(StartTor) == [StartTor(chosen)])
