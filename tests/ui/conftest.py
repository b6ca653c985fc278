"""The look is set once per test; every world is its own."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from teahouse import i18n
from teahouse.ui import theme


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    """Every test begins in the light theme and in English."""
    i18n.use("en")
    theme.use("light")
