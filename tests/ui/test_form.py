"""The pictures of a registration form: shown when they are pictures, else said to be none. They come from anybody."""

import struct
import zlib

import pytest
from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from teahouse.domain.registration import FormField, RegistrationForm
from teahouse.ui.onboarding.identity import _FormStep

from .fake import World


def picture(kind: str, side: int = 20) -> bytes:
    """A picture in one of Qt's formats."""
    data, image = QBuffer(), QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(0)
    assert data.open(QBuffer.OpenModeFlag.WriteOnly) and QImageWriter(data, kind.encode()).write(image)
    return bytes(data.data().data())


def claiming(side: int) -> bytes:
    """A PNG whose head says that it is so large."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='file:///etc/passwd'/></svg>"
XPM = b'/* XPM */ static char *x[] = { "1 1 1 1", "a c #000", "a" };'


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (picture("png"), True), (picture("jpeg"), True), (picture("bmp"), False), (SVG, False), (XPM, False),
        (claiming(30_000), False), (picture("png", 2_001), False), (b"", False), (b"\x89PNG\r\n\x1a\n", False),
    ],
)  # fmt: skip
def test_only_a_small_picture_is_shown(qtbot: QtBot, raw: bytes, shown: bool) -> None:
    field = FormField("ocr", "What you see", image=raw, image_url="https://tea.example/x")
    step = _FormStep(World().bridge, RegistrationForm("tea.example", "", (field,), 1), print, lambda a, p: None)
    qtbot.addWidget(step)
    labels = step.findChildren(QLabel)
    assert any(not label.pixmap().isNull() for label in labels) is shown
    assert any("cannot be shown" in label.text() for label in labels) is not shown
