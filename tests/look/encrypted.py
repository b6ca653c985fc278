"""Pictures of encryption, in the practice server's room for members, whose guests have keys."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from teahouse.features.openpgp.model import Mode, Reader, Security, Why
from teahouse.features.openpgp.view.group import NewGroupSheet
from teahouse.features.openpgp.view.own import OwnKeysSheet
from teahouse.features.openpgp.view.person import PersonKeysSheet
from teahouse.features.openpgp.view.readers import ReadersSheet
from teahouse.features.openpgp.view.shield import OpenPgpShield
from teahouse.features.openpgp.wishes import SecurityChanged
from teahouse.ui.hooks import Place
from teahouse.ui.window import MainWindow
from tests.e2e.hands import Step, lines, press, seen
from tests.look.scenes import inside, picture, settled


def _members() -> Iterator[Step]:
    yield from inside()
    window = _window()
    window.open_chat(next(chat for chat in window.known.chats.values() if chat.title == "Members"))
    yield lambda: window.details.model.rowCount() > 4 and len(lines(window)) > 1
    yield lambda: "Not encrypted" in str(_chip(window).property("text"))
    yield settled(window)


def _window() -> MainWindow:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))


def _chip(window: MainWindow) -> QWidget:
    found = window.conversation.composer.findChild(QWidget, "shielding")
    assert found is not None
    return found


def _security(window: MainWindow) -> Security:
    shield, chat = window.known.shield, window.conversation.chat
    assert isinstance(shield, OpenPgpShield) and chat is not None
    return shield.security(chat)


def firstuse() -> Iterator[Step]:
    """The question before what is written in a room is encrypted for the first time."""
    yield from _members()
    window = _window()
    chip = _chip(window)
    chip.setFocus()
    QTest.keyClick(chip, Qt.Key.Key_Space)
    yield QApplication.activePopupWidget
    menu = QApplication.activePopupWidget()
    assert menu is not None
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    yield lambda: seen("Encrypt")
    yield settled(window)
    picture(window)


def _encrypted() -> Iterator[Step]:
    yield from firstuse()
    window = _window()
    press("Encrypt")
    yield lambda: _security(window).mode is Mode.ON and _security(window).able == 5
    box = window.conversation.composer.box
    for text in ("plum_kettle: have you tea for the two of us?", "溪边: 谢谢!"):
        before = len(lines(window))
        yield box.isEnabled
        box.setPlainText(text)
        QTest.keyClick(box, Qt.Key.Key_Return)
        yield lambda before=before: len(lines(window)) >= before + 2  # type: ignore[misc]
    yield settled(window)


def encrypted() -> Iterator[Step]:
    """A room in which everybody can read what is written, and nobody else."""
    yield from _encrypted()
    picture(_window())


def preflight() -> Iterator[Step]:
    """Before it is sent: who could not read it."""
    yield from _encrypted()
    window = _window()
    known = _security(window)
    lacking = [replace(one, why=Why.NO_KEY) if number < 2 else one for number, one in enumerate(known.people)]
    window._bridge.announce(SecurityChanged(replace(known, people=tuple(lacking), held=True)))
    window.conversation.composer.box.setPlainText("Is everybody here?")
    yield lambda: window.conversation.composer.bar.isVisible()
    yield settled(window)
    picture(window)


def keychange() -> Iterator[Step]:
    """Somebody has a new key."""
    yield from _encrypted()
    window = _window()
    known = _security(window)
    first, *others = known.people
    new = replace(first.keys[0], fingerprint="D" * 40, noticed=False)
    people = (Reader(first.jid, (*first.keys, new), None), *others)
    window._bridge.announce(SecurityChanged(replace(known, people=people)))
    yield lambda: window.conversation.composer.bar.isVisible()
    yield settled(window)
    picture(window)


def readers() -> Iterator[Step]:
    """Who can read this: everybody with every key."""
    yield from _encrypted()
    window = _window()
    chat = window.conversation.chat
    assert chat is not None
    ReadersSheet(window, window._bridge, chat, _security(window)).open()
    yield settled(window)
    picture(window)


def personkeys() -> Iterator[Step]:
    """The keys of one person, with a code."""
    yield from _encrypted()
    window = _window()
    one = next(one for one in _security(window).people if one.jid.startswith("river"))
    sheet = PersonKeysSheet(window, window._bridge, next(iter(window.known.accounts)), one.jid)
    sheet.open()
    yield settled(window)
    sheet.given.setText(one.keys[0].fingerprint)
    yield settled(window)
    picture(window)


def ownkeys() -> Iterator[Step]:
    """Our own key, with a code."""
    yield from _encrypted()
    window = _window()
    OwnKeysSheet(window, window._bridge, next(iter(window.known.accounts.values()))).open()
    yield settled(window)
    picture(window)


def group() -> Iterator[Step]:
    """A new secret group."""
    yield from _members()
    window = _window()
    place = Place(window, window._bridge, window.known, next(iter(window.known.accounts.values())), window.open_chat)
    sheet = NewGroupSheet(place)
    sheet.name.setText("Sunday tea")
    sheet.people.item(0).setCheckState(Qt.CheckState.Checked)
    sheet.open()
    yield settled(window)
    picture(window)


SCENES: tuple[Callable[[], Iterator[Step]], ...] = (
    firstuse, encrypted, preflight, keychange, readers, personkeys, ownkeys, group,
)  # fmt: skip
