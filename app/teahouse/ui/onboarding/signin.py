"""Sign in with an account that exists."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QToolButton, QWidget

from teahouse.domain.account import Server
from teahouse.domain.commands import AddAccount
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.onboarding.page import Page
from teahouse.ui.onboarding.server_fields import ServerFields


class SignInPage(Page):
    """Address and password; host, port and authority for those who need them."""

    def __init__(self, bridge: Bridge, back: Callable[[], None], done: Callable[[], None]) -> None:
        super().__init__(
            _("Sign in"),
            _("Directly: the server sees where you are. The password is sent only over verified TLS."),
            back,
        )
        self._bridge, self._done = bridge, done
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
            self._jid.text().strip(), self._password.text(), self._nick.text().strip(), server, self._plain.isChecked()
        )
        self._bridge.do(command, self._kept, self.complain)
        return None


def more_button(parent: QWidget) -> QToolButton:
    """The fold behind which host and port are kept."""
    more = QToolButton(parent)
    more.setObjectName("more")
    more.setText(_("Server settings"))
    more.setCheckable(True)
    return more
