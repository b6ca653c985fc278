"""A new secret group: a room for its members only, who see the addresses of each other, and which nobody else sees.

It is locked by its service until it is set up (XEP-0045 section 10.1), so that nobody can come in before that.
"""

import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from teahouse.domain import commands as c
from teahouse.domain.chat import Chat
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import label
from teahouse.engine import browsing, rooming
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.members import ADMIN
from teahouse.engine.xml import DATA, MUC_USER, condition, el

OWNER = "http://jabber.org/protocol/muc#owner"
MOST = 200
"""People who are invited at once."""
_CONFIG = "http://jabber.org/protocol/muc#roomconfig"
_SETTINGS = {
    "muc#roomconfig_membersonly": "1",
    "muc#roomconfig_whois": "anyone",
    "muc#roomconfig_publicroom": "0",
    "muc#roomconfig_persistentroom": "1",
    "muc#roomconfig_changesubject": "1",
}


async def found(
    desk: Desk, account: int, name: str, people: Sequence[str], made: Callable[[Chat], None], service: str = ""
) -> Chat:
    """Make the room, give these (addresses) membership and invite them. Raises Trouble, and leaves the room then.

    `made` is told of it as soon as there is a chat.
    """
    online = desk.of(account)
    client = online.client()
    jids = list(dict.fromkeys(Jid.parse(one).bare for one in people if one.strip()))[:MOST]
    for jid in jids:
        if not Jid.parse(jid).local:
            raise Trouble(Problem(Fault.BAD_ADDRESS, jid))
    room = f"{secrets.token_hex(8)}@{service or await browsing.room_service(client)}"
    chat: Chat = await rooming.join(desk, c.JoinRoom(account, room, online.account.nick, exposed=True))
    made(chat)
    try:
        await set_up(client, room, name)
        for jid in jids:
            await _asked(client, room, ADMIN, el(f"{{{ADMIN}}}item", {"affiliation": "member", "jid": jid}))
    except Trouble:
        await rooming.leave(desk, c.LeaveRoom(chat.id))
        raise
    named = rooming.title(desk, chat.id, label(name)) if label(name) else chat
    inside = online.rooms.of_chat(chat.id)
    if inside is not None:
        await online.entering.renew(inside)
    for jid in jids:
        client.put(_invitation(room, jid))
    return online.dress(named or chat)


async def set_up(client: Client, room: str, name: str) -> None:
    """Have a room that was just made be as a secret group is; raises Trouble(ROOM_UNFIT) where it cannot be so."""
    wanted = _SETTINGS | ({"muc#roomconfig_roomname": label(name)} if name else {})
    fields = [_field("FORM_TYPE", _CONFIG), *(_field(var, value) for var, value in wanted.items())]
    await _asked(client, room, OWNER, el(f"{{{DATA}}}x", {"type": "submit"}, *fields))
    facts, _ = await browsing.ask_room(client, room)
    if not (facts.members_only is True and facts.anonymous is False):
        raise Trouble(Problem(Fault.ROOM_UNFIT, room))


def _field(var: str, value: str) -> ET.Element:
    return el(f"{{{DATA}}}field", {"var": var}, el(f"{{{DATA}}}value", text=value))


async def _asked(client: Client, room: str, namespace: str, what: ET.Element) -> None:
    answer = await client.ask(el("iq", {"type": "set", "to": room}, el(f"{{{namespace}}}query", None, what)))
    if answer.get("type") != "result":
        named, said = condition(answer)
        raise Trouble(Problem(Fault.NOT_ALLOWED, room, label(said or named, 200)))


def _invitation(room: str, jid: str) -> ET.Element:
    return el("message", {"to": room}, el(f"{{{MUC_USER}}}x", None, el(f"{{{MUC_USER}}}invite", {"to": jid})))
