"""Lays out one message: where its dividers, name, text, code and marks stand. No painting here."""

import re
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextLayout, QTextOption

from teahouse.domain.message import Delivery
from teahouse.domain.text import isolated
from teahouse.i18n import _
from teahouse.ui import theme
from teahouse.ui.chat.rows import Row

LEFT, RIGHT, WIDEST = 68, 20, 680
TIME_WIDTH = 56
DIVIDER = 36
SHOWN_CHARS, SHOWN_LINES = 4000, 60
LINK = re.compile(r"\b(?:https?://|xmpp:)[^\s<>\"'\u3000-\u303f\uff00-\uff0f]{1,2000}")
_TRAILING = ".,;:!?)]}"
NAMED = re.compile(r"(?<!\S)@[\w.\-]{1,60}")
CODE = re.compile(r"```(?:\w{0,20}\n)?")


@dataclass(slots=True)
class Block:
    """One run of text or code, laid out; `links` are (start, length, address)."""

    text: QTextLayout
    area: QRectF
    code: bool = False
    links: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Laid:
    """A message with the place of all its parts, relative to the top of its row."""

    row: Row
    width: int
    divider: int
    name_at: float
    blocks: list[Block]
    more_at: float
    note_at: float
    decorations_at: float
    height: int


def lay_out(row: Row, width: int, decorations_height: int, name: str = "") -> Laid:
    """Lay a row out for a viewport width; the work is bounded whatever the text."""
    divider = theme.scaled(DIVIDER) * (int(bool(row.gap)) + int(row.day) + int(bool(row.since)))
    line = theme.scaled(20)
    action = row.message.body.startswith("/me ")
    named = not row.grouped and not action
    at = float(divider + (2 if row.grouped else 6))
    name_at = at if named else -1.0
    at += line if named else 0
    room = float(max(60, min(WIDEST, width - LEFT - RIGHT - theme.scaled(TIME_WIDTH))))
    text, cut = shortened(row.message.body)
    blocks: list[Block] = []
    for is_code, part in pieces(text):
        block = _code(part, at, room) if is_code else _text(part, at, room, row, name if action else "")
        blocks.append(block)
        at = block.area.bottom() + (4 if is_code else 0)
    if not row.message.body and decorations_height:
        # What is said of it stands in its place.
        at = blocks[0].area.top()
    more_at = at if cut else -1.0
    at += line if cut else 0
    noted = row.message.mine and row.message.state in (Delivery.UNSURE, Delivery.FAILED)
    note_at = at if noted else -1.0
    at += line if noted else 0
    decorations_at = at
    at += decorations_height
    least = 0 if row.grouped or action else divider + 50
    return Laid(row, width, divider, name_at, blocks, more_at, note_at, decorations_at, max(round(at + 4), least))


def shortened(body: str) -> tuple[str, bool]:
    """The part of a text that is laid out in a row, and whether there is more."""
    text = body[:SHOWN_CHARS]
    lines = text.split("\n", SHOWN_LINES)
    if len(lines) > SHOWN_LINES:
        text = "\n".join(lines[:SHOWN_LINES])
    return text.rstrip("\n"), len(text) < len(body.rstrip("\n"))


def pieces(text: str) -> list[tuple[bool, str]]:
    """Split at code fences: (is code, text); a fence that is never closed is text."""
    parts = CODE.split(text)
    if len(parts) % 2 == 0:
        parts[-2:] = ["```".join(parts[-2:])]
    found = [(bool(at % 2), part.strip("\n")) for at, part in enumerate(parts)]
    return [piece for piece in found if piece[1]] or [(False, "")]


def links(text: str) -> list[tuple[int, int, str]]:
    """Web and xmpp links in a text: (start, length, address), in one pass."""
    found = []
    for match in LINK.finditer(text):
        address = match.group().rstrip(_TRAILING)
        found.append((match.start(), len(address), address))
    return found


def _text(part: str, top: float, room: float, row: Row, actor: str) -> Block:
    found: list[tuple[int, int, str]] = []
    font = theme.font()
    if actor:
        part = f"{isolated(actor)} {isolated(part.removeprefix('/me '))}"
        font.setItalic(True)
    else:
        found = links(part)
    layout = QTextLayout(part.replace("\n", "\u2028"), font)
    spans = [_format(start, length) for start, length, _address in found]
    if row.message.mention and not found and not actor:
        spans = [_format(m.start(), m.end() - m.start(), True) for m in NAMED.finditer(part)]
    layout.setFormats(spans)
    height = _flow(layout, room, theme.scaled(20))
    layout.setPosition(QPointF(LEFT, top))
    return Block(layout, QRectF(LEFT, top, room, height), links=found)


def _code(part: str, top: float, room: float) -> Block:
    layout = QTextLayout(part.replace("\n", "\u2028"), theme.font(13, mono=True))
    height = _flow(layout, room - 24, theme.scaled(18))
    layout.setPosition(QPointF(LEFT + 12, top + 10))
    return Block(layout, QRectF(LEFT, top + 2, room, height + 16), code=True)


def _format(start: int, length: int, name: bool = False) -> QTextLayout.FormatRange:
    style = QTextCharFormat()
    style.setForeground(QColor(theme.current().jade))
    if name:
        style.setFontWeight(QFont.Weight.DemiBold)
    else:
        style.setFontUnderline(True)
    span = QTextLayout.FormatRange()
    span.start, span.length, span.format = start, length, style
    return span


def _flow(layout: QTextLayout, room: float, least: float) -> float:
    """Break a text into lines of at least this height; returns the height of all."""
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    height = 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(room)
        high = max(least, line.height())
        line.setPosition(QPointF(0, height + (high - line.height()) / 2))
        height += high
    layout.endLayout()
    return height


def name_font() -> QFont:
    """The font of a sender's name."""
    return theme.font(14, QFont.Weight.DemiBold)


def more_words() -> str:
    """What stands under a text that was cut."""
    return _("… show all")
