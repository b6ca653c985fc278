"""The status strip: the way to the server in words, and whether all was delivered."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from teahouse.domain.account import Account, Link, Route
from teahouse.domain.commands import ShowCircuit
from teahouse.domain.events import LinkChanged
from teahouse.domain.text import label
from teahouse.domain.vault import VaultMode
from teahouse.i18n import _, ngettext
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.elided import Elided
from teahouse.ui.known import Known
from teahouse.ui.problems import words
from teahouse.ui.route import RoutePopover
from teahouse.ui.torwords import seal_words, way_words
from teahouse.ui.widgets import picture, plain, set_tone, tidy


class WayButton(QPushButton):
    """A button as large as what is laid out in it, which QPushButton does not look at."""

    def sizeHint(self) -> QSize:
        """What the layout wants."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """What the layout can do with."""
        layout = self.layout()
        return layout.minimumSize() if layout is not None else super().minimumSizeHint()


class Strip(QFrame):
    """28 px at the foot of the window; a click on the way says more of it."""

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self._bridge, self._known = bridge, known
        self._account: Account | None = None
        self.sealed = False
        """Whether the kernel keeps this process from the network."""
        self.setObjectName("strip")
        self._icon = picture("route", "amber", 14)
        self._route, self._state = Elided(12, "amber", bold=True), plain("", 12, "ink2")
        self._delivery, self._who = plain("", 12, "ink2"), plain("", 12, "ink2")
        self._keeping = plain("", 12, "amber")
        self._keeping.hide()
        self._retry = 0
        self._link: LinkChanged | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._count_down)
        layout = QHBoxLayout(self)
        tidy(layout, (8, 0, 14, 0), 8)
        self.way = WayButton()
        self.way.setProperty("kind", "way")
        self.way.clicked.connect(self.show_way)
        inside = QHBoxLayout(self.way)
        tidy(inside, (6, 0, 6, 0), 8)
        for part in (self._icon, self._route, self._state):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            inside.addWidget(part)
        layout.addWidget(self.way)
        layout.addStretch(1)
        layout.addWidget(self._keeping)
        layout.addSpacing(6)
        layout.addWidget(self._delivery)
        layout.addSpacing(6)
        layout.addWidget(self._who)
        self.dress()

    def dress(self) -> None:
        """Larger letters need more room."""
        self.setFixedHeight(max(28, theme.scaled(28)))

    def show_way(self) -> None:
        """Say how the identity reaches its server, in a popover over the strip."""
        if self._account is not None:
            RoutePopover(self, self._bridge, self._known, self._account, self.sealed).open_above(self)

    def show_account(self, account: Account | None, link: LinkChanged | None) -> None:
        """Say the route and the state of an identity."""
        self._account = account
        if account is None:
            return
        circuit = self._known.circuits.get(account.id)
        text, tone, icon = route_words(account.route)
        more = (seal_words(account.route, self.sealed), way_words(link, circuit) if account.route is Route.TOR else "")
        self._route.setText(" · ".join(part for part in (text, *more) if part))
        set_tone(self._route, tone)
        self._icon.show_icon(icon, tone)
        self._who.setText(label(account.nick or account.jid, 40))
        if link is not self._link:
            if link is not None and link.link is Link.ONLINE and account.route is Route.TOR and not link.onion:
                # The country of the exit is looked up once, when it may have changed.
                self._bridge.do(ShowCircuit(account.id), None, lambda problem: None)
            self._link, self._retry = link, link.retry_in if link else 0
        self._say()
        if self._retry and not self._tick.isActive():
            self._tick.start()

    def show_keeping(self, mode: VaultMode, *, practice: bool) -> None:
        """A standing notice where what is kept here is not protected, or not kept."""
        self._keeping.setVisible(mode is VaultMode.OPEN)
        if practice:
            self._keeping.setText(_("Practice: all of it is deleted at the end"))
            set_tone(self._keeping, "ink2")
        else:
            self._keeping.setText(_("Not protected on this computer"))
            self._keeping.setToolTip(_("Anybody who gets hold of this computer can read everything in this profile."))

    def show_waiting(self, count: int) -> None:
        """Say how many own messages wait to be sent."""
        waiting = ngettext("{n} waiting to be sent", "{n} waiting to be sent", count).format(n=count)
        self._delivery.setText(waiting if count else _("All messages delivered"))
        set_tone(self._delivery, "amber" if count else "ink2")

    def _count_down(self) -> None:
        self._retry = max(0, self._retry - 1)
        if not self._retry:
            self._tick.stop()
        self._say()

    def _say(self) -> None:
        self._state.setText(f"· {state_words(self._link, self._retry)}")
        self.way.updateGeometry()
        self.way.setAccessibleName(f"{self._route.text()} {self._state.text()}")
        set_tone(self._state, "rust" if self._link and self._link.problem else "ink2")


def route_words(route: Route) -> tuple[str, str, str]:
    """(words, tone, icon) of the way to the server."""
    if route is Route.TOR:
        return _("Tor"), "jade", "onion"
    if route is Route.PROXY:
        return _("Proxy · the server sees the proxy"), "amber", "route"
    return _("Direct · the server sees where you are"), "amber", "route"


def state_words(link: LinkChanged | None, retry: int) -> str:
    """The state of a connection in words."""
    state = link.link if link else Link.OFF
    if state is Link.ONLINE:
        return _("online")
    if state is Link.TOR_WAIT:
        return words(link.problem)[0] if link and link.problem else _("waiting for Tor…")
    if state in (Link.DIALING, Link.SECURING, Link.SIGNING_IN):
        return _("connecting…")
    told = words(link.problem)[0] if link and link.problem else _("Offline")
    if retry:
        return _("{what} Next try in {n} s").format(what=told if told.endswith(".") else told + ".", n=retry)
    return told
