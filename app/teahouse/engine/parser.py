"""The bounded XML parser of a stream: no DTD, comments or processing instructions; depth, size and counts limited."""

import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Iterator
from typing import Any, NoReturn
from xml.parsers import expat

STANZA_BYTES, DEPTH, ELEMENTS, ATTRIBUTES = 1 << 20, 100, 10_000, 200
TAG_CHARACTERS, TAG_BYTES = 12_000, 1 << 17
"""Of all attributes of a tag; and of a tag that is not whole yet, which is read anew with each piece that comes.

The second holds whatever the first allows, at ten bytes a character (`&#x10FFFF;`), so that it does not matter how a
tag is cut on the way."""
_NAMES_KEPT = 5_000


class Forbidden(Exception):
    """The stream broke a rule; the message says which, never with the data."""


class BoundedParser:
    """Takes the place of `ET.XMLPullParser(("start", "end"))` in slixmpp's stream. Raises Forbidden from feed()."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate("utf-8", "}")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        if hasattr(self._parser, "SetReparseDeferralEnabled"):
            self._parser.SetReparseDeferralEnabled(False)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.XmlDeclHandler = _declared
        for handler in ("StartDoctypeDecl", "EntityDecl", "Comment", "ProcessingInstruction", "ExternalEntityRef"):
            setattr(self._parser, f"{handler}Handler", _forbidden)
        self._events: deque[tuple[str, ET.Element]] = deque()
        self._open: list[ET.Element] = []
        self._last: tuple[ET.Element, bool] | None = None
        self._names: dict[str, str] = {}
        self._elements = self._fed = self._finished = 0

    def feed(self, data: bytes) -> None:
        """Parse what came from the network."""
        # No UTF-8 holds a NUL, and every UTF-16 does, which expat would recognise by itself.
        sound, nul, _ = data.partition(b"\0")
        self._fed += len(sound)
        try:
            self._parser.Parse(sound, False)
        except expat.ExpatError as error:
            raise Forbidden(f"not well-formed at byte {self._parser.ErrorByteIndex}, code {error.code}") from None
        if nul:
            raise Forbidden("not UTF-8")
        read = self._parser.CurrentByteIndex
        if len(self._open) <= 1:
            self._finished = max(self._finished, read)
        if self._fed - self._finished > STANZA_BYTES or self._fed - read > TAG_BYTES:
            raise Forbidden("a stanza or a tag is too large")

    def read_events(self) -> Iterator[tuple[str, ET.Element]]:
        """What was parsed and not yet taken."""
        while self._events:
            yield self._events.popleft()

    def _name(self, raw: str) -> str:
        name = self._names.get(raw)
        if name is None:
            name = "{" + raw if "}" in raw else raw
            if len(self._names) < _NAMES_KEPT:
                self._names[raw] = name
        return name

    def _start(self, tag: str, attributes: list[str]) -> None:
        self._elements += 1
        if sum(map(len, attributes)) > TAG_CHARACTERS:
            raise Forbidden("a stanza or a tag is too large")
        if len(attributes) > 2 * ATTRIBUTES or self._elements > ELEMENTS or len(self._open) >= DEPTH:
            raise Forbidden("too many attributes, elements or levels")
        pairs = {self._name(attributes[i]): attributes[i + 1] for i in range(0, len(attributes), 2)}
        element = ET.Element(self._name(tag), pairs)
        if len(self._open) > 1:
            self._open[-1].append(element)
        self._open.append(element)
        self._last = (element, False)
        if len(self._open) <= 2:
            self._events.append(("start", element))

    def _end(self, tag: str) -> None:
        element = self._open.pop()
        self._last = (element, True)
        if len(self._open) <= 1:
            if self._parser.CurrentByteIndex - self._finished > STANZA_BYTES:
                raise Forbidden("a stanza or a tag is too large")
            self._elements = 0
            self._finished = self._parser.CurrentByteIndex
            self._events.append(("end", element))

    def _text(self, text: str) -> None:
        if len(self._open) <= 1 or self._last is None:
            if text.strip(" \t\r\n"):
                raise Forbidden("text between stanzas")
            return
        element, ended = self._last
        if ended:
            element.tail = (element.tail or "") + text
        else:
            element.text = (element.text or "") + text


def _declared(version: str, encoding: str | None, standalone: int) -> None:
    del standalone
    if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
        raise Forbidden("another XML, or another encoding")


def _forbidden(*_: Any) -> NoReturn:
    raise Forbidden("restricted XML")
