"""A server that shows another public key than before: it may have a new one, or somebody stands between."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from teahouse.domain.commands import AcceptKey
from teahouse.domain.events import KeyChanged
from teahouse.domain.key import Acceptance, KnownKey
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.certificate import grouped
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.times import clock, day
from teahouse.ui.widgets import plain

_EARLIER = 3
"""Keys before the last one that are told of."""


def when(milliseconds: int) -> str:
    """Day and time."""
    return f"{day(milliseconds)}, {clock(milliseconds)}"


def told(known: KnownKey) -> str:
    """How long a key was seen, and how it was accepted."""
    how = {
        Acceptance.FIRST: _("Kept on the first connection."),
        Acceptance.CONFIRMED: _("Accepted by you."),
    }[known.accepted]
    seen = _("First seen: {first}. Last seen: {last}.")
    return " ".join((seen.format(first=when(known.first_seen), last=when(known.last_seen)), how))


class KeySheet(Sheet):
    """Enter means: do not connect."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, event: KeyChanged) -> None:
        title = _("{host} shows another key than before").format(host=label(event.host))
        doubt = _("The server may have a new key, or somebody is between you and it. Nothing was sent.")
        super().__init__(parent, title, doubt, width=480)
        self._bridge, self._event = bridge, event
        self._show(_("New key"), event.key)
        *earlier, last = event.known
        self._show(_("Key until now"), last.key)
        self.body.addWidget(plain(told(last), 13, "ink2", wrap=True))
        for known in reversed(earlier[-_EARLIER:]):
            line = f"{grouped(known.key)[:9]}… {told(known)}"
            self.body.addWidget(plain(_("Before: {key}").format(key=line), 13, "ink2", wrap=True))
        advice = _("Ask its administrator, by another way, whether the new key is theirs. Accept it only if it is.")
        self.body.addWidget(plain(advice, 13, "ink2", wrap=True))
        self.finish(_("Accept the new key"), self.take, "danger", _("Do not connect"))

    def _show(self, name: str, key: str) -> None:
        self.body.addWidget(plain(name, 13, bold=True))
        code = plain(grouped(key))
        code.setFont(theme.font(14, mono=True))
        code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        code.setAccessibleName(name)
        self.body.addWidget(code)

    def take(self) -> None:
        """The server is known by the new key from now on."""
        self.accept()
        self._bridge.do(AcceptKey(self._event.account, self._event.key))
