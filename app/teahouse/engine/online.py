"""One account at work: its session, rooms, roster and outbox, and where each stanza goes."""

import asyncio
import random
import xml.etree.ElementTree as ET
from dataclasses import replace

from teahouse.domain.account import Account
from teahouse.domain.chat import Chat, ChatKind, Presence, RoomFacts, RoomListing
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine import roster
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.inbound import Arrival, Inbound, body_of, origin_id, stamp_of, stanza_id, with_archive
from teahouse.engine.outbox import Outbox
from teahouse.engine.rooms import Room, Rooms, facts_of, refusal, still_inside
from teahouse.engine.session import Session
from teahouse.engine.xml import DISCO_INFO, DISCO_ITEMS, PING, ROSTER, STANZAS, condition, el
from teahouse.store import chats
from teahouse.store.messages import Identity

ENTER_PATIENCE = 30.0
SELF_PING = 300.0
"""Seconds between self-pings of a quiet room (XEP-0410), jittered."""
_TITLE = 60


class Online:
    """Everything that lives while an account is there."""

    def __init__(self, bench: Bench, account: Account, password: str, inbound: Inbound) -> None:
        self.account, self._bench, self._inbound = account, bench, inbound
        self.session = Session(bench, account, password, self._stanza, self._came_online, self._went_offline)
        self.rooms = Rooms(bench, account.id, inbound)
        self.roster = roster.Roster(bench, account.id)
        self.outbox = Outbox(bench, account.id, self.rooms, lambda: self.session.client)
        self._tasks: set[asyncio.Task[None]] = set()

    def client(self) -> Client:
        """The connection; raises Trouble(OFFLINE)."""
        if self.session.client is None:
            raise Trouble(Problem(Fault.OFFLINE, self.account.jid))
        return self.session.client

    def dress(self, chat: Chat) -> Chat:
        """A stored chat with what only memory knows."""
        room = self.rooms.of_chat(chat.id)
        if room is not None:
            return replace(chat, presence=room.presence, occupants=len(room.occupants))
        contact = self.roster.contacts.get(chat.jid)
        here = chat.kind is ChatKind.PERSON and contact is not None and contact.show
        return replace(chat, presence=Presence.HERE if here else Presence.AWAY_FROM)

    # -- coming and going ----------------------------------------------------

    def _came_online(self) -> None:
        self._spawn(self._settle())

    async def _settle(self) -> None:
        client = self.client()
        client.put(el("presence"))
        try:
            for joined in chats.joined(self._bench.db, self.account.id):
                self._spawn(self._reenter(joined.chat, joined.jid, joined.nick, joined.password))
            self.outbox.kick()
            answer = await client.ask(roster.request())
            self.roster.take(answer.find(f"{{{ROSTER}}}query"), whole=True)
            while True:
                await asyncio.sleep(SELF_PING * random.uniform(0.8, 1.2))
                await self._ping_rooms(client)
        except Trouble:
            return

    async def _reenter(self, chat: int, jid: str, nick: str, password: str) -> None:
        try:
            await self.enter(chat, jid, nick, password)
        except Trouble as trouble:
            self.rooms.tell_refused(chat, trouble.problem)

    async def _ping_rooms(self, client: Client) -> None:
        for room in list(self.rooms.by_jid.values()):
            answer = await client.ask(
                el("iq", {"type": "get", "to": f"{room.jid}/{room.nick}"}, el(f"{{{PING}}}ping")), 60
            )
            if not still_inside(answer):
                await self._reenter(room.chat, room.jid, room.nick, room.password)

    def _went_offline(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._inbound.flush()
        self.rooms.lost()
        self.roster.lost()
        self.outbox.lost()

    def _spawn(self, work: "asyncio.Future[None] | object") -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what the user does --------------------------------------------------

    async def enter(self, chat: int, jid: str, nick: str, password: str) -> Room:
        """Go into a room and wait until we are there; raises Trouble."""
        client = self.client()
        room, presence = self.rooms.enter(chat, jid, nick, password)
        describing = asyncio.ensure_future(self._describe(client, room))
        client.put(presence)
        assert room.entered is not None
        try:
            async with asyncio.timeout(ENTER_PATIENCE):
                await asyncio.shield(room.entered)
            await describing
        except TimeoutError:
            self.rooms.by_jid.pop(jid, None)
            raise Trouble(Problem(Fault.TIMED_OUT, jid)) from None
        finally:
            describing.cancel()
        return room

    async def _describe(self, client: Client, room: Room) -> None:
        try:
            facts, features = await self.ask_room(client, room.jid)
        except Trouble:
            return
        self.rooms.describe(room, facts, features)
        if facts.name:
            chats.set_title(self._bench.db, room.chat, facts.name[:_TITLE])
            self._bench.announce_chat(room.chat)

    async def ask_room(self, client: Client, jid: str) -> tuple[RoomFacts, frozenset[str]]:
        """What a room says of itself; raises Trouble."""
        answer = await client.ask(el("iq", {"type": "get", "to": jid}, el(f"{{{DISCO_INFO}}}query")))
        query = answer.find(f"{{{DISCO_INFO}}}query")
        if answer.get("type") != "result" or query is None:
            raise refusal(answer, jid)
        return facts_of(query)

    async def browse(self, service: str) -> tuple[RoomListing, ...]:
        """The rooms of a service, or of the one that our server offers; raises Trouble(NO_ROOMS_HERE)."""
        client = self.client()
        if service:
            return await self._listed(client, Jid.parse(service).domain)
        domain = self.account.jid.partition("@")[2]
        for jid, _ in (await self._items(client, domain))[:20]:
            answer = await client.ask(el("iq", {"type": "get", "to": jid}, el(f"{{{DISCO_INFO}}}query")), 10)
            query = answer.find(f"{{{DISCO_INFO}}}query")
            if query is not None and any(i.get("category") == "conference" for i in query):
                return await self._listed(client, jid)
        raise Trouble(Problem(Fault.NO_ROOMS_HERE, domain))

    async def _listed(self, client: Client, service: str) -> tuple[RoomListing, ...]:
        listed = []
        for jid, name in await self._items(client, service):
            shown, count = name, -1
            head, bracket, tail = name.rpartition("(")
            if bracket and tail.rstrip(")").isdigit():
                shown, count = head.strip(), int(tail.rstrip(")")[:6])
            listed.append(RoomListing(jid, shown or jid.partition("@")[0], count))
        return tuple(sorted(listed, key=lambda room: (-room.occupants, room.name.casefold())))

    async def _items(self, client: Client, jid: str) -> list[tuple[str, str]]:
        answer = await client.ask(el("iq", {"type": "get", "to": jid}, el(f"{{{DISCO_ITEMS}}}query")))
        query = answer.find(f"{{{DISCO_ITEMS}}}query")
        if answer.get("type") != "result" or query is None:
            raise Trouble(Problem(Fault.NO_ROOMS_HERE, jid, condition(answer)[1]))
        found = []
        for item in query[:5_000]:
            try:
                found.append((Jid.parse(item.get("jid", "")).bare, label(item.get("name", ""))))
            except Trouble:
                continue
        return found

    # -- what comes ----------------------------------------------------------

    def _stanza(self, stanza: ET.Element) -> None:
        kind = stanza.tag.rpartition("}")[2]
        if kind == "message":
            self._message(stanza)
        elif kind == "presence":
            if not self.rooms.presence(stanza):
                self.roster.presence(stanza)
        elif kind == "iq":
            self._asked(stanza)

    def _message(self, stanza: ET.Element) -> None:
        kind = stanza.get("type", "normal")
        sender = stanza.get("from", "")
        if kind == "groupchat":
            room = self.rooms.message(stanza)
            if room is not None:
                self.outbox.replayed(room, self._inbound.replay_over(room.chat))
        elif kind == "error":
            chat = chats.find(self._bench.db, self.account.id, sender.partition("/")[0])
            if chat is not None:
                named, text = condition(stanza)
                self.outbox.bounced(stanza.get("id", ""), chat.id, label(text or named.replace("-", " "), 300))
        elif kind in ("chat", "normal") and sender.partition("/")[0] not in self.rooms.by_jid:
            self._said(sender, stanza)

    def _said(self, sender: str, stanza: ET.Element) -> None:
        body = body_of(stanza)
        if not body:
            return
        bare = Jid.parse(sender).bare
        host = self.account.jid.partition("@")[2]
        chat = chats.ensure(self._bench.db, self.account.id, bare, ChatKind.PERSON, self._name(bare))
        identity = with_archive(
            Identity(real_jid=bare, origin_id=origin_id(stanza)),
            self.account.jid,
            stanza_id(stanza, self.account.jid),
        )
        stamp = stamp_of(stanza, host, self.account.jid)
        self._inbound.take(Arrival(self.account.id, chat.id, ChatKind.PERSON, bare, body, False, identity, stamp))

    def _name(self, bare: str) -> str:
        contact = self.roster.contacts.get(bare)
        return (contact.name if contact else "") or bare

    def _asked(self, iq: ET.Element) -> None:
        sender, client = iq.get("from", ""), self.client()
        ours = sender in ("", self.account.jid, self.account.jid.partition("@")[2])
        reply = {"id": iq.get("id", ""), "type": "result"} | ({"to": sender} if sender else {})
        push = iq.find(f"{{{ROSTER}}}query")
        if ours and push is not None and iq.get("type") == "set" and sender in ("", self.account.jid):
            self.roster.take(push, whole=False)
            client.put(el("iq", reply))
        elif ours and iq.find(f"{{{PING}}}ping") is not None:
            client.put(el("iq", reply))
        else:
            error = el("error", {"type": "cancel"}, el(f"{{{STANZAS}}}service-unavailable"))
            client.put(el("iq", reply | {"type": "error"}, *list(iq), error))
