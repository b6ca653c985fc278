"""What the program says it can do (XEP-0030, XEP-0115): the same for everybody, whatever the route and the settings.

Whoever sees the hash learns that this is Teahouse and nothing else: no version, no system, no name of a client.
"""

import hashlib
import xml.etree.ElementTree as ET
from base64 import b64encode

from teahouse.engine.xml import CAPS, DISCO_INFO, MARKERS, MUC, OX, PING, RECEIPTS, SEEN, el

NODE = "urn:x-teahouse"
FEATURES = tuple(
    sorted((CAPS, DISCO_INFO, MARKERS, MUC, PING, RECEIPTS, f"{SEEN}+notify", f"{OX}:public-keys+notify"))
)


def _verification() -> str:
    said = "client/pc//<" + "".join(f"{feature}<" for feature in FEATURES)
    return b64encode(hashlib.sha1(said.encode(), usedforsecurity=False).digest()).decode()


VERIFICATION = _verification()
"""The hash of the identity and the features (XEP-0115 section 5.1)."""


def announced() -> ET.Element:
    """What goes into our presence."""
    return el(f"{{{CAPS}}}c", {"hash": "sha-1", "node": NODE, "ver": VERIFICATION})


def described(node: str | None) -> ET.Element | None:
    """The answer to disco#info; None when the node is not ours."""
    if node not in (None, f"{NODE}#{VERIFICATION}"):
        return None
    identity = el(f"{{{DISCO_INFO}}}identity", {"category": "client", "type": "pc"})
    features = (el(f"{{{DISCO_INFO}}}feature", {"var": feature}) for feature in FEATURES)
    return el(f"{{{DISCO_INFO}}}query", {"node": node} if node else None, identity, *features)
