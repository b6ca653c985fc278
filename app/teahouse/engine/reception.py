"""Where each stanza of a session goes once the authority has judged it."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.engine.answering import Answers
from teahouse.engine.archive import Archives
from teahouse.engine.authority import Authority, room_changed
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.inbound import Inbound, Replay
from teahouse.engine.outbox import Outbox
from teahouse.engine.people import People
from teahouse.engine.requests import Requests
from teahouse.engine.room import Room
from teahouse.engine.rooms import CHANGED, Rooms
from teahouse.engine.roster import Roster
from teahouse.store import chats


class Reception:
    """Takes the stanzas of one account.

    `on_change` is told of rooms whose settings have changed, `on_replayed` of those whose history has come, and
    `on_event` of what our account keeps for all our devices.
    """

    def __init__(
        self,
        bench: Bench,
        account: Callable[[], Account],
        inbound: Inbound,
        rooms: Rooms,
        roster: Roster,
        outbox: Outbox,
        on_change: Callable[[Room], None],
        on_replayed: Callable[[Room, Replay], None],
        on_event: Callable[[ET.Element], None],
    ) -> None:
        self._bench, self._account, self._inbound = bench, account().id, inbound
        self._rooms, self._roster, self._outbox = rooms, roster, outbox
        self._on_change, self._on_replayed, self._on_event = on_change, on_replayed, on_event
        self.authority = Authority(account().jid, rooms.by_jid, lambda: roster.contacts, self._is_room)
        self.answers = Answers(self.authority, roster)
        self.requests = Requests(bench, self._account, inbound)
        self.archives = Archives(self.authority)
        self.people = People(bench, account, inbound, roster, self.authority, self.requests, rooms.by_jid)

    def _is_room(self, bare: str) -> bool:
        chat = chats.find(self._bench.db, self._account, bare)
        return chat is not None and chat.kind is ChatKind.ROOM

    def take(self, client: Client, stanza: ET.Element) -> None:
        """One stanza; raises Trouble when it names a bad address."""
        kind = stanza.tag.rpartition("}")[2]
        if kind == "message":
            self._message(client, stanza)
        elif kind == "presence":
            self._presence(stanza)
        elif kind == "iq" and stanza.get("type") in ("get", "set"):
            client.put(self.answers.answer(stanza, str(client.own)))

    def _presence(self, stanza: ET.Element) -> None:
        if (shown := self.authority.presented(stanza)) is not None:
            self._rooms.presence(shown, stanza)
        elif (room := self.authority.refuses(stanza)) is not None:
            self._rooms.refused(room, stanza)
        elif (who := self.authority.asks_to_see_us(stanza)) is not None:
            if not self.requests.ignores(who.bare):
                self._roster.asked(who)
        elif (who := self.authority.shows_itself(stanza)) is not None:
            self._roster.shown(who, stanza)
            self._bench.envelope.shown(self._account, str(who), stanza)

    def _message(self, client: Client, stanza: ET.Element) -> None:
        if self.archives.take(stanza):
            return
        if (said := self.authority.said_in_room(stanza)) is not None:
            room, nick = said
            if (codes := room_changed(stanza)) & CHANGED:
                self._rooms.changed(room, codes)
                self._on_change(room)
            if self._rooms.message(room, nick, stanza):
                self._replayed(room)
        elif stanza.get("type") == "error":
            chat = chats.find(self._bench.db, self._account, self.authority.bounced(stanza))
            if chat is not None:
                self._outbox.bounced(stanza, chat.id)
        elif (told := self.authority.publishes(stanza)) is not None:
            publisher, event = told
            if publisher == self.authority.own.bare:
                self._on_event(event)
            self._bench.envelope.published(self._account, publisher, event)
        elif (invitation := self.authority.invites(stanza)) is not None:
            self.requests.take(invitation)
        elif (copied := self.authority.carbon(stanza)) is not None:
            self.people.copied(copied)
        elif (who := self.authority.said_by_person(stanza)) is not None:
            self.people.said(who, stanza, partial(self._bench.envelope.put, self._account, client))

    def end_replay(self, room: Room) -> None:
        """A room that tells no subject has told its history."""
        if room.replaying and self._rooms.by_jid.get(room.jid) is room:
            room.replaying = False
            self._replayed(room)

    def _replayed(self, room: Room) -> None:
        self._on_replayed(room, self._inbound.replay_over(room.chat))

    def judge_by(self, room: Room, told: Replay | bool) -> None:
        """What of ours a room has is known: by the history that it told, or by whether its archive was read so far."""
        if isinstance(told, Replay):
            self._outbox.replayed(room, told)
        else:
            self._outbox.judged_in_room(room, reaches=told)
