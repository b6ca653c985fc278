"""What is inside an OpenPGP message of XMPP: the elements signcrypt, sign and crypt (XEP-0373 section 3.1)."""

import re
import secrets
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from teahouse.crypto.bounded_xml import NotSound, parse
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble

NAMESPACE = "urn:xmpp:openpgp:0"
TO_AT_MOST = 1_000
_PADDING = string.ascii_letters + string.digits
_PADDING_AT_MOST = 200
# Profanity writes the zone without its colon; a fraction of a second is allowed by XEP-0082.
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|([+-])(\d\d):?(\d\d))", re.ASCII)


class Kind(Enum):
    """Which of the three it is, by the name of its element."""

    SIGNCRYPT = "signcrypt"
    SIGN = "sign"
    CRYPT = "crypt"


@dataclass(frozen=True, slots=True)
class Content:
    """A content element: the bare addresses it is meant for, when it was written (seconds UTC), and the payload."""

    kind: Kind
    to: tuple[str, ...]
    time: int
    payload: tuple[ET.Element, ...]


def build(kind: Kind, to: Sequence[str], payload: Iterable[ET.Element], now: float) -> bytes:
    """The element, to be signed or encrypted. `now` is in seconds UTC; `to` holds bare addresses, of a room its own.

    Raises ValueError when it has no `to` though it is signed: a receiver must reject that.
    """
    if kind is not Kind.CRYPT and not to:
        raise ValueError("what is signed says whom it is for")
    root = ET.Element(_tag(kind.value))
    for address in to:
        ET.SubElement(root, _tag("to"), jid=Jid.parse(address).bare)
    ET.SubElement(root, _tag("time"), stamp=datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if kind is not Kind.SIGN:
        length = secrets.randbelow(_PADDING_AT_MOST + 1)
        ET.SubElement(root, _tag("rpad")).text = "".join(secrets.choice(_PADDING) for _ in range(length))
    ET.SubElement(root, _tag("payload")).extend(payload)
    return bytes(ET.tostring(root, encoding="utf-8"))


def read(data: bytes) -> Content:
    """The element of a message that was decrypted and verified; raises NotSound."""
    root = parse(data)
    kind = next((kind for kind in Kind if root.tag == _tag(kind.value)), None)
    if kind is None:
        raise NotSound("no content element")
    recipients = root.findall(_tag("to"))
    if len(recipients) > TO_AT_MOST or (not recipients and kind is not Kind.CRYPT):
        raise NotSound("for nobody, or for too many")
    payload = _only(root, "payload")
    return Content(kind, tuple(_address(one) for one in recipients), _time(_only(root, "time")), tuple(payload))


def _only(root: ET.Element, name: str) -> ET.Element:
    found = root.findall(_tag(name))
    if len(found) != 1:
        raise NotSound(f"not exactly one {name}")
    return found[0]


def _address(to: ET.Element) -> str:
    try:
        return Jid.parse(to.get("jid", "")).bare
    except Trouble:
        raise NotSound("an address that is none") from None


def _time(element: ET.Element) -> int:
    written = _TIME.fullmatch(element.get("stamp", ""))
    if written is None:
        raise NotSound("no time")
    clock, sign, hours, minutes = written.groups()
    try:
        moment = datetime.strptime(clock, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return int((moment - shift if sign == "+" else moment + shift).timestamp())
    except (ValueError, OverflowError):
        raise NotSound("no time") from None


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
