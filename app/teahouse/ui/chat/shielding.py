"""Who can read what is written, above the box: a chip that opens what can be done about it, and a bar that asks."""

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QMenu, QToolButton, QVBoxLayout

from teahouse.domain.chat import Chat
from teahouse.ui import icons, theme
from teahouse.ui.elided import tip
from teahouse.ui.shield import Act, Shield
from teahouse.ui.widgets import button, picture, plain, row, set_tone, tidy


class Shielding(QToolButton):
    """An icon and a few words; with a menu where anything can be done."""

    def __init__(self, shield: Shield) -> None:
        super().__init__()
        self.setObjectName("shielding")
        self._shield = shield
        self._chat: Chat | None = None
        self._shown = ("lock", "amber")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.clicked.connect(self._open)

    def show_chat(self, chat: Chat, *, whole: bool) -> None:
        """Say it of this chat, in few words or in many."""
        self._chat, said = chat, self._shield.words(chat)
        self._shown = (said.icon, said.tone)
        able = bool(self._shield.acts(chat))
        self.setText((said.whole if whole else said.short) + (" ▾" if able else ""))
        self.setAccessibleName(". ".join((said.whole, said.told)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if able else Qt.FocusPolicy.NoFocus)
        tip(self, said.told)
        set_tone(self, said.tone)
        self.dress()

    def dress(self) -> None:
        """Take the look in use."""
        self.setIcon(icons.icon(*self._shown, 14))
        self.setFont(theme.font(12))

    def menu_of(self) -> QMenu | None:
        """What can be done."""
        acts = self._shield.acts(self._chat) if self._chat is not None else ()
        if not acts:
            return None
        menu = QMenu(self)
        for act in acts:
            menu.addAction(act.verb, partial(act.do, self.window()))
        return menu

    def _open(self) -> None:
        if menu := self.menu_of():
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4)))


class ShieldBar(QFrame):
    """What the user has to answer before anything goes out."""

    def __init__(self, shield: Shield) -> None:
        super().__init__()
        self.setObjectName("asked")
        self._shield = shield
        self._icon = picture("alert", "amber", 18)
        self.title, self.advice = plain("", 13, bold=True, wrap=True), plain("", 13, "ink", wrap=True)
        self._buttons = row(spacing=8)
        words = QVBoxLayout()
        tidy(words, spacing=2)
        words.addWidget(self.title)
        words.addWidget(self.advice)
        layout = row(self._icon, spacing=10)
        tidy(layout, (12, 8, 12, 8), 10)
        layout.addLayout(words, 1)
        layout.addLayout(self._buttons)
        self.setLayout(layout)
        self.hide()

    def show_chat(self, chat: Chat) -> None:
        """Ask what there is to be asked of a chat, or nothing."""
        bar = self._shield.bar(chat)
        self.setVisible(bar is not None)
        if bar is None:
            return
        set_tone(self, bar.tone)
        self._icon.show_icon(bar.icon, bar.tone)
        self.title.setText(bar.title)
        self.advice.setText(bar.advice)
        self.advice.setVisible(bool(bar.advice))
        self.setAccessibleName(" ".join(part for part in (bar.title, bar.advice) if part))
        while (item := self._buttons.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for act in reversed(bar.acts):
            self._buttons.addWidget(button(act.verb, partial(self._do, act)))

    def _do(self, act: Act) -> None:
        act.do(self.window())
