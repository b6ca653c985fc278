"""The style sheet, generated from the tokens of theme.py."""

from dataclasses import asdict
from pathlib import Path

from teahouse.ui.theme import Palette

_ICONS = Path(__file__).resolve().parents[3] / "resources" / "icons"
_SHEET = """
QWidget { color: %(ink)s; }
QLabel { background: transparent; border: none; }
QMainWindow, QDialog { background: %(paper)s; }
QToolTip { background: %(surface)s; color: %(ink)s; border: 1px solid %(line)s; padding: 4px 6px; }
QLabel[tone="ink2"] { color: %(ink2)s; } QLabel[tone="ink3"] { color: %(ink3)s; }
QLabel[tone="jade"] { color: %(jade)s; } QLabel[tone="amber"] { color: %(amber)s; }
QLabel[tone="rust"] { color: %(rust)s; }
#rail { background: %(sunken)s; border-right: 1px solid %(line)s; }
#chats, #details { background: %(paper)s; }
#chats { border-right: 1px solid %(line)s; } #details { border-left: 1px solid %(line)s; }
#conversation, #empty { background: %(surface)s; }
#header { background: %(surface)s; border-bottom: 1px solid %(line)s; }
#foot { background: %(surface)s; border-top: 1px solid %(line)s; }
#strip { background: %(sunken)s; border-top: 1px solid %(line)s; }
#banner { background: %(rust_ground)s; border-bottom: 1px solid %(line)s; }
#banner[tone="amber"] { background: %(amber_ground)s; }
#asked { background: %(amber_ground)s; border-radius: 10px; } #asked[tone="rust"] { background: %(rust_ground)s; }
#findbar { background: %(paper)s; border-bottom: 1px solid %(line)s; }
#box { background: %(surface)s; border: 1px solid %(line)s; border-radius: 10px; }
#box[focused="true"] { border-color: %(jade)s; }
#box QPlainTextEdit { border: none; background: transparent; padding: 0; }
#card { background: %(surface)s; border: 1px solid %(line)s; border-radius: 12px; }
#chip { border-radius: 6px; } #chip[tone="amber"] { background: %(amber_ground)s; }
#chip[tone="jade"] { background: %(jade_ground)s; } #chip[tone="rust"] { background: %(rust_ground)s; }
#shielding { border: none; border-radius: 6px; padding: 3px 8px; background: %(amber_ground)s; color: %(amber)s; }
#shielding[tone="jade"] { background: %(jade_ground)s; color: %(jade)s; }
#shielding:focus { border: 1px solid %(jade)s; }
#keys { background: %(surface)s; border: 1px solid %(line)s; border-radius: 4px; padding: 1px 5px; color: %(ink2)s; }
QListView, QTreeView, QScrollArea { background: transparent; border: none; outline: none; }
QListWidget::item { padding: 6px 8px; border-radius: 6px; color: %(ink)s; }
QListWidget::item:hover { background: %(hover)s; }
QListWidget::item:selected { background: %(selection)s; }
QListWidget#card { padding: 6px; } QListWidget#card:focus { border-color: %(jade)s; }
QLineEdit, QPlainTextEdit, QComboBox { background: %(surface)s; border: 1px solid %(line)s; border-radius: 8px;
  padding: 6px 10px; color: %(ink)s; selection-background-color: %(jade)s; selection-color: %(on_jade)s; }
QComboBox { padding: 6px 10px; min-height: 18px; }
QComboBox::drop-down { border: none; width: 28px; }
QComboBox::down-arrow { image: url("%(arrow)s"); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: %(surface)s; border: 1px solid %(line)s; selection-color: %(ink)s;
  selection-background-color: %(selection)s; padding: 4px; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus { border-color: %(jade)s; }
#search { background: %(sunken)s; border-radius: 8px; padding: 7px 10px; min-height: 18px; }
QPushButton { background: %(surface)s; color: %(ink)s; border: 1px solid %(line)s; border-radius: 8px;
  padding: 6px 14px; }
QPushButton:hover { background: %(hover)s; } QPushButton:focus { border: 2px solid %(jade)s; padding: 5px 13px; }
QPushButton[kind="danger"]:focus { border: 2px solid %(rust)s; padding: 5px 13px; }
QPushButton[kind="primary"] { background: %(jade)s; color: %(on_jade)s; border-color: %(jade)s; font-weight: 600; }
QPushButton[kind="primary"]:focus { border: 2px solid %(ink)s; }
QPushButton[kind="danger"] { color: %(rust)s; border-color: %(rust)s; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: %(ink2)s; padding: 4px 6px; }
QPushButton[kind="link"]:hover { color: %(jade)s; } QPushButton[kind="link"]:focus { border: 2px solid %(jade)s; }
QPushButton[kind="way"] { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 0; }
QPushButton[kind="way"]:hover { background: %(hover)s; } QPushButton[kind="way"]:focus { border-color: %(jade)s; }
#popover { background: %(surface)s; border: 1px solid %(line)s; }
QPushButton:disabled, QPushButton[kind="primary"]:disabled { background: %(sunken)s; color: %(ink3)s;
  border-color: %(line)s; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 8px; padding: 5px; }
QToolButton:hover { background: %(hover)s; } QToolButton:focus { border: 2px solid %(jade)s; padding: 4px; }
QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 2px solid transparent; border-radius: 6px; }
QCheckBox:focus, QRadioButton:focus { border-color: %(jade)s; }
QToolButton[kind="float"] { background: %(surface)s; border: 1px solid %(line)s; border-radius: 15px;
  color: %(jade)s; font-weight: 600; padding: 4px 10px; min-height: 20px; max-height: 20px; }
#plus { border: 1px dashed %(ink3)s; border-radius: 17px; padding: 0; }
QMenu { background: %(surface)s; border: 1px solid %(line)s; padding: 4px; }
QMenu::item { padding: 6px 20px 6px 12px; border-radius: 6px; color: %(ink)s; }
QMenu::item:selected { background: %(selection)s; } QMenu::item:disabled { color: %(ink3)s; }
QMenu::separator { height: 1px; background: %(line)s; margin: 4px 8px; }
QProgressBar { background: %(sunken)s; border: none; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: %(jade)s; border-radius: 2px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: %(line)s; border-radius: 3px; min-height: 32px; }
QScrollBar::handle:vertical:hover { background: %(ink3)s; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollBar:horizontal { height: 0; }
"""


def sheet(look: Palette) -> str:
    """The application's style sheet in this palette."""
    return _SHEET % (asdict(look) | {"arrow": (_ICONS / f"down-{look.name}.svg").as_posix()})
