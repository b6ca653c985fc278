"""Small questions asked without stopping the window: yes or no, and one line of text."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QLayout, QLineEdit, QVBoxLayout, QWidget

from teahouse.i18n import _
from teahouse.ui.widgets import button, plain, row, tidy


class Sheet(QDialog):
    """A dialog that is opened, never executed: a title, an explanation, room for more, buttons."""

    def __init__(self, parent: QWidget | None, title: str, explanation: str = "", width: int = 420) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Teahouse")
        self.setAccessibleName(title)
        self.setMinimumWidth(width)
        self.body = QVBoxLayout(self)
        self.body.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        tidy(self.body, (24, 20, 24, 20), 12)
        self.body.addWidget(plain(title, 16, bold=True, wrap=True))
        if explanation:
            self.body.addWidget(plain(explanation, 13, "ink2", wrap=True))
        self.problem = plain("", 13, "rust", wrap=True)
        self.problem.hide()

    def finish(
        self, verb: str, act: Callable[[], None], kind: str = "primary", away: str = "", extra: Sequence[QWidget] = ()
    ) -> None:
        """Put the problem line and the buttons at the end."""
        self.act = button(verb, act, kind)
        self.act.setDefault(kind == "primary")
        self.away = button(away or _("Cancel"), self.reject)
        self.away.setDefault(kind != "primary")
        self.body.addWidget(self.problem)
        self.body.addLayout(row(0, self.away, *extra, self.act))

    def complain(self, text: str) -> None:
        """Say a problem in place; what was typed stays."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def setVisible(self, visible: bool) -> None:
        """Have room for all from the start."""
        if visible and not self.isVisible():
            self.grow()
        super().setVisible(visible)

    def event(self, event: QEvent) -> bool:
        """Have room for what has come in."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.grow()
        return done

    def grow(self) -> None:
        """Become as large as what is inside needs, never smaller."""
        shown = self.isVisible()
        wide = max(self.minimumWidth(), self.body.totalMinimumSize().width(), self.width() if shown else 0)
        high = self.body.totalHeightForWidth(wide) if self.body.hasHeightForWidth() else 0
        high = max(high, self.body.totalMinimumSize().height(), self.minimumHeight(), self.height() if shown else 0)
        self.resize(wide, high)


def confirm(parent: QWidget, title: str, explanation: str, verb: str, act: Callable[[], object]) -> Sheet:
    """Ask before something that cannot be undone."""
    sheet = Sheet(parent, title, explanation)

    def agreed() -> None:
        sheet.accept()
        act()

    sheet.finish(verb, agreed, "danger")
    sheet.open()
    return sheet


def ask_text(parent: QWidget, title: str, value: str, verb: str, act: Callable[[str], object]) -> Sheet:
    """Ask for one line of text."""
    sheet = Sheet(parent, title)
    field = QLineEdit(value)
    field.setAccessibleName(title)
    field.selectAll()
    sheet.body.addWidget(field)

    def entered() -> None:
        sheet.accept()
        act(field.text().strip())

    sheet.finish(verb, entered)
    sheet.open()
    field.setFocus()
    return sheet
