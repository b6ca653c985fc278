"""The roster (RFC 6121): people, whether they can be reached, and who asks to see us."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from teahouse.domain.contact import Contact
from teahouse.domain.events import ContactsChanged
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.text import label
from teahouse.engine.bench import Bench
from teahouse.engine.xml import ROSTER, child_text, el

MOST = 20_000
_SUBSCRIPTIONS = ("none", "to", "from", "both")


class Roster:
    """One account's contacts while its session lasts. Strangers are never accepted by themselves."""

    def __init__(self, bench: Bench, account: int) -> None:
        self._bench, self._account = bench, account
        self.contacts: dict[str, Contact] = {}

    def announce(self) -> None:
        """Say who is in it."""
        self._bench.announce(ContactsChanged(self._account, tuple(self.contacts.values())))

    def take(self, query: ET.Element | None, *, whole: bool) -> None:
        """Read a roster answer or a push whose sender was checked."""
        if query is None:
            return
        if whole:
            self.contacts = {j: c for j, c in self.contacts.items() if c.asking}
        for item in query.findall(f"{{{ROSTER}}}item")[:MOST]:
            self._item(item)
        self.announce()

    def _item(self, item: ET.Element) -> None:
        try:
            jid = Jid.parse(item.get("jid", "")).bare
        except Trouble:
            return
        subscription = item.get("subscription", "none")
        if subscription == "remove":
            self.contacts.pop(jid, None)
        elif subscription in _SUBSCRIPTIONS:
            old = self.contacts.get(jid, Contact(self._account, jid))
            groups = tuple(label(g.text or "") for g in item.findall(f"{{{ROSTER}}}group")[:20])
            asking = old.asking and subscription not in ("from", "both")
            name = label(item.get("name", ""))
            self.contacts[jid] = replace(old, name=name, subscription=subscription, groups=groups, asking=asking)

    def presence(self, stanza: ET.Element) -> None:
        """Read a presence that belongs to no room."""
        try:
            jid = Jid.parse(stanza.get("from", "")).bare
        except Trouble:
            return
        kind = stanza.get("type")
        known = self.contacts.get(jid)
        if kind == "subscribe" and len(self.contacts) < MOST:
            self.contacts[jid] = replace(known or Contact(self._account, jid), asking=True)
        elif known is not None and kind in (None, "unavailable"):
            show = (child_text(stanza, "show") or "online")[:10] if kind is None else ""
            if show == known.show:
                return
            self.contacts[jid] = replace(known, show=show)
        else:
            return
        self.announce()

    def answered(self, jid: str) -> None:
        """The user has answered somebody who asked."""
        if jid in self.contacts:
            self.contacts[jid] = replace(self.contacts[jid], asking=False)
            if self.contacts[jid].subscription == "none" and not self.contacts[jid].name:
                self.contacts.pop(jid)
            self.announce()

    def lost(self) -> None:
        """Offline: nobody can be seen."""
        self.contacts = {j: replace(c, show="") for j, c in self.contacts.items()}
        self.announce()


def request() -> ET.Element:
    """Ask for the roster."""
    return el("iq", {"type": "get"}, el(f"{{{ROSTER}}}query"))
