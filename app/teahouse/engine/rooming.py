"""Commands about rooms: browse, look, join, leave, nick, subject."""

import secrets

from teahouse.domain import commands as c
from teahouse.domain.chat import Chat, ChatKind, RoomFacts, RoomListing
from teahouse.domain.events import OccupantsChanged, RoomDescribed
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine import browsing
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.room import Room
from teahouse.engine.xml import el
from teahouse.store import chats


async def _browse(desk: Desk, wish: c.BrowseRooms) -> tuple[RoomListing, ...]:
    return await browsing.browse(desk.of(wish.account).client(), wish.service)


async def _ask_room(desk: Desk, wish: c.AskRoom) -> RoomFacts:
    facts, _ = await browsing.ask_room(desk.of(wish.account).client(), _room_address(wish.jid))
    return facts


def _room_address(text: str) -> str:
    jid = Jid.parse(text)
    if not jid.local:
        raise Trouble(Problem(Fault.BAD_ADDRESS, text))
    return jid.bare


def _nick_in(room: str, text: str) -> str:
    nick = Jid.parse(f"{room}/{' '.join(text.split())}").resource
    if not nick:
        raise Trouble(Problem(Fault.BAD_ADDRESS, text[:80]))
    return nick


async def join(desk: Desk, wish: c.JoinRoom) -> Chat:
    """Enter a room and keep it in the list."""
    jid, online, db = _room_address(wish.jid), desk.of(wish.account), desk.tools.db
    nick = _nick_in(jid, wish.nick or online.account.nick)
    online.client()
    known = chats.find(db, wish.account, jid)
    password = wish.password or (chats.password(db, known.id) if known else "")
    chat = known or chats.ensure(db, wish.account, jid, ChatKind.ROOM, jid.partition("@")[0])
    if chat.kind is not ChatKind.ROOM:
        chats.become_room(db, chat.id)
    try:
        room = await online.entering.enter(chat.id, jid, nick, password, exposed=wish.exposed)
    except Trouble:
        if known is None:
            chats.remove(db, chat.id)
        raise
    chats.set_joined(db, chat.id, room.nick, password)
    if known is None and room.facts.name:
        chats.set_title(db, chat.id, room.facts.name)
    if wish.exposed and not room.facts.anonymous:
        chats.set_exposed(db, chat.id, True)
    online.reception.requests.entered(jid)
    online.entering.changed()
    desk.tools.announce_chat(chat.id)
    return online.dress(chats.get(db, chat.id) or chat)


async def _accept_exposure(desk: Desk, wish: c.AcceptExposure) -> None:
    chats.set_exposed(desk.tools.db, wish.chat, True)
    desk.tools.announce_chat(wish.chat)


async def leave(desk: Desk, wish: c.LeaveRoom) -> None:
    """Go out of a room and stay out."""
    chat, online = desk.of_chat(wish.chat)
    chats.set_left(desk.tools.db, chat.id)
    online.entering.leave(chat.id)
    online.entering.changed()
    desk.tools.announce_chat(chat.id)


def _inside(desk: Desk, number: int) -> tuple[Room, Chat]:
    chat, online = desk.of_chat(number)
    online.client()
    room = online.rooms.of_chat(number)
    if room is None:
        raise Trouble(Problem(Fault.OFFLINE, chat.title))
    return room, chat


async def _nick(desk: Desk, wish: c.ChangeNick) -> None:
    room, chat = _inside(desk, wish.chat)
    online = desk.of(chat.account)
    online.client().put(online.rooms.rename(room, _nick_in(room.jid, wish.nick)))


async def _subject(desk: Desk, wish: c.SetSubject) -> None:
    room, chat = _inside(desk, wish.chat)
    desk.of(chat.account).client().put(
        el(
            "message",
            {"to": room.jid, "type": "groupchat", "id": secrets.token_hex(8)},
            el("subject", text=wish.subject),
        )
    )


def title(desk: Desk, number: int, name: str) -> Chat | None:
    """Give a chat another name; what it now is."""
    chats.set_title(desk.tools.db, number, name)
    desk.tools.announce_chat(number)
    return chats.get(desk.tools.db, number)


def announce_all(desk: Desk) -> None:
    """Say who is in every room, and what it says of itself."""
    for online in desk.online.values():
        for room in online.rooms.by_jid.values():
            desk.tools.announce(OccupantsChanged(room.chat, tuple(room.occupants.values()), whole=True))
            desk.tools.announce(RoomDescribed(room.chat, room.facts))
            desk.tools.announce_chat(room.chat)


COMMANDS: Handlers = {
    c.BrowseRooms: _browse,
    c.AskRoom: _ask_room,
    c.JoinRoom: join,
    c.LeaveRoom: leave,
    c.AcceptExposure: _accept_exposure,
    c.ChangeNick: _nick,
    c.SetSubject: _subject,
}
