"""Small words for building and reading stanzas."""

import xml.etree.ElementTree as ET

CLIENT = "jabber:client"
MUC = "http://jabber.org/protocol/muc"
MUC_USER = "http://jabber.org/protocol/muc#user"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
ROSTER = "jabber:iq:roster"
REGISTER = "jabber:iq:register"
DATA = "jabber:x:data"
DELAY = "urn:xmpp:delay"
SID = "urn:xmpp:sid:0"
OCCUPANT_ID = "urn:xmpp:occupant-id:0"
CAPS = "http://jabber.org/protocol/caps"
MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
FORWARD = "urn:xmpp:forward:0"
CARBONS = "urn:xmpp:carbons:2"
PING = "urn:xmpp:ping"
RECEIPTS = "urn:xmpp:receipts"
MARKERS = "urn:xmpp:chat-markers:0"
HINTS = "urn:xmpp:hints"
PUBSUB = "http://jabber.org/protocol/pubsub"
OX = "urn:xmpp:openpgp:0"
EME = "urn:xmpp:eme:0"
ENCRYPTED = "jabber:x:encrypted"
SIGNED = "jabber:x:signed"
SEEN = "urn:xmpp:mds:displayed:0"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


def el(
    tag: str, attributes: dict[str, str] | None = None, *children: ET.Element, text: str | None = None
) -> ET.Element:
    """An element `{namespace}name`; a bare name belongs to jabber:client."""
    made = ET.Element(tag if tag.startswith("{") else f"{{{CLIENT}}}{tag}", attributes or {})
    made.text = text
    made.extend(children)
    return made


def child_text(parent: ET.Element, name: str, namespace: str = CLIENT) -> str | None:
    """The text of a child, or None when there is no such child."""
    found = parent.find(f"{{{namespace}}}{name}")
    return None if found is None else (found.text or "")


def condition(stanza: ET.Element) -> tuple[str, str]:
    """The condition of an error stanza (RFC 6120 section 8.3.3) and what the server said."""
    error = stanza.find(f"{{{CLIENT}}}error")
    if error is None:
        return "undefined-condition", ""
    defined = (c.tag.split("}")[-1] for c in error if c.tag.startswith(f"{{{STANZAS}}}"))
    named = next((name for name in defined if name != "text"), "")
    return named or "undefined-condition", (child_text(error, "text", STANZAS) or "")[:300]


def passes(stanza: ET.Element) -> bool:
    """Whether an error says that it may be otherwise a little later, or that a server could not be reached."""
    error = stanza.find(f"{{{CLIENT}}}error")
    waits = error is not None and error.get("type") == "wait"
    return waits or condition(stanza)[0] in ("remote-server-not-found", "remote-server-timeout")
