"""What of a message goes inside the encryption, and what is left outside: one place decides, for every feature.

Inside goes whatever is not named here. So nothing that a later feature adds to a message can leave in the clear.
"""

import base64
import xml.etree.ElementTree as ET

from teahouse.crypto.signcrypt import NAMESPACE
from teahouse.engine.xml import CLIENT, EME, HINTS, SID, el
from teahouse.features.openpgp.legacy import wire

FALLBACK = "This message is encrypted with OpenPGP (XEP-0373). Your program cannot read it."
"""For whoever's program knows nothing of OpenPGP; the same for all, in English, so that it tells nothing of ours."""
_OUTSIDE = frozenset({f"{{{SID}}}origin-id", f"{{{CLIENT}}}thread"})
"""What servers and clients need to find a message again. Processing hints (XEP-0334) are outside, too."""
_NEVER_INSIDE = ("urn:xmpp:sid:0", "http://jabber.org/protocol/address", HINTS)
"""Namespaces of what only servers may say, or only means something to them."""


def _is_outside(child: ET.Element) -> bool:
    return child.tag in _OUTSIDE or child.tag.startswith(f"{{{HINTS}}}")


def payload(message: ET.Element) -> tuple[ET.Element, ...]:
    """What of a message is to be encrypted; empty when there is nothing in it but what stays outside."""
    return tuple(child for child in message if not _is_outside(child))


def enclosed(message: ET.Element, cipher: bytes, *, legacy: bool = False) -> ET.Element:
    """The message to send in its place: its address, type and id, what stays outside, and the encrypted element.

    What carries no text of a person (a marker, a chat state) gets no fallback, for it shows nothing anywhere.
    `legacy`: as XEP-0027 has it.
    """
    if legacy:
        return wire.enclosed(message, cipher)
    kept = {name: value for name, value in message.attrib.items() if name in ("to", "type", "id")}
    outside = [child for child in message if _is_outside(child)]
    made = el("message", kept, el(f"{{{NAMESPACE}}}openpgp", text=base64.b64encode(cipher).decode()), *outside)
    made.append(el(f"{{{EME}}}encryption", {"namespace": NAMESPACE, "name": "OpenPGP for XMPP"}))
    if message.find(f"{{{CLIENT}}}body") is not None:
        made.insert(0, el("body", text=FALLBACK))
        if made.find(f"{{{HINTS}}}store") is None:
            made.append(el(f"{{{HINTS}}}store"))
    return made


def opened(message: ET.Element, inside: tuple[ET.Element, ...]) -> ET.Element:
    """The message as it was before it was encrypted: nothing outside counts any more but who sent it and its ids.

    What only servers may say is dropped where a person says it.
    """
    made = ET.Element(message.tag, message.attrib)
    made.extend(child for child in message if child.tag.startswith((f"{{{SID}}}", "{urn:xmpp:delay}")))
    made.extend(child for child in inside if not child.tag.startswith(tuple(f"{{{name}}}" for name in _NEVER_INSIDE)))
    return made
