"""The box of the composer as its identity's: in its colour, with its face, as soon as there is more than one."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from teahouse.domain.account import Account
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.avatar import face
from teahouse.ui.elided import tip
from teahouse.ui.people import myself
from teahouse.ui.widgets import plain, tidy

_FACE, _WIDTH = 24, 2


class IdentityFrame(QFrame):
    """Holds what is given, behind the face of whoever writes in it."""

    def __init__(self, *inside: QWidget) -> None:
        super().__init__()
        self.setObjectName("box")
        self._color = ""
        self.face = plain()
        self.face.setFixedSize(_FACE, _FACE + 4)
        layout = QHBoxLayout(self)
        tidy(layout, (12, 6, 12, 6), 8)
        layout.addWidget(self.face, 0, Qt.AlignmentFlag.AlignBottom)
        for at, part in enumerate(inside):
            layout.addWidget(part, 0 if at else 1, Qt.AlignmentFlag.AlignBottom if at else Qt.AlignmentFlag(0))
        self.show_identity(None)

    def show_identity(self, account: Account | None) -> None:
        """Wear an identity; none when there is only one, which nobody can take for another."""
        self._color = account.jid if account else ""
        self.face.setVisible(account is not None)
        if account is not None:
            self.face.setPixmap(face(myself(account), _FACE))
            told = _("You write as {address}").format(address=isolated(label(account.jid)))
            tip(self.face, told)
            self.face.setAccessibleName(told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame that the style sheet draws, and over it the identity's own."""
        super().paintEvent(event)
        if self._color:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.name_color(self._color)), _WIDTH))
            inner = _WIDTH / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inner, inner, -inner, -inner), 9, 9)
            painter.end()
