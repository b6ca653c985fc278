"""The welcome window: what Teahouse is, and three ways to begin. Nothing is sent until the user chooses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QLayout, QStackedWidget, QWidget

from teahouse.domain.account import Route
from teahouse.i18n import _
from teahouse.ui import icons
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.choice import Choice
from teahouse.ui.onboarding.cover import cover, cover_style, language_box
from teahouse.ui.onboarding.identity import IdentityPage
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.protect import ProtectPage
from teahouse.ui.onboarding.restore import restore
from teahouse.ui.onboarding.signin import SignInPage
from teahouse.ui.onboarding.torpage import TorPage
from teahouse.ui.onboarding.way import BridgePage, ProxyPage, SeekPage, Way, WayPage
from teahouse.ui.promise import promise
from teahouse.ui.widgets import button, row, tidy

Next = Callable[[Way], None]


@dataclass(frozen=True, slots=True)
class Ways:
    """What the profile allows, and what the welcome wants done outside itself."""

    practise: Callable[[], None]
    open_profile: bool = True
    """Whether other routes than Tor are allowed here."""
    without_tor: Callable[[], None] = lambda: None
    """Make this an open profile; the program starts again."""
    speak: Callable[[str], None] = lambda language: None
    """Speak another language from here on."""


class Welcome(QWidget):
    """Shown until the first identity is there. `finished` is emitted when the main window may come."""

    finished = Signal()

    def __init__(self, bridge: Bridge, ways: Ways, *, vault_open: bool, first: bool = True) -> None:
        super().__init__()
        self._bridge, self._ways, self._vault_open = bridge, ways, vault_open
        self.setWindowTitle("Teahouse")
        self.setWindowIcon(QIcon(icons.mark(64)))
        self.resize(QSize(1280, 800))
        self.dress()
        layout = QHBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        tidy(layout)
        layout.addWidget(cover())
        self._pages = QStackedWidget()
        layout.addWidget(self._pages, 1)
        self._begin = self._beginning(first)
        self._pages.addWidget(self._begin)

    def dress(self) -> None:
        """Take the look in use."""
        self.setStyleSheet(cover_style())

    def _beginning(self, first: bool) -> Page:
        page = Page(_("How would you like to begin?"), _("Nothing is sent until you choose."), None)
        page.body.setSpacing(14)
        fresh = _("A fresh pseudonym on a free server, through Tor. About a minute.")
        identity = Choice("onion", _("New identity"), fresh, first=True)
        identity.clicked.connect(lambda: self._way(self._identity))
        account = Choice("key", _("I have an account"), _("Sign in with an address like name@server."))
        account.clicked.connect(lambda: self._way(self._sign_in))
        practice = Choice("cup", _("Just try"), _("A practice teahouse on this computer. Nothing leaves it."))
        practice.clicked.connect(self._just_try)
        for choice in (identity, account, practice):
            page.body.addWidget(choice)
        if not self._vault_open:
            page.body.addLayout(row(button(_("Restore a backup…"), self._restore, "link"), 0))
        page.body.addLayout(self._foot())
        if not first:
            page.primary(_("Cancel"), self.finished.emit)
        return page

    def _foot(self) -> QHBoxLayout:
        honest = button(_("What Teahouse protects, and what it cannot"), self._promise, "link")
        return row(honest, 0, language_box(self._ways.speak))

    # -- steps ---------------------------------------------------------------

    def _way(self, then: Next) -> None:
        page = WayPage(
            partial(self._chosen, then),
            self._to_begin,
            open_profile=self._ways.open_profile,
            without_tor=self._ways.without_tor,
        )
        page.paste = lambda: self._paste(then)
        page.seek = lambda: self._seek(then)
        page.proxy = lambda: self._show(ProxyPage(partial(self._chosen, then), lambda: self._way(then)))
        self._show(page)

    def _seek(self, then: Next) -> None:
        find = partial(self._chosen, then, Way(Route.TOR, find=True))
        self._show(SeekPage(find, lambda: self._way(then), lambda: self._paste(then)))

    def _paste(self, then: Next, search: TorPage | None = None) -> None:
        """Have a bridge given; a search goes on beside it."""

        def given(lines: str) -> None:
            self._chosen(then, Way(Route.TOR, bridges=lines))

        def back() -> None:
            if search is None:
                self._way(then)
            else:
                self._show(search)

        self._show(BridgePage(given, back, seeking=search is not None), beside=search)

    def _chosen(self, then: Next, way: Way) -> None:
        def kept() -> None:
            self._vault_open = True
            if way.route is Route.TOR:
                self._tor(then, way)
            else:
                then(way)

        if self._vault_open:
            kept()
        else:
            self._show(ProtectPage(self._bridge, lambda: self._way(then), kept))

    def _tor(self, then: Next, way: Way) -> None:
        def other() -> None:
            self._paste(then, page if way.find else None)

        page = TorPage(self._bridge, way, lambda: self._way(then), other, lambda: then(way))
        self._show(page)

    def _identity(self, way: Way) -> None:
        self._show(IdentityPage(self._bridge, self._to_begin, self.finished.emit, way))

    def _sign_in(self, way: Way) -> None:
        self._show(SignInPage(self._bridge, self._to_begin, self.finished.emit, way))

    def _restore(self) -> None:
        restore(self._bridge, self._show, self._to_begin, self.finished.emit)

    def _just_try(self) -> None:
        self._ways.practise()
        self._begin.say(_("The practice teahouse opens in a window of its own."))

    def _promise(self) -> None:
        page = Page(_("What Teahouse protects, and what it cannot"), _("One page, worth reading once."), self._to_begin)
        promise(page.body)
        self._show(page)

    def _to_begin(self) -> None:
        self._show(self._begin)

    def _show(self, page: QWidget, beside: QWidget | None = None) -> None:
        """Show a page in place of all others but the first, and but one that goes on beside it."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        for gone in [self._pages.widget(at) for at in range(self._pages.count())]:
            if gone is not None and gone not in (self._begin, page, beside):
                self._pages.removeWidget(gone)
                gone.deleteLater()
        page.setFocus()
        if page.focusProxy() is None:
            page.focusNextChild()
