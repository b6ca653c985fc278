"""Where a link goes, in full, before anything is opened."""

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from teahouse.browser import ANY, TOR
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.widgets import button, plain

LONGEST = 4000
Openers = Mapping[str, Callable[[str], None]]
"""Browser (`ANY` or `TOR`) -> what opens an address in it."""


def host_of(address: str) -> str:
    """The host a browser would go to, as it goes over the wire; empty when the address makes no sense."""
    try:
        host = urlsplit(address).hostname or ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""


class LinkSheet(Sheet):
    """The host stands out; Enter means: do not go there."""

    def __init__(self, parent: QWidget | None, address: str, openers: Openers) -> None:
        super().__init__(parent, _("This link leads out of Teahouse"), width=520)
        self._address, self._openers = address, openers
        host = host_of(address)
        named = label(host, 253) or _("This address makes no sense.")
        self.host = plain(named, 18, "ink" if host else "rust", bold=True, wrap=True)
        self.body.addWidget(self.host)
        if host and not urlsplit(address).netloc.isascii():
            told = _("The name has letters that can look like others. Above it stands as your browser sends it.")
            self.body.addWidget(plain(told, 13, "amber", wrap=True))
        self.whole = QPlainTextEdit(label(address, LONGEST))
        self.whole.setReadOnly(True)
        self.whole.setTabChangesFocus(True)
        self.whole.setFont(theme.font(13, mono=True))
        self.whole.setFixedHeight(theme.scaled(118))
        self.whole.setAccessibleName(_("The whole address"))
        self.body.addWidget(self.whole)
        self.body.addWidget(plain(_words(address), 13, "ink2", wrap=True))
        self.hidden = button(_("Open in Tor Browser"), partial(self.go, TOR))
        self.finish(
            _("Open in browser"), partial(self.go, ANY), "plain", extra=(button(_("Copy"), self.copy), self.hidden)
        )
        self.act.setVisible(bool(host) and ANY in openers)
        self.hidden.setVisible(bool(host) and TOR in openers)

    def copy(self) -> None:
        """Put the address on the clipboard."""
        QGuiApplication.clipboard().setText(self._address)
        self.accept()

    def go(self, browser: str) -> None:
        """Have it opened outside."""
        self.accept()
        self._openers[browser](self._address)


def _words(address: str) -> str:
    told = _("Your browser has a way of its own: the site may see where you are.")
    if address.lower().startswith("http://"):
        told += " " + _("The address is not encrypted: anybody on the way can read it.")
    return told
