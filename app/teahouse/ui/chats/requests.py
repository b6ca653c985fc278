"""The entry at the foot of the chats: somebody unknown wants something."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from teahouse.domain.text import isolated
from teahouse.i18n import _, ngettext
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.requests import RequestsSheet
from teahouse.ui.elided import Elided
from teahouse.ui.known import Known
from teahouse.ui.requests import Tray, asker, wish
from teahouse.ui.widgets import SEMIBOLD, column, plain, tidy


class RequestsEntry(QPushButton):
    """Shown while somebody waits. It counts as nothing unread and raises nothing."""

    opened = Signal(object)
    """The Chat of somebody who was accepted."""

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self._bridge, self._known, self.tray = bridge, known, Tray(bridge, known, self)
        self.setProperty("kind", "way")
        self.setAccessibleName(_("Requests"))
        self.title, self.about, self._face = Elided(14, bold=True), Elided(13, "ink2"), plain()
        layout = QHBoxLayout(self)
        tidy(layout, (12, 0, 10, 0), 10)
        words = column(0, self.title, self.about, 0, spacing=0)
        layout.addWidget(self._face)
        layout.addLayout(words, 1)
        for part in (self.title, self.about, self._face):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(self.show_all)
        self.tray.changed.connect(self._show)
        self.dress()
        self._show()

    def dress(self) -> None:
        """Another look has other heights and tints."""
        side = 24 if theme.compact() else 36
        self._face.setFixedSize(side, side)
        self._face.setPixmap(_unknown(side))
        self.about.setVisible(not theme.compact())
        self.setFixedHeight(max(theme.scaled(36 if theme.compact() else 54), side + 6))

    def show_all(self) -> None:
        """Open the tray."""
        RequestsSheet(self.window(), self._bridge, self._known, self.tray, self.opened.emit).open()

    def _show(self) -> None:
        held = self.tray.every()
        self.setVisible(bool(held))
        if not held:
            return
        count = ngettext("{n} request", "{n} requests", len(held)).format(n=len(held))
        newest = isolated(asker(held[0]))
        told = _("{who} {wants}").format(who=newest, wants=wish(held[0]))
        self.title.setText(newest if len(held) == 1 else count)
        self.about.setText(wish(held[0]) if len(held) == 1 else told)
        self.setAccessibleName(f"{count}: {told}")


def _unknown(side: int) -> QPixmap:
    """The face of somebody unknown."""
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    result = QPixmap(round(side * ratio), round(side * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.paint("amber"))
    painter.drawEllipse(QRectF(0, 0, side, side))
    painter.setPen(theme.paint("on_jade"))
    painter.setFont(theme.font(side * 0.4, SEMIBOLD))
    painter.drawText(QRectF(0, 0, side, side), int(Qt.AlignmentFlag.AlignCenter), "?")
    painter.end()
    return result
