"""What is said of a message below its text, where there is more to say than that it is encrypted and by whom it is."""

from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter

from teahouse.domain.openpgp import OPENING
from teahouse.domain.text import isolated, label
from teahouse.features.openpgp.model import IN_CLEAR, Out
from teahouse.i18n import _
from teahouse.ui import icons, theme

Line = tuple[str, str, str]
NAMED = 3
"""People who are named; the others are counted."""


def line_of(value: Any) -> Line | None:
    """(icon, role, words) for the note of a message; None when nothing needs to be said."""
    if not isinstance(value, list | tuple) or not value or not isinstance(value[0], str):
        return None
    word = value[0]
    if word == Out.SEALED_LEGACY.value:
        return ("lock", "ink3", _("Encrypted the old way. Nobody signed it."))
    if word == Out.SEALED.value:
        return _left_out(value)
    said = _words().get(word)
    if said is None:
        odd = len(value) > 1 and isinstance(value[1], int) and value[1] > 0
        return ("clock", "amber", _("Signed at another time than it came.")) if odd else None
    return said


def scheme_line(value: Any) -> Line | None:
    """The same for a message in an encryption that is not ours."""
    if not isinstance(value, str):
        return None
    return ("lock", "ink3", _("Encrypted with {scheme}, which Teahouse cannot read.").format(scheme=isolated(value)))


def height(line: Line | None) -> int:
    """How much room it needs."""
    return theme.scaled(20) if line else 0


def paint(painter: QPainter, area: QRect, line: Line | None) -> None:
    """Draw it."""
    if line is None:
        return
    icon, role, words = line
    painter.drawPixmap(area.x(), area.y() + (area.height() - 14) // 2, icons.pixmap(icon, role, 14))
    painter.setFont(theme.font(13))
    painter.setPen(theme.paint(role))
    beside = area.adjusted(20, 0, 0, 0)
    shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, beside.width())
    painter.drawText(beside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


def _left_out(value: Any) -> Line | None:
    cannot = value[3] if len(value) > 3 and isinstance(value[3], list | tuple) else ()
    names = [isolated(label(str(one), 60)) for one in cannot]
    if not names:
        return None
    shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
    return ("eye", "ink3", _("Sent without: {names}").format(names=shown))


def _words() -> dict[str, Line]:
    bad = _("It is not shown: {why}")
    return {
        OPENING: ("clock", "ink3", _("Encrypted. It has not been opened yet.")),
        IN_CLEAR: ("eye", "amber", _("Not encrypted: servers could read it.")),
        "undecided": ("alert", "amber", _("Signed with a key that you have not decided about.")),
        "sender-unknown": ("alert", "amber", _("Signed, but the room does not say who sent it.")),
        "nobody": ("alert", "amber", _("Encrypted, but nobody signed it: somebody else can have written it.")),
        "not-for-us": ("lock", "ink3", _("Encrypted to others, not to a key of yours.")),
        "unreadable": ("lock", "ink3", _("Encrypted, but damaged: it cannot be read.")),
        "unsigned": ("alert", "rust", bad.format(why=_("nobody signed it."))),
        "bad-signature": ("alert", "rust", bad.format(why=_("its signature is wrong."))),
        "outdated-signer": ("alert", "rust", bad.format(why=_("its key has expired or was withdrawn."))),
        "foreign-signer": ("alert", "rust", bad.format(why=_("it is signed by somebody else."))),
        "distrusted": ("alert", "rust", bad.format(why=_("you do not trust its key."))),
        "forwarded": ("alert", "rust", bad.format(why=_("it was written to somebody else."))),
        "replayed": ("alert", "rust", bad.format(why=_("it was sent before."))),
    }
