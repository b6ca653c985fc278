"""What a window knows of one engine, folded from its events: compared before and after an attack."""

from dataclasses import dataclass, field, replace
from typing import Any

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Account, Link, Server
from teahouse.domain.message import Delivery
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, LEFT, ROSE, TEA, Honest
from tests.rig.hostile import JID, PASSWORD, Hostile
from tests.rig.managed import Managed
from tests.rig.wait import until


@dataclass
class World:
    """An engine signed in at an honest server, in the room TEA as willow, and gone from the room LEFT."""

    house: RunningEngine
    hostile: Hostile
    honest: Honest
    account: Account
    chat: int = 0
    fences: int = 0
    waited: set[str] = field(default_factory=set)

    def send(self, *stanzas: str) -> None:
        """The server sends this."""
        if isinstance(self.honest, Managed) and self.honest.counts:
            self.hostile.loop.call_soon_threadsafe(self.honest.counted, "".join(stanzas))
        else:
            self.hostile.inject("".join(stanzas).encode())

    def fence(self) -> None:
        """A message of a contact, waited for: whatever was sent before has been dealt with."""
        self.fences += 1
        body = f"fence {self.fences}"
        self.send(f"<message from='{ROSE}/garden' to='{FULL}' type='chat'><body>{body}</body></message>")
        until(lambda: body in self.said(), what=body)

    def said(self) -> dict[str, tuple[Any, ...]]:
        """Every message on disk by its text: chat, sender, whether it is ours, and how far it has come."""
        stored = (e.MessageStored, e.MessageChanged)
        events = [event for event in self.house.seen(e.Event) if isinstance(event, stored)]
        return {
            m.message.body: (m.message.chat, m.message.sender, m.message.mine, m.message.state, m.message.clash)
            for m in events
        }

    def state(self) -> dict[str, Any]:
        """All that anybody could see, without the fences."""
        chats: dict[int, Any] = {}
        people: dict[int, dict[str, Any]] = {}
        known: dict[str, Any] = {"wrong": [], "links": []}
        for event in self.house.seen(e.Event):
            if isinstance(event, e.ChatStored):
                chats[event.chat.id] = replace(
                    event.chat, unread=0, last_text="", last_time=0, last_sender="", mentions=0
                )
            elif isinstance(event, e.OccupantsChanged):
                there = people.setdefault(event.chat, {})
                if event.whole:
                    there.clear()
                there.update({occupant.nick: occupant for occupant in event.present})
                for nick in event.gone:
                    there.pop(nick, None)
            elif isinstance(event, e.ContactsChanged):
                known["contacts"] = {contact.jid: contact for contact in event.contacts}
            elif isinstance(event, e.RoomDescribed):
                known[f"facts {event.chat}"] = event.facts
            elif isinstance(event, e.WentWrong | e.CertificateDoubted | e.ChatRemoved | e.MessageRemoved):
                known["wrong"].append(event)
            elif isinstance(event, e.LinkChanged):
                known["links"].append(event.link)
        said = {body: fact for body, fact in self.said().items() if not body.startswith("fence")}
        return known | {"chats": chats, "people": people, "said": said}

    def answers(self) -> list[str]:
        """What the client has sent in answer to requests, as ids."""
        return [s.get("id", "") for s in self.honest.got if s.get("type") in ("result", "error")]

    def sent(self, body: str) -> Any:
        """The client's own message with this text, as the server got it, waited for."""
        texts = "{jabber:client}body"
        return until(lambda: next((s for s in list(self.honest.got) if s.findtext(texts) == body), None), what=body)


def enter(house: RunningEngine, hostile: Hostile, honest: Honest, trusting: Server) -> World:
    """Sign in and go into the rooms."""
    where = replace(trusting, host="127.0.0.1", port=hostile.port)
    account = house.do(c.AddAccount(JID, PASSWORD, "willow", where))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    house.wait(e.ContactsChanged, lambda event: any(contact.show for contact in event.contacts))
    world = World(house, hostile, honest, account)
    left = house.do(c.JoinRoom(account.id, LEFT, "willow"))
    house.do(c.LeaveRoom(left.id))
    house.wait(e.ChatStored, lambda event: event.chat.id == left.id and not event.chat.occupants)
    world.chat = house.do(c.JoinRoom(account.id, TEA, "willow")).id
    world.fence()
    return world


__all__ = ["Delivery", "World", "enter"]
