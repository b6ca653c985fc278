"""Encryption as the engine sees it: what came is kept as it came, and opened later; what goes is sealed before.

The engine knows which elements are encrypted, and no scheme: a feature takes the place of the Envelope that is here,
which opens and seals nothing.
"""

import base64
import binascii
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from teahouse.crypto.armor import unstripped
from teahouse.engine.xml import EME, ENCRYPTED, OX

if TYPE_CHECKING:
    from teahouse.engine.client import Client
    from teahouse.engine.room import Room
    from teahouse.store.outbox import Outgoing

CIPHER_TEXT = 1_500_000
"""Characters of an encrypted message at most: 1 MiB in base64, with some room for line ends."""
Opened = Callable[[ET.Element], None]
"""Told of what was inside a message, as one that was never encrypted."""


class Envelope:
    """Of all accounts. This one is empty: nothing is encrypted, and nothing is opened."""

    async def close(self) -> None:
        """The vault is closed, or the program ends."""

    # -- coming and going ----------------------------------------------------

    def attend(self, account: int) -> None:
        """An account is at work, online or not."""

    def came_online(self, account: int) -> None:
        """It is online in a new session, and knows what its server can do."""

    def room_changed(self, account: int, room: "Room") -> None:
        """A room says something new of itself, or somebody there came, went or is something else now."""

    def published(self, account: int, who: str, event: ET.Element) -> None:
        """Our own account or somebody we see (a bare address) tells of what they publish (XEP-0163)."""

    def shown(self, account: int, who: str, presence: ET.Element) -> None:
        """One of the devices (a full address) of somebody whom we see comes, goes or says how they are."""

    # -- in --------------------------------------------------------------------

    def came(self, account: int, told: Mapping[int, Opened]) -> None:
        """Encrypted messages are on disk; `told` is called for those of these numbers that are opened soon."""

    def in_clear(self, chat: int, at: int) -> Mapping[str, Any]:
        """What is pinned to one that was written there at a time (milliseconds UTC) and came unencrypted."""
        return {}

    # -- out -------------------------------------------------------------------

    def notes(self, chat: int) -> Mapping[str, Any]:
        """What is pinned to a message that is written in this chat now."""
        return {}

    def holds(self, message: "Outgoing", plain: Callable[[], ET.Element]) -> bool:
        """Whether a message may not go yet. It is sealed meanwhile, and the outbox told; `plain` gives its stanza."""
        return False

    def enclosed(self, message: "Outgoing", plain: ET.Element) -> ET.Element:
        """The stanza to send in place of this one."""
        return plain

    def put(self, account: int, client: "Client", stanza: ET.Element) -> None:
        """Send a word to a person that is no message of the outbox; encrypted, or not at all, where the chat is."""
        client.put(stanza)


def cipher_of(message: ET.Element) -> bytes | None:
    """What is encrypted in a message that came (XEP-0373 section 3); None when nothing is, empty when it is no such
    thing."""
    found = message.findall(f"{{{OX}}}openpgp")
    if not found:
        return None
    text = found[0].text or ""
    if len(found) != 1 or len(text) > CIPHER_TEXT:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def legacy_cipher_of(message: ET.Element) -> bytes | None:
    """What is encrypted in a message as XEP-0027 has it; None when nothing is, or nothing that could be opened."""
    found = message.findall(f"{{{ENCRYPTED}}}x")
    text = found[0].text or "" if len(found) == 1 else ""
    try:
        return unstripped(text) if 0 < len(text) <= CIPHER_TEXT else None
    except ValueError:
        return None


def foreign_scheme(message: ET.Element) -> str:
    """The name of the encryption that a message says it has and that is not ours (XEP-0380); empty when none."""
    for hint in message.findall(f"{{{EME}}}encryption"):
        namespace = hint.get("namespace", "")
        if namespace and namespace != OX:
            return _SCHEMES.get(namespace) or " ".join(hint.get("name", "").split())[:40] or namespace[:60]
    return ""


_SCHEMES = {
    "eu.siacs.conversations.axolotl": "OMEMO",
    "urn:xmpp:omemo:2": "OMEMO",
    ENCRYPTED: "OpenPGP (XEP-0027)",
    "urn:xmpp:otr:0": "OTR",
}
