"""Who belongs to a room, there or not: its owners, admins and members (XEP-0045 sections 9.5, 10.5, 10.8)."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.engine.client import Client
from teahouse.engine.xml import el

ADMIN = "http://jabber.org/protocol/muc#admin"
LISTS = ("owner", "admin", "member")
MOST = 10_000
"""Addresses that are taken of one room."""


@dataclass(frozen=True, slots=True)
class Members:
    """Bare addresses, ours with them. Not `whole` when the room did not let us read a list: there may be more."""

    jids: frozenset[str]
    whole: bool


async def members(client: Client, room: str, seconds: float = 30) -> Members:
    """Read the lists of a room that we are in; raises Trouble when it does not answer.

    A service that keeps a list from us says so for each; what it told until then counts.
    """
    found: set[str] = set()
    whole = True
    for affiliation in LISTS:
        item = el(f"{{{ADMIN}}}item", {"affiliation": affiliation})
        query = el("iq", {"type": "get", "to": room}, el(f"{{{ADMIN}}}query", None, item))
        answer = await client.ask(query, seconds)
        told = answer.find(f"{{{ADMIN}}}query") if answer.get("type") == "result" else None
        if told is None:
            whole = False
            continue
        found |= read(told, affiliation)
    return Members(frozenset(sorted(found)[:MOST]), whole and len(found) <= MOST)


def read(query: ET.Element, affiliation: str) -> set[str]:
    """The bare addresses of one list; whoever is on it with another affiliation, or without an address, is not."""
    found: set[str] = set()
    for item in query.findall(f"{{{ADMIN}}}item"):
        if item.get("affiliation") == affiliation:
            try:
                jid = Jid.parse(item.get("jid", ""))
            except Trouble:
                continue
            if jid.local:
                found.add(jid.bare)
    return found
