"""The rail on the left: the mark, the identities with the state of their connection, and a plus."""

from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from teahouse.domain.account import Account, Link
from teahouse.domain.events import LinkChanged
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import icons, theme
from teahouse.ui.avatar import avatar
from teahouse.ui.strip import state_words
from teahouse.ui.widgets import picture, tidy, tool


class IdentityButton(QAbstractButton):
    """A round avatar; the ring is jade when online, amber on the way, grey when off."""

    def __init__(self, account: Account, link: LinkChanged | None, chosen: bool) -> None:
        super().__init__()
        self._account, self._link, self._chosen = account, link, chosen
        self.setFixedSize(48, 48)
        name = f"{label(account.nick)} · {label(account.jid)} · {state_words(link, 0)}"
        self.setToolTip(name)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        """Always the same."""
        return QSize(48, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the avatar, the ring of the chosen one, and the state."""
        state = self._link.link if self._link else Link.OFF
        role = {Link.ONLINE: "jade", Link.OFF: "ink3", Link.WAITING: "rust"}.get(state, "amber")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(QPointF(6, 6), avatar(self._account.nick or self._account.jid, 36, seed=self._account.jid))
        if self._chosen or self.hasFocus():
            painter.setPen(QPen(theme.paint(role), 2))
            painter.drawEllipse(QRectF(2, 2, 44, 44))
        painter.setPen(QPen(theme.paint("sunken"), 2))
        painter.setBrush(theme.paint(role))
        painter.drawEllipse(QRectF(31, 31, 12, 12))
        painter.end()


class Rail(QFrame):
    """Chooses whose chats are shown."""

    chosen = Signal(int)
    add = Signal()
    menu = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(60)
        mark = picture("cup", "jade", 32)
        mark.setPixmap(icons.mark(32, "jade"))
        mark.setAccessibleName("Teahouse")
        self._plus = tool("plus", _("Add an identity"), self.add.emit)
        self._plus.setObjectName("plus")
        self._plus.setFixedSize(36, 36)
        self._menu = tool("menu", _("Menu"), self.menu.emit)
        self._identities: list[QWidget] = []
        self._layout = QVBoxLayout(self)
        tidy(self._layout, (0, 12, 0, 8), 4)
        self._layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addSpacing(8)
        self._layout.addWidget(self._plus, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addStretch(1)
        self._layout.addWidget(self._menu, 0, Qt.AlignmentFlag.AlignHCenter)

    def menu_button(self) -> QWidget:
        """Where the menu opens."""
        return self._menu

    def show_accounts(self, accounts: dict[int, Account], links: dict[int, LinkChanged], chosen: int) -> None:
        """Show these identities."""
        for old in self._identities:
            self._layout.removeWidget(old)
            old.deleteLater()
        self._identities = []
        for at, account in enumerate(accounts.values()):
            button = IdentityButton(account, links.get(account.id), chosen in (0, account.id))
            button.clicked.connect(partial(self.chosen.emit, account.id))
            self._layout.insertWidget(2 + at, button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._identities.append(button)
