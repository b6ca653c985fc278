"""What the server of an account keeps of its messages (XEP-0441): asked for, and chosen."""

import xml.etree.ElementTree as ET

from teahouse.domain.archiving import Archiving
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.client import Client
from teahouse.engine.xml import MAM, condition, el

_LISTED = 5_000
"""Exceptions of one kind that are kept when the rule changes."""
_NO_CHOICE = ("feature-not-implemented", "service-unavailable", "not-allowed", "forbidden", "not-acceptable")


async def ask(client: Client) -> Archiving:
    """What is kept now; raises Trouble(NO_ARCHIVING) where the server leaves no choice."""
    return rule(await preferences(client))


async def choose(client: Client, archiving: Archiving) -> Archiving:
    """Have it keep this from now on, with the exceptions that it knows; what it then says. Raises Trouble."""
    now = await preferences(client)
    wanted = el(f"{{{MAM}}}prefs", {"default": archiving.value})
    for name in ("always", "never"):
        held = now.findall(f"{{{MAM}}}{name}/{{{MAM}}}jid")[:_LISTED]
        wanted.append(el(f"{{{MAM}}}{name}", None, *(el(f"{{{MAM}}}jid", text=jid.text) for jid in held)))
    answer = await client.ask(el("iq", {"type": "set"}, wanted))
    if answer.get("type") != "result":
        raise _refused(client, answer)
    return await ask(client)


async def preferences(client: Client) -> ET.Element:
    """What the server was told to keep; raises Trouble(NO_ARCHIVING) where it leaves no choice."""
    answer = await client.ask(el("iq", {"type": "get"}, el(f"{{{MAM}}}prefs")))
    prefs = answer.find(f"{{{MAM}}}prefs")
    if answer.get("type") != "result" or prefs is None:
        raise _refused(client, answer)
    return prefs


def rule(prefs: ET.Element) -> Archiving:
    """What is kept of whoever is in no list; raises Trouble(NO_ARCHIVING) for an answer that makes no sense."""
    try:
        return Archiving(prefs.get("default", ""))
    except ValueError:
        raise Trouble(Problem(Fault.NO_ARCHIVING)) from None


def _refused(client: Client, answer: ET.Element) -> Trouble:
    named, said = condition(answer)
    return Trouble(Problem(Fault.NO_ARCHIVING if named in _NO_CHOICE else Fault.NOT_ALLOWED, client.host, said))
