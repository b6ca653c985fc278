"""Apply a provision file: accounts, rooms and contacts that a group or an administrator hands to its members.

The file is TOML:

    policy = "open"                     # of a new profile: any route, not sealed; without it, Tor only and sealed

    [[account]]
    address = "willow@example.org"      # required
    password = "..."                    # required
    nick = "willow"
    host = "xmpp.example.org"           # when it is not what the address says
    port = 5222
    direct_tls = false
    ca_file = "group-ca.pem"            # beside the provision file, or absolute
    route = "tor"                       # or "direct"; the usual one of the profile when left out
    register = false                    # make the account on the server first
    rooms = [{ address = "tea@rooms.example.org", nick = "willow", password = "" }]
    contacts = [{ address = "ferry@example.org", name = "Ferry" }]

    [settings]
    theme = "dark"
"""

import tomllib
from pathlib import Path
from typing import Any

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Route, Server
from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.desk import Desk
from teahouse.engine.routes import Isolation
from teahouse.store import accounts, chats, preferences

_ROUTES = {"direct": Route.DIRECT, "tor": Route.TOR}


async def provision(desk: Desk, wish: c.Provision) -> int:
    """Read the file and keep what it names; an account that exists is left as it is. Raises Trouble(BAD_PROVISION)."""
    path = Path(wish.path)
    try:
        content = tomllib.loads(path.read_text())
        entries = list(content.get("account", []))
        return sum([await _account(desk, dict(entry), path.parent) for entry in entries], 0) + _settings(desk, content)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Trouble(Problem(Fault.BAD_PROVISION, path.name, str(error)[:200])) from error


def _settings(desk: Desk, content: dict[str, Any]) -> int:
    for key, value in dict(content.get("settings", {})).items():
        preferences.put(desk.tools.db, str(key), str(value))
    return 0


def _route(desk: Desk, entry: dict[str, Any]) -> Route:
    usual = desk.tools.routes.usual
    route = _ROUTES[str(entry["route"])] if "route" in entry else usual
    desk.tools.routes.allow(route)
    return route


async def _account(desk: Desk, entry: dict[str, Any], folder: Path) -> int:
    jid = Jid.parse(str(entry["address"]))
    if any(account.jid == jid.bare for account in accounts.every(desk.tools.db)):
        return 0
    ca_file = str(folder / str(entry["ca_file"])) if entry.get("ca_file") else ""
    server = Server(str(entry.get("host", "")), int(entry.get("port", 0)), bool(entry.get("direct_tls")), ca_file)
    nick, password = str(entry.get("nick", "")) or jid.local, str(entry["password"])
    route, isolation, key = _route(desk, entry), Isolation(), ""
    if entry.get("register"):
        form = await desk.registrations.begin(jid.domain, server, route)
        registering = desk.registrations.get(form.ticket)
        await registering.client.submit((("username", jid.local), ("password", password)))
        desk.registrations.end(form.ticket)
        isolation, key = registering.isolation, registering.client.key
    account = accounts.add(desk.tools.db, Account(0, jid.bare, nick, route, server, key=key), password)
    desk.tools.routes.adopt(account.id, isolation)
    for room in entry.get("rooms", []):
        address = Jid.parse(str(room["address"])).bare
        title = str(room.get("title", "")) or address.partition("@")[0]
        chat = chats.ensure(desk.tools.db, account.id, address, ChatKind.ROOM, title)
        chats.set_joined(desk.tools.db, chat.id, str(room.get("nick", nick)), str(room.get("password", "")))
        chats.set_exposed(desk.tools.db, chat.id, room.get("exposed") is True)
    for contact in entry.get("contacts", []):
        address = Jid.parse(str(contact["address"])).bare
        chats.ensure(desk.tools.db, account.id, address, ChatKind.PERSON, str(contact.get("name", "")) or address)
    for chat in chats.every(desk.tools.db):
        desk.tools.announce_chat(chat.id)
    online = desk.add(account)
    if not desk.offline:
        online.session.start(awaited=False)
    return 1
