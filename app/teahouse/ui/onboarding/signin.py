"""Sign in with an account that exists."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QToolButton, QWidget

from teahouse.domain.account import Route, Server
from teahouse.domain.commands import AddAccount
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding import suggestions
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.server_fields import ServerFields
from teahouse.ui.onboarding.way import Way


class SignInPage(Page):
    """Address and password; host, port and authority for those who need them."""

    def __init__(self, bridge: Bridge, back: Callable[[], None], done: Callable[[], None], way: Way) -> None:
        super().__init__(_("Sign in"), _hint(way.route), back)
        self._bridge, self._done, self._way = bridge, done, way
        self._jid = self.field(_("Address"), name="address")
        self._jid.setPlaceholderText(_("name@server"))
        self._password = self.field(_("Password"), secret=True, name="password")
        self._nick = self.field(_("Nick in rooms (optional)"), name="nick")
        self._more = more_button(self)
        self._server = ServerFields()
        self._server.hide()
        self._plain = QCheckBox(_("Allow the server to read my password (PLAIN), if it offers nothing safer"))
        self._plain.hide()
        self._more.toggled.connect(self._unfold)
        for part in (self._more, self._server, self._plain):
            self.body.addWidget(part)
        self.primary(_("Sign in"), self._go)

    def _unfold(self, on: bool) -> None:
        self._server.setVisible(on)
        self._plain.setVisible(on)

    def _kept(self, _answer: object) -> None:
        self._done()

    def _go(self) -> None:
        server: Server | str = self._server.server()
        if isinstance(server, str):
            return self.say(server)
        self.busy(True)
        command = AddAccount(
            self._jid.text().strip(),
            self._password.text(),
            self._nick.text().strip() or (suggestions.new_nick() if self._way.route is Route.TOR else ""),
            server,
            self._plain.isChecked(),
            self._way.route,
            self._way.proxy,
        )
        self._bridge.do(command, self._kept, self.complain)
        return None


def _hint(route: Route) -> str:
    safe = _("The password is sent only over verified TLS.")
    seen = {
        Route.TOR: _("Through Tor: the server does not see where you are."),
        Route.PROXY: _("Through your proxy: the server sees the proxy."),
        Route.DIRECT: _("Directly: the server sees where you are."),
    }
    return " ".join((seen[route], safe))


def more_button(parent: QWidget) -> QToolButton:
    """The fold behind which host and port are kept."""
    more = QToolButton(parent)
    more.setObjectName("more")
    more.setText(_("Server settings"))
    more.setCheckable(True)
    return more
