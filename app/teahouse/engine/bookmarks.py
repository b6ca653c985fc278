"""Bookmarks (XEP-0402): the rooms of an account on all its devices, kept by its server where the user wants that.

Asked for at the log-in, and merged by three sides: what the server has, what it had when last asked, and what is true
here. What changed here goes there; else what is there is taken.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

from teahouse.crash import crash_point
from teahouse.domain.account import Account, Route
from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.settings import BOOKMARKS
from teahouse.domain.text import label
from teahouse.engine import pep
from teahouse.engine.bench import Bench
from teahouse.engine.client import Client
from teahouse.engine.xml import PUBSUB, child_text, el
from teahouse.store import bookmarks as stored
from teahouse.store import chats, preferences
from teahouse.store.bookmarks import Remembered

NODE = "urn:xmpp:bookmarks:1"
MOST = 500
"""Rooms taken from one server."""
_NAME, _PASSWORD = 60, 200


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One room as the server has it."""

    jid: str
    name: str
    nick: str
    password: str
    autojoin: bool


class Bookmarks:
    """Of one account, as it is now. `client` is the connection; raises Trouble(OFFLINE) when there is none."""

    def __init__(self, bench: Bench, account: Callable[[], Account], client: Callable[[], Client]) -> None:
        self._bench, self._account, self._client = bench, account, client
        self._synced = False

    def wanted(self) -> bool:
        """Whether the server keeps them: by the user's choice, else for accounts that do not hide."""
        chosen = BOOKMARKS.sound(preferences.every(self._bench.db).get(BOOKMARKS.key, ""))
        return chosen == "server" or (chosen == BOOKMARKS.default and self._account().route is Route.DIRECT)

    async def take(self) -> None:
        """Ask the server, and merge; nothing changes when it cannot tell."""
        self._synced = False
        if not self.wanted():
            return
        try:
            there = await fetch(self._client())
        except Trouble:
            return
        if there is not None:
            self._synced = True
            self._merge({mark.jid: mark for mark in there})
            crash_point("bookmarks-taken")
            await self.give()

    def _merge(self, there: dict[str, Bookmark]) -> None:
        db, known = self._bench.db, stored.every(self._bench.db, self._account().id)
        for room in known:
            mark, before = there.pop(room.jid, None), bool(room.held)
            now = mark is not None and mark.autojoin
            if now is not before and (room.joined is before or room.put_out):
                self._follow(room.chat, mark)
            stored.set_held(db, room.chat, mark.autojoin if mark else None)
        for mark in there.values():
            # What is a person here stays one.
            if mark.autojoin and chats.find(db, self._account().id, mark.jid) is None:
                chat = chats.ensure(db, self._account().id, mark.jid, ChatKind.ROOM, mark.name).id
                stored.set_held(db, chat, True)
                self._follow(chat, mark)

    def _follow(self, chat: int, mark: Bookmark | None) -> None:
        """Do as another device did."""
        if mark is not None and mark.autojoin:
            chats.set_joined(self._bench.db, chat, mark.nick or self._account().nick, mark.password)
        else:
            chats.set_left(self._bench.db, chat)
        self._bench.announce_chat(chat)

    async def give(self) -> None:
        """Tell the server what has changed here since it was last asked."""
        if not self._synced or not self.wanted():
            return
        for room in stored.every(self._bench.db, self._account().id):
            if room.put_out or room.joined is bool(room.held):
                continue
            try:
                kept = await publish(self._client(), room)
            except Trouble:
                return
            crash_point("bookmark-given")
            if kept:
                stored.set_held(self._bench.db, room.chat, room.joined)


async def fetch(client: Client) -> list[Bookmark] | None:
    """All that the server has, None when it keeps none for anybody; raises Trouble."""
    items = await pep.fetch(client, NODE)
    return None if items is None else read(items)


def read(items: ET.Element) -> list[Bookmark]:
    """The bookmarks of an answer, bounded; what makes no sense is left out."""
    found = {}
    for item in items.findall(f"{{{PUBSUB}}}item")[:MOST]:
        conference = item.find(f"{{{NODE}}}conference")
        try:
            jid = Jid.parse(item.get("id", ""))
        except Trouble:
            continue
        if conference is None or not jid.local or jid.resource:
            continue
        nick = label(child_text(conference, "nick", NODE) or "")
        name = label(conference.get("name", ""), _NAME) or jid.local
        password = (child_text(conference, "password", NODE) or "")[:_PASSWORD]
        autojoin = conference.get("autojoin") in ("true", "1")
        found[jid.bare] = Bookmark(jid.bare, name, nick, password, autojoin)
    return list(found.values())


async def publish(client: Client, room: Remembered) -> bool:
    """Have the server keep one room as it is here; whether it does. Raises Trouble."""
    parts = [el(f"{{{NODE}}}nick", text=room.nick)] if room.nick else []
    parts += [el(f"{{{NODE}}}password", text=room.password)] if room.password else []
    autojoin = "true" if room.joined else "false"
    conference = el(f"{{{NODE}}}conference", {"name": room.title[:_NAME], "autojoin": autojoin}, *parts)
    return await pep.publish(client, NODE, room.jid, conference)
