"""The rail on the left: the mark, the identities with the state of their connection, and a plus."""

from functools import partial
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QVBoxLayout, QWidget

from teahouse.domain.account import Account, Link
from teahouse.domain.events import LinkChanged
from teahouse.domain.text import label
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.avatar import face
from teahouse.ui.elided import tip
from teahouse.ui.people import myself
from teahouse.ui.strip import state_words
from teahouse.ui.widgets import picture, tidy, tool


class IdentityButton(QAbstractButton):
    """A round avatar; the ring is jade when online, amber on the way, grey when off."""

    def __init__(self, account: Account, link: LinkChanged | None, chosen: bool) -> None:
        super().__init__()
        self._account, self._link, self._chosen = account, link, chosen
        self.setFixedSize(48, 48)
        name = f"{label(account.nick)} · {label(account.jid)} · {state_words(link, 0)}"
        tip(self, name)
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
        painter.drawPixmap(QPointF(6, 6), face(myself(self._account), 36))
        if self._chosen or self.hasFocus():
            painter.setPen(QPen(theme.paint("ink" if self.hasFocus() else role), 2))
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
        mark = picture("mark", "jade", 32)
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

    def first(self) -> QWidget:
        """Where the keyboard enters."""
        return self._identities[0] if self._identities else self._plus

    def show_accounts(self, accounts: dict[int, Account], links: dict[int, LinkChanged], chosen: int) -> None:
        """Show these identities."""
        focused = next((at for at, old in enumerate(self._identities) if old.hasFocus()), -1)
        for old in self._identities:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._identities = []
        for at, account in enumerate(accounts.values()):
            button = IdentityButton(account, links.get(account.id), chosen in (0, account.id))
            button.clicked.connect(partial(self.chosen.emit, account.id))
            self._layout.insertWidget(2 + at, button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._identities.append(button)
        for above, below in pairwise([*self._identities, self._plus]):
            QWidget.setTabOrder(above, below)
        if 0 <= focused < len(self._identities):
            self._identities[focused].setFocus()
