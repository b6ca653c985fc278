"""What people say, however it comes: by itself, as a copy for our other devices, or from an archive.

Each way leads to the chat with that person, or to the tray when it is by a stranger.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from teahouse.domain.account import Account
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.archive import Item
from teahouse.engine.arrivals import Arrival, of_archived_room, of_copy, of_person
from teahouse.engine.authority import Authority, Copied, archive_id
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import Inbound
from teahouse.engine.marks import Marks, Put
from teahouse.engine.requests import Requests
from teahouse.engine.room import Room
from teahouse.engine.roster import Roster
from teahouse.store import chats


class People:
    """The people of one account. What it is given, the authority has let through."""

    def __init__(
        self,
        bench: Bench,
        account: Callable[[], Account],
        inbound: Inbound,
        roster: Roster,
        authority: Authority,
        requests: Requests,
        rooms: Mapping[str, Room],
    ) -> None:
        self._bench, self._account, self._inbound = bench, account().id, inbound
        self._roster, self._authority, self._requests = roster, authority, requests
        self._rooms = rooms
        self.marks = Marks(bench, account, inbound, authority)

    def said(self, who: Jid, stanza: ET.Element, put: Put) -> None:
        """Somebody wrote to us; `put` sends what they may hear of it."""
        judge = self._authority
        self.marks.told(who, stanza, mine=False)
        arrival = of_person(self._account, 0, who.bare, stanza, judge.own, judge.archived)
        if arrival is not None:
            heard = partial(self._heard, who, put)
            placed = self._placed(replace(arrival, written=self.marks.receipt(who, stanza, put), heard=heard), who)
            if placed is not None:
                self._inbound.take(placed)

    def copied(self, copied: Copied) -> None:
        """Another device of ours wrote to somebody, or heard of them (XEP-0280)."""
        own = self._authority.own
        number = archive_id(copied.message, own.bare) if self._authority.archived else ""
        self.marks.told(copied.other, copied.message, mine=copied.sent)
        placed = self._placed(of_copy(self._account, copied, own, number, 0), copied.other)
        if placed is not None:
            placed = replace(placed, heard=partial(self.marks.told, copied.other, mine=copied.sent))
            read = partial(self.marks.answered, placed.chat, placed.identity.origin_id)
            self._inbound.take(replace(placed, written=read) if copied.sent else placed)

    def _heard(self, who: Jid, put: Put, inside: ET.Element) -> None:
        """What somebody wrote to us was opened."""
        self.marks.told(who, inside, mine=False)
        if (tell := self.marks.receipt(who, inside, put)) is not None:
            tell()

    def archived(self, archive: str, item: Item) -> Arrival | None:
        """What an archive holds, for its chat; None when it says nothing, or goes to the tray. Raises Trouble."""
        if archive != self._authority.own.bare:
            room = self._rooms.get(archive)
            if room is None:
                # We went out while it was read: that it holds nothing for us must not be written down.
                raise Trouble(Problem(Fault.NOT_ALLOWED, archive))
            return of_archived_room(self._account, room, item.message, item.id, item.stamp)
        copied = self._authority.copied(item.message)
        if copied is None:
            return None
        self.marks.told_before(copied.other, copied.message, mine=copied.sent)
        arrival = of_copy(self._account, copied, self._authority.own, item.id, item.stamp)
        if arrival is not None and arrival.cipher is not None:
            arrival = replace(arrival, heard=partial(self.marks.told, copied.other, mine=copied.sent))
        return self._placed(arrival, copied.other)

    def _placed(self, arrival: Arrival | None, other: Jid) -> Arrival | None:
        """In its chat; None when the tray holds it."""
        if arrival is None:
            return None
        if (known := chats.find(self._bench.db, self._account, other.bare)) is not None:
            return replace(arrival, chat=known.id)
        if not arrival.mine and self._is_stranger(other):
            self._requests.take(arrival)
            return None
        contact = self._roster.contacts.get(other.bare)
        chat = self._requests.welcome(other.bare, (contact.name if contact else "") or other.bare)
        return replace(arrival, chat=chat.id)

    def _is_stranger(self, who: Jid) -> bool:
        """Whether this, of whom there is no chat, is neither a contact nor our own server or account."""
        own = self._authority.own
        return not self._roster.holds(who.bare) and who.bare not in (own.bare, own.domain)
