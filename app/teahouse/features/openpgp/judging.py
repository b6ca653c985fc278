"""Who wrote a message that was decrypted, and whether that is so: accepted only when everything fits.

GnuPG calls a signature good also when somebody else encrypted the signed text again for us (surreptitious forwarding):
only the addresses inside tell. So these, the signer, the time and the place are looked at, and all of them have to fit.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from teahouse.crypto.bounded_xml import NotSound
from teahouse.crypto.signcrypt import Kind, read
from teahouse.domain.openpgp import Opened, Verdict
from teahouse.engine.xml import el
from teahouse.features.openpgp.model import PeerKey, Trust

PLAUSIBLE = 600
"""Seconds by which the time inside may differ from that of the stanza."""


class Standing(Enum):
    """What is known of the writer of a message that was accepted."""

    VERIFIED = "verified"
    TRUSTED = "trusted"
    """By a key that was taken as it came."""
    UNDECIDED = "undecided"
    """By a key that this person announces, and that the user has not decided about."""
    OURS = "ours"
    """By a key of this very account."""
    SENDER_UNKNOWN = "sender-unknown"
    """The signature is good, but the room does not say who sent it."""
    NOBODY = "nobody"
    """Nobody signed it, as it is the old way (XEP-0027): anybody who has our key can have written it."""


class Refusal(Enum):
    """Why nothing of a message is shown but a line that says this."""

    UNREADABLE = "unreadable"
    NOT_FOR_US = "not-for-us"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad-signature"
    OUTDATED_SIGNER = "outdated-signer"
    """Its key was revoked, or has expired."""
    FOREIGN_SIGNER = "foreign-signer"
    """It was signed by nobody whom we know, or by another person than it came from."""
    DISTRUSTED = "distrusted"
    FORWARDED = "forwarded"
    """Somebody else was written to: it was encrypted to us by another."""
    REPLAYED = "replayed"
    EMPTY = "empty"
    """There is nothing in it that is shown, and nothing to say of it."""


_REFUSALS = {
    Verdict.UNSIGNED: Refusal.UNSIGNED,
    Verdict.UNKNOWN_SIGNER: Refusal.FOREIGN_SIGNER,
    Verdict.REVOKED_SIGNER: Refusal.OUTDATED_SIGNER,
    Verdict.EXPIRED_SIGNER: Refusal.OUTDATED_SIGNER,
    Verdict.SEVERAL_SIGNATURES: Refusal.BAD_SIGNATURE,
    Verdict.BAD_SIGNATURE: Refusal.BAD_SIGNATURE,
    Verdict.NOT_FOR_US: Refusal.NOT_FOR_US,
}

_STANDINGS = {
    Trust.VERIFIED: Standing.VERIFIED,
    Trust.FIRST_USE: Standing.TRUSTED,
    Trust.UNDECIDED: Standing.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of a message from outside: `sender` is a bare address, empty when the room does not tell it.

    `addressee` is whom it must name inside: we, or the one to whom our other device wrote, or the room.
    """

    sender: str
    addressee: str
    at: int
    """Seconds UTC by the server, or by us when it did not wait anywhere."""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that was accepted. `signed_at` is its time (seconds UTC) when that is another than the server's."""

    payload: tuple[ET.Element, ...]
    standing: Standing
    signed_at: int = 0


def judge(
    opened: Opened,
    frame: Frame,
    keys: Iterable[PeerKey],
    own: Iterable[str],
    first_time: Callable[[str], bool],
) -> Heard | Refusal:
    """What a message is worth.

    `keys` are those of the sender, `own` our fingerprints; `first_time` notes a signature when all else fits.
    """
    if opened.verdict is not Verdict.VALID:
        return _REFUSALS.get(opened.verdict, Refusal.UNREADABLE)
    try:
        content = read(opened.data)
    except NotSound:
        return Refusal.UNREADABLE
    if content.kind is not Kind.SIGNCRYPT:
        return Refusal.UNREADABLE
    standing = _standing(opened.signer, frame, keys, own)
    if isinstance(standing, Refusal):
        return standing
    if frame.addressee not in content.to:
        return Refusal.FORWARDED
    if not first_time(opened.signature):
        return Refusal.REPLAYED
    if not content.payload:
        return Refusal.EMPTY
    odd = abs(content.time - frame.at) > PLAUSIBLE or abs(opened.signed_at - content.time) > PLAUSIBLE
    return Heard(content.payload, standing, content.time if odd else 0)


def judge_legacy(opened: Opened) -> Heard | Refusal:
    """What a message of XEP-0027 is worth: its text is shown, and never as that of anybody."""
    if opened.verdict is not Verdict.UNSIGNED:
        return _REFUSALS.get(opened.verdict, Refusal.UNREADABLE)
    body = el("body", text=opened.data.decode("utf-8", "replace"))
    return Heard((body,), Standing.NOBODY)


def _standing(signer: str, frame: Frame, keys: Iterable[PeerKey], own: Iterable[str]) -> Standing | Refusal:
    if frame.ours:
        return Standing.OURS if signer in own else Refusal.FOREIGN_SIGNER
    if not frame.sender:
        return Standing.SENDER_UNKNOWN
    key = next((key for key in keys if key.fingerprint == signer and key.jid == frame.sender and key.held), None)
    if key is None:
        return Refusal.FOREIGN_SIGNER
    return _STANDINGS.get(key.trust, Refusal.DISTRUSTED)
