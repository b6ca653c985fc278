"""The welcome window: what Teahouse is, and three ways to begin. Nothing is sent until the user chooses."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from teahouse.i18n import _
from teahouse.ui import icons, theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.identity import IdentityPage
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.protect import ProtectPage
from teahouse.ui.onboarding.signin import SignInPage
from teahouse.ui.widgets import picture, plain, tidy

_STYLE = """
#cover { background: %(ground)s; } #cover QLabel { color: %(on)s; }
#choice { background: %(surface)s; border: 1px solid %(line)s; border-radius: 12px; text-align: left; padding: 0; }
#choice:hover { background: %(hover)s; } #choice[first="true"] { border: 1px solid %(jade)s; }
#choice:focus { border: 2px solid %(jade)s; }
"""


class Choice(QPushButton):
    """A card that is a button: an icon, a title, a line of words, and a chevron."""

    def __init__(self, icon: str, title: str, hint: str, *, amber: str = "", first: bool = False) -> None:
        super().__init__()
        self.setObjectName("choice")
        self.setProperty("first", "true" if first else "false")
        self.setFixedHeight(96 if amber else 78)
        self.setAutoDefault(True)
        self.setAccessibleName(f"{title}. {hint} {amber}".strip())
        layout = QHBoxLayout(self)
        tidy(layout, (24, 12, 20, 12), 20)
        layout.addWidget(picture(icon, "jade" if first else "ink2", 28))
        lines = QVBoxLayout()
        tidy(lines, spacing=2)
        lines.addStretch(1)
        lines.addWidget(plain(title, 16, bold=True))
        lines.addWidget(plain(hint, 13, "ink2"))
        if amber:
            lines.addWidget(plain(amber, 12.5, "amber"))
        lines.addStretch(1)
        layout.addLayout(lines, 1)
        layout.addWidget(picture("chevron", "jade" if first else "ink3", 18))


class Welcome(QWidget):
    """Shown until the first identity is there. `finished` is emitted when the main window may come."""

    finished = Signal()

    def __init__(self, bridge: Bridge, practise: Callable[[], None], *, vault_open: bool, first: bool = True) -> None:
        super().__init__()
        self._bridge, self._practise, self._vault_open = bridge, practise, vault_open
        self.setWindowTitle("Teahouse")
        self.setWindowIcon(QIcon(icons.mark(64)))
        self.resize(QSize(1280, 800))
        self.dress()
        layout = QHBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        tidy(layout)
        layout.addWidget(_cover())
        self._pages = QStackedWidget()
        layout.addWidget(self._pages, 1)
        self._begin = self._beginning(first)
        self._pages.addWidget(self._begin)

    def dress(self) -> None:
        """Take the look in use."""
        look = theme.current()
        ground, words = (look.jade, "#FFFFFF") if look.name == "light" else (look.jade_ground, look.ink)
        colors = {"ground": ground, "on": words, "jade": look.jade, "surface": look.surface}
        self.setStyleSheet(_STYLE % (colors | {"line": look.line, "hover": look.hover}))

    def _beginning(self, first: bool) -> Page:
        page = Page(_("How would you like to begin?"), _("Nothing is sent until you choose."), None)
        page.body.setSpacing(14)
        identity = Choice(
            "plus",
            _("New identity"),
            _("A fresh pseudonym on a free server. About a minute."),
            amber=_("Directly: the server sees where you are."),
            first=True,
        )
        identity.clicked.connect(lambda: self._protected(self._identity))
        account = Choice("key", _("I have an account"), _("Sign in with an address like name@server."))
        account.clicked.connect(lambda: self._protected(self._sign_in))
        practice = Choice("cup", _("Just try"), _("A practice teahouse on this computer. Nothing leaves it."))
        practice.clicked.connect(self._just_try)
        for choice in (identity, account, practice):
            page.body.addWidget(choice)
        if not first:
            page.primary(_("Cancel"), self.finished.emit)
        return page

    # -- steps ---------------------------------------------------------------

    def _protected(self, then: Callable[[], None]) -> None:
        if self._vault_open:
            then()
            return

        def done() -> None:
            self._vault_open = True
            then()

        self._show(ProtectPage(self._bridge, self._to_begin, done))

    def _identity(self) -> None:
        self._show(IdentityPage(self._bridge, self._to_begin, self.finished.emit))

    def _sign_in(self) -> None:
        self._show(SignInPage(self._bridge, self._to_begin, self.finished.emit))

    def _just_try(self) -> None:
        self._practise()
        self._begin.say(_("The practice teahouse opens in a window of its own."))

    def _to_begin(self) -> None:
        self._show(self._begin)

    def _show(self, page: QWidget) -> None:
        gone = self._pages.currentWidget()
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        if gone is not None and gone is not self._begin and gone is not page:
            self._pages.removeWidget(gone)
            gone.deleteLater()
        page.setFocus()
        page.focusNextChild()


def _cover() -> QFrame:
    cover = QFrame()
    cover.setObjectName("cover")
    cover.setFixedWidth(440)
    layout = QVBoxLayout(cover)
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
    return cover
