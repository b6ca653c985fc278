"""`python -m teahouse.practice.guests FOLDER`: the scripted guests, one asyncio process for all of them."""

import asyncio
import os
import random
import signal
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout, PresenceError
from slixmpp.jid import JID
from slixmpp.stanza import Message, Presence

from teahouse.crypto.signcrypt import NAMESPACE
from teahouse.domain.problem import Trouble
from teahouse.practice.keys import Keys
from teahouse.practice.script import (
    DOMAIN,
    GREETINGS,
    GUESTS,
    LOBBY,
    MEMBERS,
    OPENING,
    SMALL_TALK,
    USER,
    Guest,
    answer,
)
from teahouse.process import end_with_parent

TYPING = (0.4, 1.2)
PAUSE = (20.0, 60.0)
_MARKERS = "urn:xmpp:chat-markers:0"


class Visitor(ClientXMPP):
    """One guest in the lobby and the members' room."""

    def __init__(self, guest: Guest, password: str, authority: Path, keys: Keys | None) -> None:
        super().__init__(JID(f"{guest.user}@{DOMAIN}/practice"), password)
        self.guest, self.keys = guest, keys
        self.inside = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.ca_certs = authority
        self.ssl_context.check_hostname = True
        self.enable_starttls = False
        self.register_plugin("xep_0045")
        self.register_plugin("xep_0184")
        self.register_plugin("xep_0199")
        self.add_event_handler("session_start", self.arrive)
        self.add_event_handler("message", self.hear)
        self.add_event_handler("groupchat_message", self.overhear)

    async def arrive(self, _event: object) -> None:
        """Be seen, and enter the rooms."""
        self.send_presence()
        self.get_roster()
        try:
            for room in (LOBBY, MEMBERS):
                await self.plugin["xep_0045"].join_muc_wait(JID(room), self.guest.nick, maxstanzas=0, timeout=10)
        except (PresenceError, IqError, IqTimeout, TimeoutError) as error:
            print(f"{self.guest.nick} could not enter: {error}")
            return
        self.inside.set()
        if self.keys is not None:
            self.spawn(self.keys.announce(self))

    def hear(self, message: Message) -> None:
        """Answer what is said to this guest alone."""
        if _is_encrypted(message):
            if message["type"] == "chat" and self.keys is not None:
                self.spawn(self.answer_secretly(message, self.keys))
        elif message["type"] in ("chat", "normal") and message["body"]:
            sender: JID = message["from"]
            if message.xml.find(f"{{{_MARKERS}}}markable") is not None:
                self.see(message)
            nick = sender.resource if sender.bare in (LOBBY, MEMBERS) else sender.local
            self.later(sender, answer(self.guest, message["body"], nick), "chat")

    def see(self, message: Message) -> None:
        """Tell whoever wanted to know that it was read (XEP-0333)."""
        told = self.make_message(mto=message["from"].bare, mtype="chat")
        ET.SubElement(told.xml, f"{{{_MARKERS}}}displayed", {"id": message["id"]})
        told.send()

    def overhear(self, message: Message) -> None:
        """Answer in a room when addressed."""
        nick: str = message["mucnick"]
        fresh = not message.xml.findall("{urn:xmpp:delay}delay")
        if not fresh or nick in (guest.nick for guest in GUESTS):
            return
        if _is_encrypted(message):
            if self.keys is not None:
                self.spawn(self.answer_secretly(message, self.keys))
            return
        if self.guest.nick not in message["body"]:
            return
        asked = message["body"].replace(self.guest.nick, " ")
        self.later(JID(message["from"].bare), f"{nick}: {answer(self.guest, asked, nick)}", "groupchat")

    async def answer_secretly(self, message: Message, keys: Keys) -> None:
        """The same for what came encrypted. In the members' room there is one who is no guest."""
        room, sender = message["type"] == "groupchat", message["from"]
        bare, nick = (f"{USER}@{DOMAIN}", sender.resource) if room else (sender.bare, sender.local)
        text = await keys.opened(self, bare, message.xml)
        if not text or (room and self.guest.nick not in text):
            return
        said = answer(self.guest, text.replace(self.guest.nick, " ") if room else text, nick)
        element = await keys.sealed(self, sender.bare, f"{nick}: {said}" if room else said, [bare])
        await asyncio.sleep(random.uniform(*TYPING))
        told = self.make_message(mto=sender.bare, mbody="Encrypted with OpenPGP.", mtype=message["type"])
        told.xml.append(element)
        ET.SubElement(told.xml, "{urn:xmpp:eme:0}encryption", {"namespace": NAMESPACE})
        told.send()

    def later(self, to: JID, text: str, kind: str) -> None:
        """Say it after a moment of typing."""

        async def say() -> None:
            await asyncio.sleep(random.uniform(*TYPING))
            self.send_message(mto=to, mbody=text, mtype="chat" if kind == "chat" else "groupchat")

        self.spawn(say())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it beside everything else; what fails is in the output."""

        async def done() -> None:
            try:
                await work
            except (Trouble, IqError, IqTimeout) as error:
                print(f"{self.guest.nick}: {error}")

        task = asyncio.get_running_loop().create_task(done())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _is_encrypted(message: Message) -> bool:
    return message.xml.find(f"{{{NAMESPACE}}}openpgp") is not None


def _keys(folder: Path) -> Keys | None:
    """None without GnuPG: then the guests talk in the clear alone."""
    try:
        return Keys(folder)
    except Trouble as trouble:
        print(f"The guests have no keys: {trouble}")
        return None


class Host:
    """Sees who comes into the lobby and greets each newcomer once."""

    def __init__(self, visitors: list[Visitor]) -> None:
        self.visitors = visitors
        self.met = {visitor.guest.nick for visitor in visitors}
        visitors[0].add_event_handler(f"muc::{LOBBY}::got_online", self.greet)

    def greet(self, presence: Presence) -> None:
        """One English and one Chinese welcome."""
        nick = presence["from"].resource
        if nick in self.met:
            return
        self.met.add(nick)
        for visitor, greeting in zip(self.visitors, GREETINGS, strict=False):
            visitor.later(JID(LOBBY), greeting.format(nick=nick), "groupchat")

    async def talk(self) -> None:
        """The opening conversation at once, then a line now and then."""
        await asyncio.gather(*(visitor.inside.wait() for visitor in self.visitors))
        for who, text in OPENING:
            self.visitors[who].send_message(mto=JID(LOBBY), mbody=text, mtype="groupchat")
            await asyncio.sleep(0.03)
        self.visitors[0].send_message(mto=JID(MEMBERS), mbody="A quieter room, for members only.", mtype="groupchat")
        self.visitors[1].send_message(mto=JID(MEMBERS), mbody="这里只有名单上的人能进来。", mtype="groupchat")
        while True:
            for who, text in SMALL_TALK:
                await asyncio.sleep(random.uniform(*PAUSE))
                self.visitors[who].send_message(mto=JID(LOBBY), mbody=text, mtype="groupchat")


async def run(folder: Path) -> None:
    """Sign everybody in and keep them there until told to end."""
    passwords = tomllib.loads((folder / "guests.toml").read_text())
    authority = Path((folder / "ca").read_text())
    port = int((folder / "port").read_text())
    keys = _keys(folder)
    visitors = [Visitor(guest, passwords[guest.user], authority, keys) for guest in GUESTS]
    host = Host(visitors)
    for visitor in visitors:
        visitor.connect("127.0.0.1", port)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    talking = asyncio.get_running_loop().create_task(host.talk())
    await ended.wait()
    talking.cancel()
    if keys is not None:
        keys.close()
    await asyncio.gather(*(visitor.disconnect(wait=0.5) for visitor in visitors))


def main() -> None:
    """Run until the broker ends."""
    end_with_parent(os.getppid())
    asyncio.run(run(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
