"""XML that came out of an encrypted message: as hostile as any. No DTD, no comments; depth and counts bounded."""

import xml.etree.ElementTree as ET
from typing import Any, NoReturn
from xml.parsers import expat

BYTES, DEPTH, ELEMENTS, ATTRIBUTES = 1 << 20, 50, 5_000, 100


class NotSound(Exception):
    """It broke a rule; the message says which, never with the data."""


class _Tree:
    """Builds one element from the events of expat."""

    def __init__(self) -> None:
        self.builder = ET.TreeBuilder()
        self.depth = self.elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEPTH or self.elements > ELEMENTS or len(attributes) > ATTRIBUTES:
            raise NotSound("too many attributes, elements or levels")
        self.builder.start(_name(tag), {_name(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.builder.end(_name(tag))


def parse(data: bytes) -> ET.Element:
    """The one element of a document in UTF-8; raises NotSound."""
    if len(data) > BYTES or b"\0" in data:
        raise NotSound("too large, or not UTF-8")
    tree = _Tree()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.builder.data
    for handler in ("StartDoctypeDecl", "EntityDecl", "Comment", "ProcessingInstruction", "ExternalEntityRef"):
        setattr(parser, f"{handler}Handler", _forbidden)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise NotSound(f"not well-formed, code {error.code}") from None
    return tree.builder.close()


def _name(raw: str) -> str:
    return "{" + raw if "}" in raw else raw


def _forbidden(*_: Any) -> NoReturn:
    raise NotSound("restricted XML")
