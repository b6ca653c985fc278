"""Rooms (XEP-0045): enter, leave, who is there, what is said, what the room says of itself."""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TypeVar

from teahouse.crash import crash_point
from teahouse.domain.chat import Affiliation, End, Ending, Occupant, Presence, Role, RoomFacts
from teahouse.domain.events import OccupantsChanged, RoomDescribed, WentWrong
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.arrivals import body_of, of_room
from teahouse.engine.authority import Presented, is_delayed, occupant_id
from teahouse.engine.bench import Bench
from teahouse.engine.endings import ending_of
from teahouse.engine.inbound import Inbound
from teahouse.engine.room import Room, refused
from teahouse.engine.xml import MUC, MUC_USER, child_text, el
from teahouse.store import chats

T = TypeVar("T", Role, Affiliation)
HISTORY_LINES = 250
TICK = 0.033
CHANGED = frozenset({"100", "104", "170", "171", "172", "173", "174"})
"""The status codes by which a room says how it is, or that its settings are others now."""
SHOWS = ("away", "chat", "dnd", "xa")


class Rooms:
    """The rooms of one account's session. What it is given, the authority has let through."""

    def __init__(
        self, bench: Bench, account: int, inbound: Inbound, on_end: Callable[[Room, Ending], None] = lambda *_: None
    ) -> None:
        """`on_end` is told of rooms that we are out of without having left."""
        self._bench, self._account, self._inbound, self._on_end = bench, account, inbound, on_end
        self.by_jid: dict[str, Room] = {}

    def of_chat(self, chat: int) -> Room | None:
        """The room of a chat, if we are in it or on the way."""
        return next((room for room in self.by_jid.values() if room.chat == chat), None)

    def lost(self) -> None:
        """The connection is gone: we are nowhere."""
        rooms = list(self.by_jid.values())
        # In place: the authority looks at it.
        self.by_jid.clear()
        for room in rooms:
            _settle(room, Problem(Fault.CONNECTION_LOST))
            self._bench.announce(OccupantsChanged(room.chat, whole=True))
            self._bench.announce_chat(room.chat)

    def tell_refused(self, chat: int, problem: Problem) -> None:
        """Entering by itself failed; the reason belongs to the chat."""
        self._bench.announce(WentWrong(problem, self._account, chat))
        self._bench.announce_chat(chat)

    # -- entering ----------------------------------------------------------

    def enter(
        self, chat: int, jid: str, nick: str, password: str, history: int = HISTORY_LINES
    ) -> tuple[Room, ET.Element]:
        """The room on the way in, and the presence to send, which asks for so many lines of history."""
        before = self.by_jid.get(jid)
        waiting = before.entered if before is not None and before.entered and not before.entered.done() else None
        # Whoever already waits to get in waits for the same.
        room = Room(chat, jid, nick, password, entered=waiting or asyncio.get_running_loop().create_future())
        self.by_jid[jid] = room
        crash_point("entering")
        # The room tells anew who is there.
        self._bench.announce(OccupantsChanged(chat, whole=True))
        inner = el(f"{{{MUC}}}x", None, el(f"{{{MUC}}}history", {"maxstanzas": str(history)}))
        if password:
            inner.append(el(f"{{{MUC}}}password", text=password))
        self._bench.announce_chat(chat)
        return room, _presence(room, nick, inner)

    def hold_exposed(self, number: int, jid: str, facts: RoomFacts) -> None:
        """Keep out of a room that shows addresses to everybody, unless the user has accepted that; raises Trouble."""
        chat = chats.get(self._bench.db, number)
        if chat is not None and not chat.exposed:
            chats.set_ended(self._bench.db, number, Ending(End.EXPOSED))
            self._bench.announce(RoomDescribed(number, facts))
            self._bench.announce_chat(number)
            raise Trouble(Problem(Fault.ROOM_EXPOSES, jid))

    def rename(self, room: Room, nick: str) -> ET.Element:
        """The presence that asks for another nick."""
        return _presence(room, nick)

    def give_up(self, room: Room) -> bool:
        """Nobody answered; whether this room is still the one that we wait for."""
        waited = self.by_jid.get(room.jid) is room
        if waited:
            self.by_jid.pop(room.jid)
            self._bench.announce_chat(room.chat)
        return waited

    def describe(self, room: Room, facts: RoomFacts, features: frozenset[str]) -> None:
        """What the room says of itself has come."""
        room.features = features
        room.tell(facts)
        self._described(room)

    def changed(self, room: Room, codes: frozenset[str]) -> None:
        """The room says by status codes how it is now."""
        room.hear(codes)
        self._described(room)

    def _described(self, room: Room) -> None:
        chat = chats.get(self._bench.db, room.chat)
        if room.facts.anonymous and chat is not None and chat.exposed:
            # Should it show addresses again, that is to be asked again.
            chats.set_exposed(self._bench.db, room.chat, False)
            self._bench.announce_chat(room.chat)
        self._bench.announce(RoomDescribed(room.chat, room.facts))
        self._bench.envelope.room_changed(self._account, room)

    # -- presence ----------------------------------------------------------

    def presence(self, shown: Presented, stanza: ET.Element) -> None:
        """Somebody came, changed or went."""
        item = shown.user.find(f"{{{MUC_USER}}}item") if shown.user is not None else None
        if shown.here:
            self._came(shown, stanza, item)
        else:
            self._went(shown, item)
        self._tick(shown.room)

    def _came(self, shown: Presented, stanza: ET.Element, item: ET.Element | None) -> None:
        room, show = shown.room, child_text(stanza, "show") or ""
        occupant = Occupant(
            shown.nick,
            _one_of(Role, item, "role", Role.PARTICIPANT),
            _one_of(Affiliation, item, "affiliation", Affiliation.NONE),
            _address(item),
            occupant_id(stanza, room),
            show if show in SHOWS else "",
            shown.mine,
        )
        room.put(occupant)
        if shown.mine:
            room.occupant_id = occupant.occupant_id
            if shown.codes & CHANGED:
                self.changed(room, shown.codes)
            if room.presence is not Presence.HERE:
                room.presence, room.nick = Presence.HERE, shown.nick
                chats.set_inside(self._bench.db, room.chat, shown.nick)
                crash_point("inside")
                _settle(room)
                self._bench.announce_chat(room.chat)

    def _went(self, shown: Presented, item: ET.Element | None) -> None:
        room = shown.room
        room.drop(shown.nick)
        new_nick = item.get("nick", "") if item is not None and "303" in shown.codes else ""
        if shown.mine and new_nick:
            room.nick = Jid.parse(f"{room.jid}/{new_nick}").resource
            chats.set_nick(self._bench.db, room.chat, room.nick)
        elif shown.mine:
            ending = ending_of(shown.user, shown.codes)
            # On the way in, without a cause, it is the end of a stay before this one: the answer to us comes later.
            if ending is not None or room.presence is not Presence.ENTERING:
                self._out(room, ending)

    def _out(self, room: Room, ending: Ending | None) -> None:
        room.presence = Presence.AWAY_FROM
        self.by_jid.pop(room.jid, None)
        if ending is not None:
            chats.set_ended(self._bench.db, room.chat, ending)
        self._bench.announce(OccupantsChanged(room.chat, whole=True))
        self._bench.announce_chat(room.chat)
        _settle(room, Problem(Fault.NOT_ALLOWED, room.jid))
        if ending is not None:
            self._on_end(room, ending)

    def refused(self, room: Room, stanza: ET.Element) -> None:
        """The room does not let us in, or does not give us the nick."""
        problem = refused(stanza, room.jid)
        if room.presence is Presence.HERE:
            self._bench.announce(WentWrong(problem, self._account, room.chat))
            return
        self.by_jid.pop(room.jid, None)
        room.presence = Presence.REFUSED
        _settle(room, problem)
        self._bench.announce_chat(room.chat)

    def _tick(self, room: Room) -> None:
        if not room.ticking:
            room.ticking = True
            asyncio.get_running_loop().call_later(TICK, self._tell, room)

    def _tell(self, room: Room) -> None:
        room.ticking = False
        present, gone = tuple(room.present.values()), tuple(room.gone)
        room.present, room.gone = {}, set()
        if self.by_jid.get(room.jid) is room:
            self._bench.announce(OccupantsChanged(room.chat, present, gone))
            self._bench.envelope.room_changed(self._account, room)
            self._bench.announce_chat(room.chat)

    # -- messages ----------------------------------------------------------

    def message(self, room: Room, nick: str, stanza: ET.Element) -> bool:
        """Read a groupchat message; True when with it the history told on joining has ended."""
        subject = child_text(stanza, "subject")
        told = subject is not None and not body_of(stanza)
        # Rooms end their history with the subject; one that has none to tell ends it with what is live.
        ended = room.replaying and (told or (bool(body_of(stanza) and nick) and not is_delayed(stanza)))
        if ended:
            room.replaying = False
        arrival = of_room(self._account, room, nick, stanza)
        if told:
            chats.set_subject(self._bench.db, room.chat, (subject or "")[:2_000])
            self._bench.announce_chat(room.chat)
        elif arrival is not None:
            self._inbound.take(arrival)
        return ended


def farewell(room: Room) -> ET.Element:
    """The presence that leaves a room."""
    return el("presence", {"to": f"{room.jid}/{room.nick}", "type": "unavailable"})


def _presence(room: Room, nick: str, *children: ET.Element) -> ET.Element:
    number = secrets.token_hex(8)
    room.asked.append((number, nick))
    return el("presence", {"to": f"{room.jid}/{nick}", "id": number}, *children)


def _settle(room: Room, problem: Problem | None = None) -> None:
    """Whoever waits to get in is told."""
    if room.entered is None or room.entered.done():
        return
    if problem is None:
        room.entered.set_result(None)
    else:
        room.entered.set_exception(Trouble(problem))
        room.entered.exception()


def _address(item: ET.Element | None) -> str:
    """The bare address that a room shows of an occupant; empty when it is none."""
    try:
        return Jid.parse(item.get("jid", "")).bare if item is not None else ""
    except Trouble:
        return ""


def _one_of(kind: type[T], item: ET.Element | None, name: str, default: T) -> T:
    try:
        return kind(item.get(name, "")) if item is not None else default
    except ValueError:
        return default
