"""Where each stanza of a session goes once the authority has judged it."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.engine.answering import Answers
from teahouse.engine.arrivals import of_person
from teahouse.engine.authority import Authority, room_changed
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.inbound import Inbound
from teahouse.engine.outbox import Outbox
from teahouse.engine.requests import Requests
from teahouse.engine.room import Room
from teahouse.engine.rooms import CHANGED, Rooms
from teahouse.engine.roster import Roster
from teahouse.store import chats


class Reception:
    """Takes the stanzas of one account. `on_change` is told of rooms whose settings have changed."""

    def __init__(
        self,
        bench: Bench,
        account: Account,
        inbound: Inbound,
        rooms: Rooms,
        roster: Roster,
        outbox: Outbox,
        on_change: Callable[[Room], None],
    ) -> None:
        self._bench, self._account, self._inbound = bench, account, inbound
        self._rooms, self._roster, self._outbox, self._on_change = rooms, roster, outbox, on_change
        self.authority = Authority(account.jid, rooms.by_jid, lambda: roster.contacts, self._is_room)
        self.answers = Answers(self.authority, roster)
        self.requests = Requests(bench, account.id, inbound)

    def _is_room(self, bare: str) -> bool:
        chat = chats.find(self._bench.db, self._account.id, bare)
        return chat is not None and chat.kind is ChatKind.ROOM

    def take(self, client: Client, stanza: ET.Element) -> None:
        """One stanza; raises Trouble when it names a bad address."""
        kind = stanza.tag.rpartition("}")[2]
        if kind == "message":
            self._message(stanza)
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

    def _message(self, stanza: ET.Element) -> None:
        if (said := self.authority.said_in_room(stanza)) is not None:
            room, nick = said
            if (codes := room_changed(stanza)) & CHANGED:
                self._rooms.changed(room, codes)
                self._on_change(room)
            if self._rooms.message(room, nick, stanza):
                self._replayed(room)
        elif stanza.get("type") == "error":
            chat = chats.find(self._bench.db, self._account.id, self.authority.bounced(stanza))
            if chat is not None:
                self._outbox.bounced(stanza, chat.id)
        elif (invitation := self.authority.invites(stanza)) is not None:
            self.requests.take(invitation)
        elif (who := self.authority.said_by_person(stanza)) is not None:
            self._said(who, stanza)

    def end_replay(self, room: Room) -> None:
        """A room that tells no subject has told its history."""
        if room.replaying and self._rooms.by_jid.get(room.jid) is room:
            room.replaying = False
            self._replayed(room)

    def _replayed(self, room: Room) -> None:
        self._outbox.replayed(room, self._inbound.replay_over(room.chat))

    def _said(self, who: Jid, stanza: ET.Element) -> None:
        judge = self.authority
        arrival = of_person(self._account.id, 0, who.bare, stanza, judge.own, judge.archived)
        if arrival is None:
            return
        if self._is_stranger(who):
            self.requests.take(arrival)
        else:
            contact = self._roster.contacts.get(who.bare)
            chat = self.requests.welcome(who.bare, (contact.name if contact else "") or who.bare)
            self._inbound.take(replace(arrival, chat=chat.id))

    def _is_stranger(self, who: Jid) -> bool:
        """Whether this is neither a contact nor somebody whom the user writes with, nor our own server or account."""
        if self._roster.holds(who.bare) or who.bare in (self.authority.own.bare, self.authority.own.domain):
            return False
        return chats.find(self._bench.db, self._account.id, who.bare) is None
