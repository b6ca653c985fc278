"""Keys at a server (XEP-0373 section 4): the list of an address's fingerprints, and behind each the key itself.

A list is merged, never overwritten: another device of ours may have a key of its own. Whoever cannot be read has none.
"""

import base64
import binascii
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from teahouse.domain.openpgp import is_fingerprint
from teahouse.engine import pep
from teahouse.engine.client import Client
from teahouse.engine.xml import PUBSUB, child_text, el

OX = "urn:xmpp:openpgp:0"
LIST = f"{OX}:public-keys"
SECRET = f"{OX}:secret-key"
MOST = 20
"""Keys of one address that are looked at."""
KEY_TEXT = 180_000
"""Characters of a key at most: 128 KiB in base64."""
_ITEM = "current"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")


def read_list(items: ET.Element) -> dict[str, int]:
    """What a list announces: fingerprints with their dates (seconds UTC, 0 where there is none), and nothing else."""
    found: dict[str, int] = {}
    for entry in items.findall(f"{{{PUBSUB}}}item/{{{OX}}}public-keys-list/{{{OX}}}pubkey-metadata"):
        fingerprint = entry.get("v4-fingerprint", "").upper()
        if is_fingerprint(fingerprint) and fingerprint not in found and len(found) < MOST:
            found[fingerprint] = _seconds(entry.get("date", ""))
    return found


def the_list(keys: Mapping[str, int]) -> ET.Element:
    """The element that announces these."""
    entries = (
        el(f"{{{OX}}}pubkey-metadata", {"v4-fingerprint": fingerprint, "date": _date(at)})
        for fingerprint, at in keys.items()
    )
    return el(f"{{{OX}}}public-keys-list", None, *entries)


def read_key(items: ET.Element) -> bytes:
    """The key in a node, binary; empty when there is none, or too much."""
    for key in items.findall(f"{{{PUBSUB}}}item/{{{OX}}}pubkey"):
        text = "".join((child_text(key, "data", OX) or "")[: KEY_TEXT + 1].split())
        if 0 < len(text) <= KEY_TEXT:
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error:
                continue
    return b""


async def announce(
    client: Client, fingerprint: str, key: bytes, created: int, *, dropped: Iterable[str] = (), heeds: bool = True
) -> bool:
    """Publish a key of ours, then the list with it and what other devices have on it, but for what is `dropped`.

    False when the server keeps none of it for us. Raises Trouble.
    """
    if not await publish(client, fingerprint, key, created, heeds=heeds):
        return False
    items = await pep.fetch(client, LIST)
    if items is None:
        return False
    listed = read_list(items)
    gone = set(dropped)
    wanted = {known: at for known, at in listed.items() if known not in gone} | {fingerprint: created}
    if wanted == listed:
        return True
    return await pep.publish(client, LIST, _ITEM, the_list(wanted), heeds=heeds, to_all=True)


async def publish(client: Client, fingerprint: str, key: bytes, created: int, *, heeds: bool = True) -> bool:
    """Put a key behind its fingerprint, also one that was revoked. False when the server keeps none for us.

    Raises Trouble.
    """
    data = el(f"{{{OX}}}pubkey", {"date": _date(created)}, el(f"{{{OX}}}data", text=base64.b64encode(key).decode()))
    return await pep.publish(client, f"{LIST}:{fingerprint}", _ITEM, data, heeds=heeds, to_all=True)


async def listed(client: Client, jid: str) -> dict[str, int]:
    """What a bare address announces; nothing when it has no list, or does not let us read it. Raises Trouble."""
    items = await pep.fetch(client, LIST, "" if jid == client.own.bare else jid)
    return read_list(items) if items is not None else {}


async def key_of(client: Client, jid: str, fingerprint: str) -> bytes:
    """The key behind a fingerprint, as it is at the server: nothing is known of it yet. Raises Trouble."""
    items = await pep.fetch(client, f"{LIST}:{fingerprint}", "" if jid == client.own.bare else jid)
    return read_key(items) if items is not None else b""


async def keep(client: Client, backup: bytes, *, heeds: bool = True) -> bool:
    """Have our server keep the backup of a secret key (section 5), for our own devices alone; whether it does.

    Raises Trouble.
    """
    content = el(f"{{{OX}}}secretkey", text=base64.b64encode(backup).decode())
    return await pep.publish(client, SECRET, _ITEM, content, heeds=heeds)


async def kept(client: Client) -> bytes:
    """The backup that our server keeps, binary; empty when there is none. Raises Trouble."""
    items = await pep.fetch(client, SECRET)
    found = [] if items is None else items.findall(f"{{{PUBSUB}}}item/{{{OX}}}secretkey")
    text = "".join((found[0].text or "")[: KEY_TEXT + 1].split()) if len(found) == 1 else ""
    try:
        return base64.b64decode(text, validate=True) if len(text) <= KEY_TEXT else b""
    except binascii.Error:
        return b""


def _seconds(text: str) -> int:
    if _DATE.fullmatch(text) is None:
        return 0
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
