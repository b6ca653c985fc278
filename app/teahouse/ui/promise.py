"""What Teahouse protects, and what it cannot: said plainly, before anybody relies on it."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from teahouse.i18n import _
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.widgets import Facts, plain, tidy


def protected() -> list[tuple[str, str, str]]:
    """(icon, role, sentence) of what is protected."""
    lines = (
        ("onion", _("Through Tor the server does not see where you are, and your network not whom you talk to.")),
        ("shield", _("In a Tor profile the kernel refuses this program every other way out, even by mistake.")),
        (
            "lock",
            _("Nothing is sent to a server before it has proved who it is; passwords are never sent in the clear."),
        ),
        ("key", _("What is kept on this computer is encrypted, unless you choose otherwise.")),
        ("people", _("Your identities share nothing: no connection, no circuit, no key.")),
    )
    return [(icon, "jade", words) for icon, words in lines]


def not_protected() -> list[tuple[str, str, str]]:
    """(icon, role, sentence) of what is not."""
    lines = (
        ("eye", _("Your server knows your rooms, your contacts and when you are there.")),
        ("eye", _("Moderators see your address even where others see only your nick.")),
        ("alert", _("Messages that are not encrypted can be read by the servers they pass.")),
        ("route", _("That you use Tor can be seen, unless a bridge hides it.")),
        ("alert", _("Somebody who watches the whole network, or who controls this computer, can find you.")),
        ("pencil", _("How you write can give you away. So can what you tell.")),
    )
    return [(icon, "amber", words) for icon, words in lines]


def promise(parent: QVBoxLayout) -> None:
    """Put both lists into a layout."""
    for title, lines in ((_("Protected"), protected()), (_("Not protected"), not_protected())):
        parent.addWidget(plain(title, 15, bold=True))
        facts = Facts()
        facts.show_lines(lines)
        parent.addLayout(facts)
        parent.addSpacing(12)


def show_promise(parent: QWidget) -> Sheet:
    """Both lists, over the main window."""
    sheet = Sheet(parent, _("What Teahouse protects, and what it cannot"), width=560)
    inside = QVBoxLayout()
    tidy(inside, spacing=6)
    promise(inside)
    sheet.body.addLayout(inside)
    sheet.finish(_("Close"), sheet.accept)
    sheet.away.hide()
    sheet.open()
    return sheet
