"""A card that is a button: an icon, a title, a line of words, and a chevron."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from teahouse.ui import theme
from teahouse.ui.widgets import picture, plain, tidy

_STYLE = """
#choice { background: %(surface)s; border: 1px solid %(line)s; border-radius: 12px; text-align: left; padding: 0; }
#choice:hover { background: %(hover)s; } #choice[first="true"] { border: 1px solid %(jade)s; }
#choice:focus { border: 2px solid %(jade)s; }
"""


class Choice(QPushButton):
    """One of a few ways to go on; `first` is the one we advise."""

    def __init__(self, icon: str, title: str, hint: str, *, amber: str = "", first: bool = False) -> None:
        super().__init__()
        self.setObjectName("choice")
        self.setProperty("first", "true" if first else "false")
        self.setFixedHeight(theme.scaled(96 if amber else 78))
        self.setAutoDefault(True)
        self.setAccessibleName(f"{title}. {hint} {amber}".strip())
        layout = QHBoxLayout(self)
        tidy(layout, (24, 12, 20, 12), 20)
        layout.addWidget(picture(icon, "jade" if first else "ink2", 28))
        lines = QVBoxLayout()
        tidy(lines, spacing=2)
        lines.addStretch(1)
        lines.addWidget(plain(title, 16, bold=True))
        lines.addWidget(plain(hint, 13, "ink2"))
        if amber:
            lines.addWidget(plain(amber, 12.5, "amber"))
        lines.addStretch(1)
        layout.addLayout(lines, 1)
        layout.addWidget(picture("chevron", "jade" if first else "ink3", 18))
        self.dress()

    def dress(self) -> None:
        """Take the look in use."""
        look = theme.current()
        colors = {"surface": look.surface, "line": look.line, "hover": look.hover, "jade": look.jade}
        self.setStyleSheet(_STYLE % colors)
