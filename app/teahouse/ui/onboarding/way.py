"""How a new identity reaches its server: asked before the first packet, for that packet tells that one uses Tor."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QPlainTextEdit

from teahouse.domain.account import Proxy, Route
from teahouse.i18n import _
from teahouse.ui.dialogs.question import confirm
from teahouse.ui.files import ask_open
from teahouse.ui.onboarding.choice import Choice
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.suggestions import front_names
from teahouse.ui.widgets import Facts, button, plain, row

CAREFUL = {"BY", "CN", "EG", "HK", "IR", "MM", "RU", "TM"}
"""Where Tor is blocked or watched: the bridge comes first (ISO 3166)."""
_MOST = 100_000
"""Characters of a file with bridge lines."""


@dataclass(frozen=True, slots=True)
class Way:
    """What was chosen. `bridges` are lines to use; empty means those that are kept, or none; `find` means to look for
    some first."""

    route: Route
    proxy: Proxy | None = None
    bridges: str = ""
    find: bool = False


class WayPage(Page):
    """The question before the first packet. `without_tor` is offered where the profile allows nothing but Tor."""

    def __init__(
        self,
        chosen: Callable[[Way], None],
        back: Callable[[], None],
        *,
        open_profile: bool,
        without_tor: Callable[[], None],
        country: str = "",
    ) -> None:
        super().__init__(
            _("Is Tor blocked or dangerous where you are?"),
            _("Tor hides from servers where you are. Your network sees that you use it, unless a bridge hides that."),
            back,
        )
        self._chosen = chosen
        self.seek: Callable[[], None] = back
        self.paste: Callable[[], None] = back
        self.proxy: Callable[[], None] = back
        self.body.setSpacing(14)
        careful = (country or here()) in CAREFUL
        go = Choice("onion", _("No, connect"), _("The quickest way: straight to the Tor network."), first=not careful)
        go.clicked.connect(lambda: chosen(Way(Route.TOR)))
        told = _("Get a bridge first: your network then does not see that it is Tor.")
        find = Choice("shield", _("Yes, or I am not sure"), told, first=careful)
        find.clicked.connect(lambda: self.seek())
        given = Choice("key", _("I was given a bridge"), _("Paste its line, or open the file."))
        given.clicked.connect(self._paste)
        self.choices = (find, go, given) if careful else (go, find, given)
        for choice in self.choices:
            self.body.addWidget(choice)
        if open_profile:
            self._others()
        else:
            self.body.addLayout(row(button(_("Without Tor…"), lambda: self._without(without_tor), "link"), 0))
        self.setFocusProxy(self.choices[0])

    def _others(self) -> None:
        direct = Choice("route", _("Without Tor"), _("Connect directly."), amber=_("The server sees where you are."))
        direct.clicked.connect(lambda: self._chosen(Way(Route.DIRECT)))
        proxy = Choice("door", _("Through my own proxy"), _("A SOCKS5 proxy that you trust."))
        proxy.clicked.connect(lambda: self.proxy())
        self.body.addWidget(direct)
        self.body.addWidget(proxy)

    def _without(self, act: Callable[[], None]) -> None:
        told = _(
            "The server then sees where you are, and the kernel no longer keeps this program from connecting beside "
            "Tor. Teahouse starts again for that."
        )
        confirm(self, _("Allow other ways than Tor in this profile?"), told, _("Allow and start again"), act)

    def _paste(self) -> None:
        self.paste()


class SeekPage(Page):
    """Says what looking for a bridge shows to whom, before it begins."""

    def __init__(self, find: Callable[[], None], back: Callable[[], None], given: Callable[[], None]) -> None:
        hint = _("Teahouse asks the Tor Project for bridges and tries them until one works.")
        super().__init__(_("Find a bridge"), hint, back)
        facts = Facts()
        facts.show_lines(seeking_facts())
        self.body.addLayout(facts)
        self.body.addSpacing(8)
        self.body.addLayout(row(button(_("I was given a bridge…"), given), 0))
        self.setFocusProxy(self.primary(_("Find a bridge"), find))


class BridgePage(Page):
    """Paste bridge lines or open a file with them; `seeking` says first where to get some."""

    def __init__(self, chosen: Callable[[str], None], back: Callable[[], None], *, seeking: bool = False) -> None:
        paste = _("Paste what you were given, one bridge to a line.")
        if seeking:
            title, hint = _("Get a bridge"), _("Each of these ways gives you some, whatever the search brings:")
        else:
            title, hint = _("Your bridge"), paste
        super().__init__(title, hint, back)
        if seeking:
            sources = Facts()
            sources.show_lines([("shield", "jade", words) for words in _sources()])
            self.body.addLayout(sources)
            self.body.addSpacing(8)
            self.body.addWidget(plain(paste, 14, "ink2", wrap=True))
        self._chosen = chosen
        self.lines = QPlainTextEdit()
        self.lines.setAccessibleName(_("Bridge lines"))
        self.lines.setObjectName("bridges")
        self.lines.setPlaceholderText("obfs4 192.0.2.14:443 7A1F… cert=… iat-mode=0")
        self.lines.setTabChangesFocus(True)
        self.lines.setMinimumHeight(140)
        self.body.addWidget(self.lines)
        self.body.addLayout(row(button(_("Open a file…"), self._open), 0))
        self.body.addWidget(
            plain(_("It is kept encrypted on this computer and used again at the next start."), 13, "ink2")
        )
        self.primary(_("Use this bridge"), self._go)
        self.setFocusProxy(self.lines)

    def _open(self) -> None:
        ask_open(self, _("A file with bridge lines"), self.read)

    def read(self, path: str) -> None:
        """Take the lines of a file."""
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(_MOST + 1)
        except (OSError, UnicodeDecodeError):
            return self.say(_("This file cannot be read as text."))
        if len(text) > _MOST:
            return self.say(_("This file is too large to be a list of bridges."))
        self.lines.setPlainText(text)
        return None

    def _go(self) -> None:
        if not self.lines.toPlainText().strip():
            return self.say(_("Paste the line of a bridge first."))
        self._chosen(self.lines.toPlainText())
        return None


class ProxyPage(Page):
    """A SOCKS5 proxy of the user's."""

    def __init__(self, chosen: Callable[[Way], None], back: Callable[[], None]) -> None:
        super().__init__(
            _("Your proxy"),
            _("Everything of this identity goes through it. The server sees the proxy; the proxy sees the server."),
            back,
        )
        self._chosen = chosen
        self._host = self.field(_("Host"), name="proxy_host")
        self._port = self.field(_("Port"), "1080", name="proxy_port")
        self._user = self.field(_("User (optional)"), name="proxy_user")
        self._password = self.field(_("Password (optional)"), secret=True, name="proxy_password")
        self.primary(_("Continue"), self._go)
        self.setFocusProxy(self._host)

    def _go(self) -> None:
        host, port = self._host.text().strip(), self._port.text().strip()
        if not host:
            return self.say(_("The host of the proxy is missing."))
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            return self.say(_("A port is a number from 1 to 65535."))
        proxy = Proxy(host, int(port), self._user.text().strip(), self._password.text())
        self._chosen(Way(Route.PROXY, proxy))
        return None


def seeking_facts() -> list[tuple[str, str, str]]:
    """(icon, role, sentence): what looking for bridges shows, and to whom."""
    fronts = ", ".join(front_names())
    hidden = _("Your network sees an encrypted visit to another web site ({fronts}), not what is asked there.")
    seen = _("The provider of that site and the Tor Project’s service see where you are, not what you do with Tor.")
    public = _(
        "If they give none, the public bridges of Tor Browser are tried. Who watches your network may know those."
    )
    return [
        ("shield", "jade", hidden.format(fronts=fronts)),
        ("people", "amber", seen),
        ("alert", "amber", public),
    ]


def _sources() -> tuple[str, ...]:
    return (
        _("A friend in a country without this trouble looks at bridges.torproject.org and sends you what it shows."),
        _("A message to @GetBridgesBot on Telegram."),
        _("An e-mail to bridges@torproject.org from an address at Riseup or Gmail, with nothing in it."),
    )


def here() -> str:
    """The country of the system's locale (ISO 3166)."""
    return str(QLocale.territoryToCode(QLocale.system().territory()))
