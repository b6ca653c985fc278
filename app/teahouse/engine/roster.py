"""The roster (RFC 6121): people, whether they can be reached, and who asks to see us."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from teahouse.domain.contact import Contact
from teahouse.domain.events import ContactsChanged
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.domain.text import label
from teahouse.engine import capabilities
from teahouse.engine.bench import Bench
from teahouse.engine.xml import ROSTER, child_text, el
from teahouse.store import contacts

MOST, DEVICES = 20_000, 20
_VERSION_KEPT = 1_000
ASKING = 200
"""Most who wait for our answer: strangers make as many addresses as they like."""
_SUBSCRIPTIONS = ("none", "to", "from", "both")
_SHOWS = ("chat", "online", "away", "xa", "dnd")
"""The most reachable first."""


class Roster:
    """One account's contacts, as the server last told them. Strangers are never accepted by themselves."""

    def __init__(self, bench: Bench, account: int) -> None:
        self._bench, self._account = bench, account
        self.contacts = contacts.every(bench.db, account)
        self._devices: dict[str, dict[str, str]] = {}
        self._entries = set(self.contacts)

    def holds(self, jid: str) -> bool:
        """Whether this bare address stands in the roster; who only asks to see us does not."""
        return jid in self._entries

    def announce(self) -> None:
        """Say who is in it."""
        self._bench.announce(ContactsChanged(self._account, tuple(self.contacts.values())))

    def take(self, query: ET.Element, *, whole: bool) -> None:
        """Read a roster answer or a push whose sender was checked; raises Trouble when it cannot be written down."""
        if whole:
            self.contacts = {j: c for j, c in self.contacts.items() if c.asking}
            self._entries.clear()
        items = query.findall(f"{{{ROSTER}}}item")
        touched = {jid for item in items[:MOST] if (jid := self._item(item))}
        version = query.get("ver", "")
        if len(version) > _VERSION_KEPT or len(items) > MOST:
            # What was not read must be told again.
            version = ""
        kept = (self.contacts[jid] for jid in touched & self._entries)
        try:
            contacts.keep(self._bench.db, self._account, kept, touched - self._entries, version, whole=whole)
        finally:
            self.announce()

    def request(self, *, versioned: bool) -> ET.Element:
        """Ask for the roster, or, where the server keeps versions, for what has changed."""
        version = {"ver": contacts.version(self._bench.db, self._account)} if versioned else {}
        return el("iq", {"type": "get"}, el(f"{{{ROSTER}}}query", version))

    def _item(self, item: ET.Element) -> str:
        """Whom it was about; empty when it makes no sense."""
        try:
            jid = Jid.parse(item.get("jid", "")).bare
        except Trouble:
            return ""
        subscription = item.get("subscription", "none")
        if subscription == "remove":
            self.contacts.pop(jid, None)
            self._devices.pop(jid, None)
            self._entries.discard(jid)
        elif subscription in _SUBSCRIPTIONS and (jid in self.contacts or len(self.contacts) < MOST):
            self._entries.add(jid)
            old = self.contacts.get(jid, Contact(self._account, jid))
            groups = tuple(label(g.text or "") for g in item.findall(f"{{{ROSTER}}}group")[:20])
            asking = old.asking and subscription not in ("from", "both")
            name = label(item.get("name", ""))
            show = old.show if subscription in ("to", "both") else ""
            self.contacts[jid] = replace(
                old, name=name, subscription=subscription, groups=groups, asking=asking, show=show
            )
        return jid

    def asked(self, who: Jid) -> None:
        """Somebody asks to see when we are online."""
        known = self.contacts.get(who.bare)
        if known is None and sum(contact.asking for contact in self.contacts.values()) >= ASKING:
            return
        if known is None or not known.asking:
            self.contacts[who.bare] = replace(known or Contact(self._account, who.bare), asking=True)
            self.announce()

    def shown(self, who: Jid, stanza: ET.Element) -> None:
        """A contact whom we may see comes or goes with one of its devices; the most reachable one counts."""
        known = self.contacts.get(who.bare)
        if known is None:
            return
        devices = self._devices.setdefault(who.bare, {})
        kind, show = stanza.get("type"), child_text(stanza, "show") or "online"
        if kind is None and (who.resource in devices or len(devices) < DEVICES):
            devices[who.resource] = show if show in _SHOWS else "online"
        elif kind == "unavailable" and not who.resource:
            devices.clear()
        elif kind == "unavailable":
            devices.pop(who.resource, None)
        best = min(devices.values(), key=_SHOWS.index, default="")
        if best != known.show:
            self.contacts[who.bare] = replace(known, show=best)
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
        self._devices.clear()
        self.contacts = {j: replace(c, show="") for j, c in self.contacts.items()}
        self.announce()


def absence() -> ET.Element:
    """What ends that."""
    return el("presence", {"type": "unavailable"})


def presence() -> ET.Element:
    """What those who may see us are told: that we are here, and what everybody's program can do. Never more."""
    return el("presence", None, capabilities.announced())
