"""Asking services and rooms what they are and what they hold (XEP-0030, XEP-0045 section 6)."""

import xml.etree.ElementTree as ET

from teahouse.domain.chat import RoomFacts, RoomListing
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine.client import Client
from teahouse.engine.room import facts_of
from teahouse.engine.xml import DISCO_INFO, DISCO_ITEMS, condition, el

_SERVICES, _ITEMS = 20, 5_000
"""Most that are asked, or listed."""
Described = tuple[RoomFacts, frozenset[str]]
"""What a room says of itself, and its features."""


async def ask_info(client: Client, jid: str, seconds: float = 30) -> ET.Element:
    """The answer to disco#info, an error too; raises Trouble."""
    return await client.ask(el("iq", {"type": "get", "to": jid}, el(f"{{{DISCO_INFO}}}query")), seconds)


async def ask_room(client: Client, jid: str, seconds: float = 30) -> Described:
    """What a room says of itself, and its features; raises Trouble."""
    return facts_of(await ask_info(client, jid, seconds), jid)


async def browse(client: Client, service: str) -> tuple[RoomListing, ...]:
    """The rooms of a service, or of the one that our server offers; raises Trouble(NO_ROOMS_HERE)."""
    return await _listed(client, Jid.parse(service).domain if service else await room_service(client))


async def room_service(client: Client) -> str:
    """The address of the service for rooms that our server offers; raises Trouble(NO_ROOMS_HERE)."""
    for jid, _ in (await _items(client, client.host))[:_SERVICES]:
        query = (await ask_info(client, jid, 10)).find(f"{{{DISCO_INFO}}}query")
        if query is not None and any(i.get("category") == "conference" for i in query):
            return jid
    raise Trouble(Problem(Fault.NO_ROOMS_HERE, client.host))


async def _listed(client: Client, service: str) -> tuple[RoomListing, ...]:
    listed = []
    for jid, name in await _items(client, service):
        shown, count = name, -1
        head, bracket, tail = name.rpartition("(")
        digits = tail.rstrip(")")
        if bracket and digits.isascii() and digits.isdigit():
            shown, count = head.strip(), int(digits[:6])
        listed.append(RoomListing(jid, shown or jid.partition("@")[0], count))
    return tuple(sorted(listed, key=lambda room: (-room.occupants, room.name.casefold())))


async def _items(client: Client, jid: str) -> list[tuple[str, str]]:
    answer = await client.ask(el("iq", {"type": "get", "to": jid}, el(f"{{{DISCO_ITEMS}}}query")))
    query = answer.find(f"{{{DISCO_ITEMS}}}query")
    if answer.get("type") != "result" or query is None:
        raise Trouble(Problem(Fault.NO_ROOMS_HERE, jid, condition(answer)[1]))
    found = []
    for item in query[:_ITEMS]:
        try:
            found.append((Jid.parse(item.get("jid", "")).bare, label(item.get("name", ""))))
        except Trouble:
            continue
    return found
