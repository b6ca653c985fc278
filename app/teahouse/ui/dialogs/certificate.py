"""A server whose certificate could not be verified: compare, then trust it or not."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from teahouse.domain.commands import TrustCertificate
from teahouse.domain.events import CertificateDoubted
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.widgets import plain


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, eight to a line, as people compare it."""
    clean = label(fingerprint, 200).replace(":", "").upper()
    groups = [clean[at : at + 4] for at in range(0, len(clean), 4)]
    return "\n".join(" ".join(groups[at : at + 8]) for at in range(0, len(groups), 8))


class CertificateSheet(Sheet):
    """Enter means: do not connect."""

    def __init__(self, parent: QWidget | None, bridge: Bridge, event: CertificateDoubted) -> None:
        host = label(event.host)
        super().__init__(parent, _("{host} could not prove who it is").format(host=host), width=480)
        self._bridge, self._event = bridge, event
        self.body.addWidget(plain(label(event.reason, 300), 13, "rust", wrap=True))
        told = _("Compare this fingerprint with what your administrator gave you. Trust it only if every group agrees.")
        self.body.addWidget(plain(told, 13, "ink2", wrap=True))
        code = plain(grouped(event.fingerprint))
        code.setFont(theme.font(14, mono=True))
        code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        code.setAccessibleName(_("Fingerprint"))
        self.body.addWidget(code)
        self.finish(_("Trust"), self.trust, "danger", _("Do not connect"))

    def trust(self) -> None:
        """Pin what was compared."""
        self.accept()
        self._bridge.do(TrustCertificate(self._event.account, self._event.fingerprint))
