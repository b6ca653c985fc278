"""The elements of XEP-0027: a message whose text is encrypted, and a presence whose status is signed."""

import xml.etree.ElementTree as ET

from teahouse.crypto.armor import stripped, unstripped
from teahouse.engine.xml import CLIENT, EME, ENCRYPTED, HINTS, SID, SIGNED, child_text, el

FALLBACK = "This message is encrypted with OpenPGP (XEP-0027). Your program cannot read it."
_OUTSIDE = (f"{{{SID}}}origin-id", f"{{{CLIENT}}}thread")
SIGNATURE_TEXT, STATUS = 4_000, 2_000
"""Characters of a signature at most, and bytes of a status that can be signed."""


def enclosed(message: ET.Element, cipher: bytes) -> ET.Element:
    """The message to send in place of this one: its address, type and ids, and its text encrypted.

    Whatever else is in it, such as the question for a receipt, is left out: it could only go in the clear.
    """
    kept = {name: value for name, value in message.attrib.items() if name in ("to", "type", "id")}
    outside = [child for child in message if child.tag in _OUTSIDE or child.tag.startswith(f"{{{HINTS}}}")]
    made = el("message", kept, el("body", text=FALLBACK), el(f"{{{ENCRYPTED}}}x", text=stripped(cipher)), *outside)
    made.append(el(f"{{{EME}}}encryption", {"namespace": ENCRYPTED, "name": "Legacy OpenPGP"}))
    return made


def signed(presence: ET.Element, to: str, signature: bytes) -> ET.Element:
    """A presence for one address alone, with the signature of its status."""
    presence.set("to", to)
    presence.append(el(f"{{{SIGNED}}}x", text=stripped(signature)))
    return presence


def status_of(presence: ET.Element) -> bytes:
    """The text that a presence's signature is about; empty when it has none."""
    return (child_text(presence, "status") or "").encode()


def signature_of(presence: ET.Element) -> bytes:
    """The signature in a presence; empty when there is none, or none that can be looked at."""
    found = presence.findall(f"{{{SIGNED}}}x")
    text = found[0].text or "" if len(found) == 1 else ""
    if len(text) > SIGNATURE_TEXT or len(status_of(presence)) > STATUS:
        return b""
    try:
        return unstripped(text)
    except ValueError:
        return b""
