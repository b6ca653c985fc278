"""Names, colours and badges: one rule for the whole window."""

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from teahouse.domain.account import Account, Link
from teahouse.domain.chat import Affiliation, Chat, ChatKind, Occupant, Role
from teahouse.domain.contact import Contact
from teahouse.domain.events import ContactsChanged, LinkChanged, OccupantsChanged
from teahouse.domain.text import isolated, label
from teahouse.ui import theme
from teahouse.ui.avatar import chat_face, face
from teahouse.ui.chat.words import copied
from teahouse.ui.chats.model import marked, preview
from teahouse.ui.elided import Elided
from teahouse.ui.occupants import OCCUPANT
from teahouse.ui.people import myself

from .fake import ROOM, World, message
from .stage import window_of

ACCOUNT = Account(1, "willow@tea.example", "willow")
FRIEND = Chat(6, 1, "heron@far.example", ChatKind.PERSON, "heron@far.example", last_time=500)


def test_one_person_looks_the_same_everywhere(qtbot: QtBot) -> None:
    world = World(1)
    world.messages.append(message(2, "willow", mine=True))
    window = window_of(qtbot, world)
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"), Occupant("willow", mine=True)), whole=True))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 2)
    people = window.conversation.people
    heron, own = (people.author(m) for m in world.messages)
    rows = [window.details.model.index(n).data(OCCUPANT) for n in range(2)]
    assert [people.occupant(ROOM, who).seed for who in rows] == [heron.seed, own.seed]
    assert own.seed == myself(ACCOUNT).seed != heron.seed

    def drawn(image: QImage) -> bytes:
        return bytes(image.bits())

    assert drawn(face(own, 36).toImage()) == drawn(face(myself(ACCOUNT), 36).toImage())


def test_private_chats_show_names_not_addresses(qtbot: QtBot) -> None:
    world = World(1, (ROOM, FRIEND))
    world.messages += [message(2, FRIEND.jid, "hello", 6), message(3, "willow@tea.example", "hi", 6, mine=True)]
    window = window_of(qtbot, world)
    window.open_chat(window.known.chats[6])
    model = window.conversation.model
    qtbot.waitUntil(lambda: model.rowCount() == 2 and not model.loading)
    spoken = [model.index(n).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(2)]
    assert spoken[0].startswith("heron, ") and spoken[1].startswith("willow, ")
    assert "@" not in "".join(spoken)
    lines = copied([row.message for row in model.rows()], model.naming).splitlines()
    assert lines[0].endswith("heron: hello") and lines[1].endswith("willow: hi")
    world.bridge.announce(ContactsChanged(1, (Contact(1, FRIEND.jid, "Grey Heron", "both"),)))
    qtbot.waitUntil(lambda: window.conversation.header.title.text() == "Grey Heron")
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole).startswith("Grey Heron, ")
    assert [c.title for c in window.chats.model.order()] == ["Tea", "Grey Heron"]
    friend = replace(FRIEND, title="Grey Heron")
    who = window.conversation.people.author(world.messages[1])
    assert chat_face(friend, 36).toImage() == face(who, 36).toImage()


def test_names_that_look_alike_are_marked(qtbot: QtBot) -> None:
    world = World(1)
    twin = "h\u0435ron"
    world.messages += [message(2, twin, clash=True), message(3, twin), message(4, "\u3164", clash=True)]
    world.messages += [message(5, "gone", clash=True)]
    window = window_of(qtbot, world)
    there = (Occupant("heron", clash=True), Occupant(twin, clash=True), Occupant("fox"), Occupant("\u3164", clash=True))
    world.bridge.announce(OccupantsChanged(1, there, whole=True))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 4)
    people = window.conversation.people
    told = [people.author(m).clash for m in world.messages]
    like = "Looks like {}, but is another person"
    unseen = "This name cannot be seen"
    assert told == ["", like.format("heron"), "", unseen, "Looks like the name of somebody else here"]
    model = window.conversation.model
    assert [row.grouped for row in model.rows()][2] is False
    roles = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
    spoken, tip = (model.index(1).data(role) for role in roles)
    assert like.format("heron") in spoken and like.format("heron") in tip
    assert model.index(0).data(roles[1]) is None
    rows = {
        o.nick: window.details.model.index(n) for n in range(4) if (o := window.details.model.index(n).data(OCCUPANT))
    }
    assert like.format("heron") in rows[twin].data(roles[0]) and like.format("heron") in rows[twin].data(roles[1])
    assert like.format(twin) in rows["heron"].data(roles[0]) and unseen in rows["\u3164"].data(roles[0])
    assert not rows["fox"].data(roles[1]) and rows["fox"].data(roles[0]) == "fox"


