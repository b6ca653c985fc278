"""The one table of keys, and the sheet that shows it."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from teahouse.i18n import _
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.widgets import plain


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An action's id, its keys, and what it does in words."""

    action: str
    keys: tuple[str, ...]
    label: str


def table() -> tuple[Shortcut, ...]:
    """All keys of the window."""
    numbers = tuple(Shortcut(f"chat-{n}", (f"Alt+{n}",), _("Chat number {n}").format(n=n)) for n in range(1, 10))
    return (
        Shortcut("find-anything", ("Ctrl+K",), _("Find anything")),
        Shortcut("next-chat", ("Alt+Down",), _("Next chat")),
        Shortcut("previous-chat", ("Alt+Up",), _("Previous chat")),
        Shortcut("find-in-chat", ("Ctrl+F",), _("Find in this chat")),
        Shortcut("browse", ("Ctrl+J",), _("Browse and join rooms")),
        Shortcut("person", ("Ctrl+N",), _("Write to a person")),
        Shortcut("requests", ("Ctrl+R",), _("Requests of strangers, and invitations")),
        Shortcut("unread", ("Shift+PgUp",), _("Jump to the first unread message")),
        Shortcut("latest", ("Ctrl+End",), _("Jump to the latest message")),
        Shortcut("write", ("Alt+W",), _("Go to the message box")),
        Shortcut("details", ("Ctrl+I",), _("Show or hide the details")),
        Shortcut("back", ("Alt+Left",), _("Go to the chats")),
        Shortcut("next-pane", ("F6",), _("Next pane")),
        Shortcut("previous-pane", ("Shift+F6",), _("Previous pane")),
        Shortcut("menu", ("F10",), _("Main menu")),
        Shortcut("way", ("Ctrl+Shift+T",), _("The way to the server")),
        Shortcut("preferences", ("Ctrl+,",), _("Preferences")),
        Shortcut("shortcuts", ("F1", "Ctrl+/"), _("Show these keys")),
        Shortcut("quit", ("Ctrl+Q",), _("Quit")),
        *numbers,
    )


def written() -> tuple[tuple[str, str], ...]:
    """Keys that belong to a box, for the sheet: (keys, what they do)."""
    return (
        ("Enter", _("Send")),
        ("Shift+Enter", _("New line")),
        ("Tab, @", _("Complete a nick")),
        ("Ctrl+C", _("Copy the chosen messages")),
        ("Enter", _("What can be done with a message or a person")),
        ("Esc", _("Close what is open")),
    )


def show_keys(parent: QWidget) -> Sheet:
    """Open the sheet of keys."""
    sheet = Sheet(parent, _("Keyboard"), width=680)
    grid = QGridLayout()
    grid.setVerticalSpacing(6)
    lines = [(" / ".join(s.keys), s.label) for s in table() if not s.action.startswith("chat-")]
    lines.append(("Alt+1 … Alt+9", _("Chat by its number")))
    grid.setColumnMinimumWidth(2, 24)
    lines += written()
    half = (len(lines) + 1) // 2
    for at, (keys, words) in enumerate(lines):
        beside = 3 * (at // half)
        grid.addWidget(plain(words, 13), at % half, beside)
        chip = plain(keys, 12, "ink2")
        chip.setObjectName("keys")
        grid.addWidget(chip, at % half, beside + 1, Qt.AlignmentFlag.AlignLeft)
    sheet.body.addLayout(grid)
    sheet.finish(_("Close"), sheet.accept)
    sheet.away.hide()
    sheet.open()
    return sheet
