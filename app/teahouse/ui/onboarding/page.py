"""What the pages of the first minute share: a heading, a body, a row of buttons, and a place for problems."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from teahouse.domain.problem import Problem
from teahouse.i18n import _
from teahouse.ui.problems import words
from teahouse.ui.widgets import button, plain, set_tone, tidy

WIDTH = 664


class Page(QWidget):
    """One step. Add widgets to `body`; call `busy` while something is asked, `complain` when it failed."""

    def __init__(self, title: str, hint: str, back: Callable[[], None] | None = None) -> None:
        super().__init__()
        outer = QHBoxLayout(self)
        tidy(outer)
        column = QWidget()
        column.setMaximumWidth(WIDTH)
        layout = QVBoxLayout(column)
        tidy(layout, (0, 68, 0, 32), 4)
        heading = plain(title, 22, bold=True)
        layout.addWidget(heading)
        self._hint = plain(hint, 14, "ink2", wrap=True)
        layout.addWidget(self._hint)
        layout.addSpacing(24)
        self.body = QVBoxLayout()
        tidy(self.body, spacing=8)
        layout.addLayout(self.body)
        self._trouble = plain("", 13, "rust", wrap=True)
        self._trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._trouble.hide()
        layout.addWidget(self._trouble)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.hide()
        layout.addWidget(self._progress)
        layout.addSpacing(16)
        self._back: QPushButton | None = None
        self._buttons = QHBoxLayout()
        tidy(self._buttons, spacing=8)
        if back is not None:
            self._back = button(_("Back"), back)
            self._buttons.addWidget(self._back)
        self._buttons.addStretch(1)
        layout.addLayout(self._buttons)
        layout.addStretch(1)
        outer.addSpacing(24)
        outer.addStretch(1)
        outer.addWidget(column, 1000)
        outer.addStretch(1)
        outer.addSpacing(24)
        self._primary: QPushButton | None = None

    def primary(self, text: str, pressed: Callable[[], None]) -> QPushButton:
        """The button that goes on; Enter in a field presses it."""
        self._primary = button(text, pressed, "primary")
        self._primary.setDefault(True)
        self._buttons.addWidget(self._primary)
        if self._back is not None:
            QWidget.setTabOrder(self._primary, self._back)
        return self._primary

    def field(self, label: str, value: str = "", *, secret: bool = False, name: str = "") -> QLineEdit:
        """A labelled line to type into."""
        caption = plain(label, 13, "ink2")
        line = QLineEdit(value)
        line.setAccessibleName(label)
        line.setObjectName(name)
        line.setMaxLength(1_000)
        if secret:
            line.setEchoMode(QLineEdit.EchoMode.Password)
        caption.setBuddy(line)
        line.returnPressed.connect(self._enter)
        self.body.addWidget(caption)
        self.body.addWidget(line)
        return line

    def _enter(self) -> None:
        if self._primary is not None and self._primary.isEnabled():
            self._primary.click()

    def busy(self, on: bool) -> None:
        """Show that something is under way."""
        self._progress.setVisible(on)
        if on:
            self._trouble.hide()
        if self._primary is not None:
            self._primary.setEnabled(not on)

    def complain(self, problem: Problem) -> None:
        """Say what went wrong and what to do; nothing typed is lost."""
        title, advice = words(problem)
        self.say(f"{title} {advice}".strip())

    def hush(self) -> None:
        """The trouble is over."""
        self._trouble.hide()

    def say(self, sentence: str, tone: str = "rust") -> None:
        """Show a sentence, in the colour of trouble if not told otherwise."""
        self.busy(False)
        set_tone(self._trouble, tone)
        self._trouble.setText(sentence)
        self._trouble.show()