def test_the_mark_is_painted(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    amber = theme.paint("amber").rgb()

    def marks(widget: QWidget) -> int:
        image = widget.grab().toImage()
        return sum(image.pixel(x, y) == amber for x in range(image.width()) for y in range(image.height()))

    view, listed = window.conversation.view.viewport(), window.details.list.viewport()
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"),), whole=True))
    qtbot.waitUntil(lambda: window.details.model.rowCount() == 1)
    assert (marks(view), marks(listed)) == (0, 0)
    world.say(message(2, "h\u0435ron", clash=True))
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron", clash=True),)))
    qtbot.waitUntil(lambda: marks(view) > 0 and marks(listed) > 0)


def test_badges_say_who_runs_the_room(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    there = (Occupant("heron", Role.MODERATOR), Occupant("wu", Role.MODERATOR, Affiliation.OWNER), Occupant("fox"))
    world.bridge.announce(OccupantsChanged(1, there, whole=True))
    qtbot.waitUntil(lambda: 1 in window.known.occupants)
    badges = [window.conversation.people.author(message(1, nick)).badge for nick in ("heron", "wu", "fox", "gone")]
    assert badges == ["moderator", "owner", "", ""]


def test_names_in_other_directions_stay_in_their_place() -> None:
    assert label("evil\u202egnp.exe") == "evilgnp.exe"
    assert isolated("heron") == "heron" and isolated("שלום") == "\u2068שלום\u2069"
    room = replace(ROOM, last_sender="שלום", last_text="1, 2, 3")
    assert preview(room) == "\u2068שלום\u2069: 1, 2, 3"


def test_second_line_of_a_chat() -> None:
    assert marked(replace(ROOM, draft="see you", last_text="x")) == ("Draft:", "see you")
    busy = replace(ROOM, occupants=1742, last_sender="ferry", last_text="good evening")
    assert marked(busy) == ("1,742 people", "· ferry: good evening")
    assert preview(busy) == "1,742 people · ferry: good evening"
    assert marked(replace(busy, occupants=7)) == ("", "ferry: good evening")
    assert marked(replace(busy, occupants=7, last_text="")) == ("", "ferry: Encrypted message")
    assert marked(replace(ROOM, last_text="", last_sender="")) == ("", "")


def test_the_header_says_what_it_can(qtbot: QtBot) -> None:
    long = replace(ROOM, title="很长的名字" * 40, subject="<b>about</b> " + "everything " * 60)
    world = World(1, (long,))
    window = window_of(qtbot, world)
    header = window.conversation.header
    assert header.title.shown().endswith("…") and header.about.shown().endswith("…")
    qtbot.waitUntil(lambda: header.state.text().strip() == "· 0 here")
    assert header.state.width() >= header.state.sizeHint().width()
    assert "&lt;b&gt;" in header.about.toolTip()
    assert "Not encrypted" in header.chip.accessibleName() and "server" in header.chip.toolTip()
    assert header.chip.height() < 30 and header.search.isVisible()


def test_an_elided_label_gives_back_the_whole(qtbot: QtBot) -> None:
    one = Elided()
    qtbot.addWidget(one)
    one.setText("a rather long line of words")
    one.resize(60, 20)
    one.show()
    assert one.shown() != one.text() == one.accessibleName() == "a rather long line of words"
    one.resize(900, 20)
    assert one.shown() == one.text() and not one.toolTip()


def test_occupants_come_and_go_without_moving_the_list(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    there = tuple(Occupant(f"guest {n:04}") for n in range(1700))
    world.bridge.announce(OccupantsChanged(1, there, whole=True))
    details = window.details
    qtbot.waitUntil(lambda: details.model.rowCount() == 1700)
    assert details.count.text() == "Here now · 1,700"
    bar = details.list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    resets: list[int] = []
    details.model.modelReset.connect(lambda: resets.append(1))
    value = bar.value()
    world.bridge.announce(OccupantsChanged(1, (Occupant("guest 1699a"),), ("guest 1698",)))
    qtbot.waitUntil(lambda: details.model.index(1699).data(OCCUPANT).nick == "guest 1699a")
    assert not resets and bar.value() == value
    names = [details.model.index(n).data(OCCUPANT).nick for n in range(1700)]
    assert names == sorted(names) and "guest 1698" not in names
    details.search.setText("no such nick")
    assert details.nobody.isVisible() and details.model.rowCount() == 0
    details.search.setText("1234")
    assert not details.nobody.isVisible() and details.model.rowCount() == 1


def test_somebody_in_the_list_can_be_written_to(qtbot: QtBot) -> None:
    world = World(1)
    window = window_of(qtbot, world)
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron", jid="heron@x.example/p"),), whole=True))
    details = window.details
    qtbot.waitUntil(lambda: details.model.rowCount() == 1)
    written: list[str] = []
    details.write_to.disconnect()
    details.write_to.connect(written.append)
    menu = details.menu(details.list.visualRect(details.model.index(0)).center())
    assert menu is not None
    menu.actions()[0].trigger()
    assert written == ["heron@x.example/p"]
    assert details.menu(QPoint(5, 5000)) is None


def test_nobody_is_said_to_be_here_while_the_connection_is_down(qtbot: QtBot) -> None:
    """The session may be held for a while: what was seen in it is not taken for what is."""
    hers = replace(ROOM, id=2, jid="plum@tea.example", kind=ChatKind.PERSON, title="plum")
    world = World(1, (ROOM, hers))
    window = window_of(qtbot, world)
    window.details.show()
    header, details = window.conversation.header, window.details
    world.bridge.announce(OccupantsChanged(1, (Occupant("heron"), Occupant("willow", mine=True)), whole=True))
    world.bridge.announce(ContactsChanged(1, (Contact(1, "plum@tea.example", "plum", "both", show="online"),)))
    qtbot.waitUntil(lambda: "2 here" in header.state.text() and "Here now · 2" in details.count.text())
    world.bridge.announce(LinkChanged(1, Link.WAITING, None, 5))
    qtbot.waitUntil(lambda: "not known" in header.state.text())
    assert details.count.text() == "Here before the connection broke · 2"
    assert not details._nick.isEnabled() and details.model.rowCount() == 2
    window.open_chat(hers)
    assert "not known" in header.state.text()
    world.bridge.announce(LinkChanged(1, Link.ONLINE))
    qtbot.waitUntil(lambda: header.state.text() == "online")
    window.open_chat(ROOM)
    qtbot.waitUntil(lambda: "2 here" in header.state.text() and details._nick.isEnabled())
    assert details.count.text() == "Here now · 2"
