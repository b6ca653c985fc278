"""Host, port, TLS and authority: for servers that are not where their address says."""

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from teahouse.domain.account import Server
from teahouse.i18n import _
from teahouse.ui.widgets import plain


class ServerFields(QWidget):
    """Four fields that may all stay empty."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self._host, self._port, self._ca = QLineEdit(), QLineEdit(), QLineEdit()
        self._direct = QCheckBox(_("TLS from the first byte (Direct TLS)"))
        self._direct.setObjectName("direct_tls")
        for number, (label, line, name) in enumerate(
            (
                (_("Host"), self._host, "host"),
                (_("Port"), self._port, "port"),
                (_("Authority file (PEM)"), self._ca, "ca_file"),
            )
        ):
            line.setObjectName(name)
            line.setAccessibleName(label)
            grid.addWidget(plain(label, 13, "ink2"), number, 0)
            grid.addWidget(line, number, 1)
        grid.addWidget(self._direct, 3, 1)

    def server(self) -> Server | str:
        """What was typed, or a sentence about what is wrong with it."""
        port, ca_file = self._port.text().strip(), self._ca.text().strip()
        if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            return _("A port is a number from 1 to 65535.")
        if ca_file and not Path(ca_file).is_file():
            return _("There is no file %s.") % ca_file
        return Server(self._host.text().strip(), int(port or 0), self._direct.isChecked(), ca_file)
