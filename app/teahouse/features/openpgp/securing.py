"""Who can read what is written in a chat: the person it is with, or all members of a room, there or not.

A room's lists are read again after a while, and whenever somebody there came, went or is something else than before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from teahouse.domain.chat import Affiliation, Chat, ChatKind
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.client import Client
from teahouse.engine.members import members
from teahouse.engine.room import Room
from teahouse.features.openpgp import store
from teahouse.features.openpgp.model import Mode, Reader, Security, Trust
from teahouse.features.openpgp.readers import Readers, may_be_encrypted, readers
from teahouse.features.openpgp.work import Work

LASTS = 15_000
"""Milliseconds for which a room's lists are as they were read."""
_BELONG = (Affiliation.OWNER, Affiliation.ADMIN, Affiliation.MEMBER)


@dataclass(frozen=True, slots=True)
class _Lists:
    """Of a room, as they were read at a time (milliseconds), when these people were there."""

    jids: frozenset[str]
    whole: bool
    at: int
    there: frozenset[tuple[str, str]]


class Securing:
    """Of one account."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lists: dict[str, _Lists] = {}
        self._seen: dict[str, tuple[bool, frozenset[tuple[str, str]]]] = {}

    def forget(self) -> None:
        """The session is another one."""
        self._lists.clear()
        self._work.finding.forget()

    def differs(self, room: Room) -> bool:
        """Whether a room, as far as it matters here, is otherwise than when this was asked the last time."""
        now = (may_be_encrypted(room.facts), _there(room))
        before, self._seen[room.jid] = self._seen.get(room.jid), now
        return now != before

    async def look(self, chat: Chat, *, fresh: bool = False) -> Security:
        """Who can read it now. What goes wrong is in it."""
        legacy = self._work.legacy
        if store.mode(self._work.bench.db, chat.id) is Mode.LEGACY:
            return await legacy.security(chat.id, chat.jid)
        return replace((await self.readers(chat, fresh=fresh))[0], legacy=legacy.key_of(chat.jid))

    async def readers(
        self, chat: Chat, *, fresh: bool = False, anew: frozenset[str] = frozenset()
    ) -> tuple[Security, Readers]:
        """The same, with the keys to encrypt to. `anew` are asked for their keys now, and with `fresh` everybody is."""
        work, db = self._work, self._work.bench.db
        own = work.keyring.own()
        made = Security(chat.id, store.mode(db, chat.id), own.fingerprint if own else "")
        try:
            client = work.online.client()
            jids, whole = await self._people(client, chat, fresh=fresh)
            found = await readers(client, work.finding, work.keyring, jids, jids if fresh else anew)
            others = await self._our_devices(client)
        except Trouble as trouble:
            return replace(made, problem=trouble.problem), Readers((), ())
        why, without = dict(found.cannot), store.without(db, chat.id)
        people = tuple(Reader(jid, store.peers(db, work.account, jid), why.get(jid)) for jid in sorted(jids))
        security = replace(made, people=people, whole=whole, without=without)
        return security, Readers((*found.can, *others), found.cannot)

    async def _our_devices(self, client: Client) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Other keys of our own, but for those that only our server says are ours."""
        ours = self._work.fingerprints
        keys = await self._work.finding.of(client, self._work.jid)
        wanted = [key.fingerprint for key in keys if key.encrypts and key.trust is Trust.VERIFIED]
        others = tuple(fingerprint for fingerprint in wanted if fingerprint not in ours)
        if not others:
            return ()
        await self._work.keyring.load([self._work.jid])
        usable = await self._work.keyring.do("", lambda backend: backend.usable(others))
        return ((self._work.jid, usable.usable),) if usable.usable else ()

    async def _people(self, client: Client, chat: Chat, *, fresh: bool) -> tuple[frozenset[str], bool]:
        if chat.kind is ChatKind.PERSON:
            return frozenset({chat.jid}), True
        room = self._work.online.rooms.of_chat(chat.id)
        if room is None:
            raise Trouble(Problem(Fault.OFFLINE, chat.title))
        if not may_be_encrypted(room.facts):
            raise Trouble(Problem(Fault.ROOM_UNFIT, chat.title))
        lists = await self._read(client, room, fresh=fresh)
        there = {occupant.jid for occupant in room.occupants.values() if occupant.jid}
        return (lists.jids | there) - {self._work.jid}, lists.whole

    async def _read(self, client: Client, room: Room, *, fresh: bool) -> _Lists:
        now, there = self._work.bench.now(), _there(room)
        known = self._lists.get(room.jid)
        if known is None or fresh or known.there != there or not 0 <= now - known.at < LASTS:
            found = await members(client, room.jid)
            known = self._lists[room.jid] = _Lists(found.jids, found.whole, now, there)
        return known


def _there(room: Room) -> frozenset[tuple[str, str]]:
    belonging: Iterable[tuple[str, str]] = (
        (occupant.jid, occupant.affiliation.value)
        for occupant in room.occupants.values()
        if occupant.affiliation in _BELONG
    )
    return frozenset(belonging)
