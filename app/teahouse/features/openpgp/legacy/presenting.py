"""Signed presence: who signs theirs may be written to the old way, and is shown by ours that it could answer so.

Ours is signed for those alone with whom the user chose the old way: for all others it would only tell of a key.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.engine.roster import DEVICES, presence
from teahouse.features.openpgp import store
from teahouse.features.openpgp.legacy.wire import signature_of, signed, status_of
from teahouse.features.openpgp.model import Mode
from teahouse.features.openpgp.work import Work
from teahouse.store import chats

_WATCHING = ("from", "both")


@dataclass(slots=True, eq=False)
class _Shown:
    """What a device said of itself last. Without a signature the status does not matter."""

    status: bytes
    signature: bytes
    judged: bool = False


class Presenting:
    """Of one account. `changed` is told of chats with somebody who signs now, or does not any more."""

    def __init__(
        self, work: Work, changed: Callable[[int], None], spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._work, self._changed, self._spawn = work, changed, spawn
        self._now: dict[str, dict[str, _Shown]] = {}
        """By bare address the devices that are there, with what they said last."""
        self._in_turn = asyncio.Lock()

    def forget(self) -> None:
        """The session is another one: nobody is there yet, and nobody knows of us."""
        self._now.clear()
        self._work.legacy.signing.clear()

    def shown(self, who: str, stanza: ET.Element) -> None:
        """A device of somebody whom we see comes, goes, or says how they are."""
        jid, kind = Jid.parse(who).bare, stanza.get("type")
        devices = self._now.setdefault(jid, {})
        if kind is None and (who in devices or len(devices) < DEVICES):
            new, signature = who not in devices, signature_of(stanza)
            devices[who] = _Shown(status_of(stanza) if signature else b"", signature)
            self._spawn(self._met(jid, who, new=new))
        elif kind == "unavailable":
            devices.pop(who, None)
            self._signs(jid, who, "")
        if not devices:
            self._now.pop(jid)

    def again(self, jid: str = "") -> None:
        """The user chose a key for somebody, or (without one) has another: look at what was said, and tell of ours."""
        for one in (jid,) if jid else tuple(self._now):
            for who in tuple(self._now.get(one, ())):
                self._spawn(self._met(one, who, new=True))

    async def _met(self, jid: str, who: str, *, new: bool) -> None:
        legacy, chat = self._work.legacy, chats.find(self._work.bench.db, self._work.account, jid)
        if chat is None or not legacy.concerns(jid):
            return
        async with self._in_turn:
            shown = self._now.get(jid, {}).get(who)
            if shown is None or (shown.judged and not new):
                return
            shown.judged = True
            with suppress(Trouble):
                signer = await legacy.signer(jid, shown.status, shown.signature) if shown.signature else ""
                if self._now.get(jid, {}).get(who) is shown:
                    self._signs(jid, who, signer)
            if new and store.mode(self._work.bench.db, chat.id) is Mode.LEGACY:
                await self._present(jid, who)

    def _signs(self, jid: str, who: str, signer: str) -> None:
        signing = self._work.legacy.signing
        before = signing.get(jid, {}).get(who, "")
        if signer == before:
            return
        if signer:
            signing.setdefault(jid, {})[who] = signer
        else:
            signing[jid].pop(who)
        chat = chats.find(self._work.bench.db, self._work.account, jid)
        if chat is not None:
            self._changed(chat.id)

    async def _present(self, jid: str, to: str) -> None:
        """Show somebody who may see us, at this address, which key is ours."""
        client, contact = self._work.client(), self._work.online.roster.contacts.get(jid)
        if client is None or contact is None or contact.subscription not in _WATCHING:
            return
        shown = presence()
        try:
            client.put(signed(shown, to, await self._work.legacy.sign(status_of(shown))))
        except Trouble as trouble:
            self._work.complain(trouble.problem)
