"""OpenPGP for the guests (XEP-0373): their keys are made when they come, and are gone when they go."""

import asyncio
import base64
import binascii
import secrets
import shutil
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout

from teahouse.crypto.bounded_xml import NotSound
from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.crypto.signcrypt import NAMESPACE, Kind, build, read
from teahouse.domain.problem import Trouble

_BODY = "{jabber:client}body"
_PUBSUB = "http://jabber.org/protocol/pubsub"
_LIST = f"{NAMESPACE}:public-keys"
_OPEN = (
    f"<publish-options xmlns='{_PUBSUB}'><x xmlns='jabber:x:data' type='submit'>"
    "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>"
    "<field var='pubsub#access_model'><value>open</value></field></x></publish-options>"
)
Answer = TypeVar("Answer")


class Keys:
    """Of all guests, in one keyring; raises Trouble where there is no GnuPG. To be closed."""

    def __init__(self, folder: Path) -> None:
        self._run = Path(tempfile.mkdtemp(prefix="tp-", dir="/tmp"))
        self._phrase = secrets.token_urlsafe(32)
        self._lock = asyncio.Lock()
        self._own: dict[str, str] = {}
        try:
            self._backend = GnupgBackend(folder / "gnupg", self._run)
        except Trouble:
            self._run.rmdir()
            raise

    def close(self) -> None:
        """End the agent."""
        self._backend.close()
        shutil.rmtree(self._run, ignore_errors=True)

    async def announce(self, guest: ClientXMPP) -> None:
        """Make a key for a guest who is online, and publish it."""
        bare = guest.boundjid.bare
        key = await self._do(lambda backend: backend.generate(bare, self._phrase))
        public = await self._do(lambda backend: backend.export_public(key.fingerprint))
        self._own[bare] = key.fingerprint
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key.created))
        data = base64.b64encode(public).decode()
        await _publish(guest, f"{_LIST}:{key.fingerprint}", f"<pubkey date='{date}'><data>{data}</data></pubkey>")
        entry = f"<pubkey-metadata v4-fingerprint='{key.fingerprint}' date='{date}'/>"
        await _publish(guest, _LIST, f"<public-keys-list>{entry}</public-keys-list>")

    async def opened(self, guest: ClientXMPP, sender: str, message: ET.Element) -> str:
        """The text of an encrypted message from a bare address; empty when it cannot be read."""
        await self._learn(guest, sender)
        try:
            data = base64.b64decode("".join((message.findtext(f"{{{NAMESPACE}}}openpgp") or "").split()))
            found = await self._do(lambda backend: backend.open(data, self._phrase))
            return next((part.text or "" for part in read(found.data).payload if part.tag == _BODY), "")
        except (binascii.Error, NotSound):
            return ""

    async def sealed(self, guest: ClientXMPP, to: str, text: str, others: Iterable[str]) -> ET.Element:
        """A text for a bare address, of a person or a room, as all guests and these others (addresses) read it."""
        keys = [*self._own.values()]
        for one in others:
            keys += await self._learn(guest, one)
        body = ET.Element(_BODY)
        body.text = text
        content = build(Kind.SIGNCRYPT, [to], [body], time.time())
        own = self._own[guest.boundjid.bare]
        made = await self._do(lambda backend: backend.seal(content, keys, own, self._phrase))
        element = ET.Element(f"{{{NAMESPACE}}}openpgp")
        element.text = base64.b64encode(made.data).decode()
        return element

    async def _learn(self, guest: ClientXMPP, bare: str) -> list[str]:
        """Take in the keys of somebody as they are now; their fingerprints."""
        if bare in self._own:
            return [self._own[bare]]
        listed = await _items(guest, bare, _LIST)
        found = []
        for entry in listed.iter(f"{{{NAMESPACE}}}pubkey-metadata"):
            fingerprint = entry.get("v4-fingerprint", "")
            items = await _items(guest, bare, f"{_LIST}:{fingerprint}")
            data = base64.b64decode("".join((items.findtext(f".//{{{NAMESPACE}}}data") or "").split()))
            await self._do(partial(GnupgBackend.import_public, data=data, fingerprint=fingerprint, bare=bare))
            found.append(fingerprint)
        return found

    async def _do(self, call: Callable[[GnupgBackend], Answer]) -> Answer:
        async with self._lock:
            return await asyncio.to_thread(call, self._backend)


async def _publish(guest: ClientXMPP, node: str, item: str) -> None:
    iq = guest.make_iq_set()
    inside = f"<publish node='{node}'><item id='current'><x xmlns='{NAMESPACE}'>{item}</x></item></publish>"
    made = ET.fromstring(f"<pubsub xmlns='{_PUBSUB}'>{inside}{_OPEN}</pubsub>")
    holder = made.find(f".//{{{_PUBSUB}}}item")
    assert holder is not None
    holder[:] = list(holder[0])
    iq.xml.append(made)
    await iq.send(timeout=10)  # type: ignore[no-untyped-call]


async def _items(guest: ClientXMPP, bare: str, node: str) -> ET.Element:
    iq = guest.make_iq_get(ito=bare)
    iq.xml.append(ET.fromstring(f"<pubsub xmlns='{_PUBSUB}'><items node='{node}'/></pubsub>"))
    try:
        answer = await iq.send(timeout=10)  # type: ignore[no-untyped-call]
    except (IqError, IqTimeout):
        return ET.Element("nothing")
    found: ET.Element = answer.xml
    return found
