"""What stands beside the first steps: the mark and the slogan, and the choice of a language."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QVBoxLayout

from teahouse import i18n
from teahouse.domain.settings import LANGUAGE
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.widgets import picture, plain, tidy

_STYLE = "#cover { background: %(ground)s; } #cover QLabel { color: %(on)s; }"


def cover_style() -> str:
    """The style sheet of the cover in the look in use."""
    look = theme.current()
    ground, words = (look.jade, "#FFFFFF") if look.name == "light" else (look.jade_ground, look.ink)
    return _STYLE % {"ground": ground, "on": words}


def language_box(speak: Callable[[str], None]) -> QComboBox:
    """Offers the languages, each in its own words; `speak` is told the one that is chosen."""
    language = QComboBox()
    language.setAccessibleName(_("Language"))
    language.view().setAccessibleName(_("Language"))
    for code, words in LANGUAGE.allowed[1:]:
        language.addItem(words, code)
    language.setCurrentIndex(max(0, language.findData(i18n.language())))
    language.activated.connect(lambda at: speak(str(language.itemData(at))))
    return language


def cover() -> QFrame:
    """The pane on the left."""
    pane = QFrame()
    pane.setObjectName("cover")
    pane.setFixedWidth(440)
    layout = QVBoxLayout(pane)
    tidy(layout, (48, 64, 48, 64), 0)
    layout.addWidget(picture("mark", "on_jade" if theme.current().name == "light" else "jade", 72))
    layout.addSpacing(24)
    layout.addWidget(plain("Teahouse", 34, bold=True))
    layout.addSpacing(8)
    slogan = plain(_("Group chat that never asks\nwho you are."), 17)
    layout.addWidget(slogan)
    layout.addStretch(1)
    words = _("No phone number. No e-mail. No name.\nFree servers all over the world; nobody owns the switch.")
    foot = plain(words, 13, wrap=True)
    foot.setAlignment(Qt.AlignmentFlag.AlignLeft)
    layout.addWidget(foot)
    return pane
