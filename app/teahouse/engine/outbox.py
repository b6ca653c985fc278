"""Messages out: written down first, sent in order, never ticked before somebody said they arrived.

A room confirms by reflecting the message. In a 1:1 chat the server acknowledges: the answer to a ping that was sent
behind the message says that the message before it was taken (RFC 6120 section 10.1, in-order processing).
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Callable

from teahouse.domain.chat import ChatKind, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Trouble
from teahouse.engine.bench import Bench, crash_point
from teahouse.engine.client import Client
from teahouse.engine.inbound import Replay
from teahouse.engine.rooms import Room, Rooms
from teahouse.engine.xml import PING, SID, el
from teahouse.store import messages
from teahouse.store import outbox as stored
from teahouse.store.outbox import Outgoing


class Outbox:
    """The one ordered sender of an account."""

    def __init__(self, bench: Bench, account: int, rooms: Rooms, client: Callable[[], Client | None]) -> None:
        self._bench, self._account, self._rooms, self._client = bench, account, rooms, client
        self._acknowledging: asyncio.Task[None] | None = None

    def kick(self) -> None:
        """Send whatever may go now."""
        client = self._client()
        if client is None:
            return
        sent_to_people = False
        for message in stored.waiting(self._bench.db, self._account, Delivery.QUEUED):
            if message.kind is ChatKind.ROOM:
                room = self._rooms.of_chat(message.chat)
                if room is None or room.presence is not Presence.HERE or room.replaying:
                    continue
            else:
                sent_to_people = True
            crash_point("written")
            # Before the bytes leave: a crash in between must not send it twice.
            self._bench.move(message.id, Delivery.SENT)
            client.put(_stanza(message))
            crash_point("sent")
        if sent_to_people and (self._acknowledging is None or self._acknowledging.done()):
            self._acknowledging = asyncio.ensure_future(self._acknowledge(client))

    async def _acknowledge(self, client: Client) -> None:
        while covered := self._sent_to_people():
            try:
                await client.ask(el("iq", {"type": "get"}, el(f"{{{PING}}}ping")))
            except Trouble:
                return
            for message in covered:
                now = messages.get(self._bench.db, message.id)
                if now is not None and now.state is Delivery.SENT:
                    self._bench.move(message.id, Delivery.ACKED)

    def _sent_to_people(self) -> list[Outgoing]:
        sent = stored.waiting(self._bench.db, self._account, Delivery.SENT)
        return [message for message in sent if message.kind is ChatKind.PERSON]

    def lost(self) -> None:
        """The connection broke: nobody knows whether what was under way to people has arrived."""
        for message in self._sent_to_people():
            self._bench.move(message.id, Delivery.UNSURE)

    def replayed(self, room: Room, replay: Replay) -> None:
        """A room's history is in: what is not in it, and would be, is sent again under the same id."""
        for message in stored.waiting(self._bench.db, self._account, Delivery.SENT):
            if message.chat != room.chat:
                continue
            empty = not replay.count and not messages.before(self._bench.db, room.chat, (message.place, 0), 1)
            reaches = replay.matched or empty or 0 < replay.oldest <= message.place // 1000
            self._bench.move(message.id, Delivery.QUEUED if reaches else Delivery.UNSURE)
        self.kick()

    def bounced(self, origin: str, chat: int, reason: str) -> None:
        """Somebody said that an own message was not delivered."""
        for message in stored.waiting(self._bench.db, self._account, Delivery.SENT, Delivery.ACKED):
            if message.origin_id == origin and message.chat == chat:
                self._bench.move(message.id, Delivery.FAILED, reason)


def _stanza(message: Outgoing) -> ET.Element:
    kind = "groupchat" if message.kind is ChatKind.ROOM else "chat"
    return el(
        "message",
        {"to": message.to, "type": kind, "id": message.origin_id},
        el("body", text=message.body),
        el(f"{{{SID}}}origin-id", {"id": message.origin_id}),
    )
