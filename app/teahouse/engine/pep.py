"""What an account keeps at its server for its own devices alone, or for everybody (XEP-0060, XEP-0163, XEP-0223)."""

import xml.etree.ElementTree as ET

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.client import Client
from teahouse.engine.xml import DATA, PUBSUB, condition, el, passes

OPTIONS = f"{PUBSUB}#publish-options"
"""Announced by servers that heed under which conditions something is published."""
_PRIVATE = {
    "pubsub#persist_items": "true",
    "pubsub#max_items": "max",
    "pubsub#send_last_published_item": "never",
    "pubsub#access_model": "whitelist",
}
"""Nobody but our own devices may read it."""
_PLAINER = {**_PRIVATE, "pubsub#max_items": "255"}
"""For servers that take them when a node is made, and know no `max`."""
_OPEN = {"pubsub#persist_items": "true", "pubsub#max_items": "1", "pubsub#access_model": "open"}
"""Everybody may read it, whoever can see us or not."""


async def fetch(client: Client, node: str, of: str = "") -> ET.Element | None:
    """The `items` of a node of ours, or `of` a bare address, empty when it is not there.

    None when the server keeps none at all, or does not let us read it. Raises Trouble; of somebody else also when their
    server cannot be reached for now: that says nothing of what they have.
    """
    to = {"to": of} if of else {}
    asked = el("iq", {"type": "get"} | to, el(f"{{{PUBSUB}}}pubsub", None, el(f"{{{PUBSUB}}}items", {"node": node})))
    answer = await client.ask(asked)
    items = answer.find(f"{{{PUBSUB}}}pubsub/{{{PUBSUB}}}items")
    if answer.get("type") == "result" and items is not None and items.get("node") == node:
        return items
    if of and passes(answer):
        raise Trouble(Problem(Fault.TIMED_OUT, of))
    return el(f"{{{PUBSUB}}}items", {"node": node}) if condition(answer)[0] == "item-not-found" else None


async def publish(
    client: Client, node: str, item: str, content: ET.Element, *, heeds: bool = True, to_all: bool = False
) -> bool:
    """Have the server keep one item for our own devices, or `to_all`; whether it does. Raises Trouble.

    One that does not heed conditions (`heeds`) is told nothing before the node is closed to others.
    """
    if heeds:
        form = el(f"{{{PUBSUB}}}publish-options", None, _form("publish-options", _OPEN if to_all else _PRIVATE))
        if (await _publish(client, node, item, content, form)).get("type") == "result":
            return True
    if not await _prepared(client, node, _OPEN if to_all else _PLAINER):
        return False
    return (await _publish(client, node, item, content)).get("type") == "result"


async def _publish(client: Client, node: str, item: str, content: ET.Element, *options: ET.Element) -> ET.Element:
    publishing = el(f"{{{PUBSUB}}}publish", {"node": node}, el(f"{{{PUBSUB}}}item", {"id": item}, content))
    return await client.ask(el("iq", {"type": "set"}, el(f"{{{PUBSUB}}}pubsub", None, publishing, *options)))


async def _prepared(client: Client, node: str, conditions: dict[str, str]) -> bool:
    """Make the place for them, or set up the one that is there; whether it is as it must be (XEP-0060 section 8)."""
    form = _form("node_config", conditions)
    made = el(f"{{{PUBSUB}}}pubsub", None, el(f"{{{PUBSUB}}}create", {"node": node}))
    made.append(el(f"{{{PUBSUB}}}configure", None, form))
    if (await client.ask(el("iq", {"type": "set"}, made))).get("type") == "result":
        return True
    setting = el(f"{{{PUBSUB}#owner}}configure", {"node": node}, form)
    answer = await client.ask(el("iq", {"type": "set"}, el(f"{{{PUBSUB}#owner}}pubsub", None, setting)))
    return answer.get("type") == "result"


def _form(kind: str, values: dict[str, str]) -> ET.Element:
    fields = [el(f"{{{DATA}}}field", {"var": "FORM_TYPE", "type": "hidden"}, _value(f"{PUBSUB}#{kind}"))]
    fields += [el(f"{{{DATA}}}field", {"var": var}, _value(value)) for var, value in values.items()]
    return el(f"{{{DATA}}}x", {"type": "submit"}, *fields)


def _value(text: str) -> ET.Element:
    return el(f"{{{DATA}}}value", text=text)
