"""Archives (XEP-0313, paged by XEP-0059): a page is asked for, and believed whole or not at all.

Results come as messages. Each belongs to the query whose id it bears, and only the archive that was asked may send it.
A page is refused when it is too long, comes back to an id, is empty without being the last, or is not framed by the
ids that its end names. No clock is ever sent: history is asked for by id and by count.
"""

import asyncio
import secrets
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from teahouse.crash import crash_point
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine.authority import ID_KEPT, Authority, delayed_at
from teahouse.engine.client import Client
from teahouse.engine.xml import CLIENT, FORWARD, MAM, RSM, child_text, condition, el

PAGE = 1_000
"""Messages that are asked for at once. Servers give less; some look through all of an archive for every page."""
MOST_PAGES = 4_000
"""Pages that are read at a time: an archive that never ends gets no further."""
PATIENCE = 60.0
"""Seconds until a page must be there."""


@dataclass(frozen=True, slots=True)
class Item:
    """A message in an archive, with the archive's name for it and its time in milliseconds."""

    id: str
    stamp: int
    message: ET.Element


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an archive, in its order."""

    items: tuple[Item, ...]
    complete: bool
    """Whether there is nothing more in the direction in which it was asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask for: what comes `after` an id, or `before` one (empty: the newest), and `most` how much."""

    archive: str
    after: str = ""
    before: str | None = None
    person: str = ""
    """Only what was said with this address."""
    most: int = 0
    """0: as much as usual."""

    def query(self, number: str) -> ET.Element:
        """The request."""
        rsm = el(f"{{{RSM}}}set", None, el(f"{{{RSM}}}max", text=str(self.most)))
        if self.before is not None:
            rsm.append(el(f"{{{RSM}}}before", text=self.before))
        elif self.after:
            rsm.append(el(f"{{{RSM}}}after", text=self.after))
        query = el(f"{{{MAM}}}query", {"queryid": number}, rsm)
        if self.person:
            form = el("{jabber:x:data}x", {"type": "submit"}, _field("FORM_TYPE", MAM), _field("with", self.person))
            query.insert(0, form)
        return query


def _field(name: str, value: str) -> ET.Element:
    return el("{jabber:x:data}field", {"var": name}, el("{jabber:x:data}value", text=value))


@dataclass
class _Open:
    """A query that is answered at the moment."""

    wanted: Wanted
    items: list[Item] = field(default_factory=list)
    count: int = 0
    """Results so far."""
    sound: bool = True


class Archives:
    """The queries of one account."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self.most = PAGE
        """As much as is asked for at once, usually."""
        self._open: dict[str, _Open] = {}

    def take(self, message: ET.Element) -> bool:
        """Take a result; True for whatever claims to be one, also when nobody asked its sender."""
        results = message.findall(f"{{{MAM}}}result")
        if not results:
            return False
        asked = self._open.get(results[0].get("queryid", ""))
        if len(results) == 1 and asked is not None and self._authority.is_archive(message, asked.wanted.archive):
            item = _item(results[0])
            asked.count += 1
            if item is None or asked.count > asked.wanted.most:
                asked.sound = False
            elif not asked.items or asked.items[-1].id != item.id:
                # ejabberd may hold a message twice under one id, when it came while we were becoming present.
                asked.items.append(item)
        return True

    async def page(self, client: Client, wanted: Wanted) -> Page:
        """A page; raises Trouble (HISTORY_GONE when the archive does not know the id, TIMED_OUT, SERVER_MISBEHAVED)."""
        number, wanted = secrets.token_hex(12), replace(wanted, most=wanted.most or self.most)
        crash_point("asking")
        asked = self._open[number] = _Open(wanted)
        to = {} if wanted.archive == client.own.bare else {"to": wanted.archive}
        try:
            answer = await client.ask(el("iq", {"type": "set"} | to, wanted.query(number)), PATIENCE)
        finally:
            del self._open[number]
        if answer.get("type") != "result":
            named, said = condition(answer)
            gone = named == "item-not-found"
            raise Trouble(Problem(Fault.HISTORY_GONE if gone else Fault.NOT_ALLOWED, wanted.archive, said))
        return _judged(asked, answer, client)

    async def onward(self, client: Client, archive: str, after: str) -> AsyncGenerator[Page, None]:
        """All pages behind an id; the server looks for the next one while one is being used. Raises as `page` does."""
        seen, asked = {after}, asyncio.ensure_future(self.page(client, Wanted(archive, after=after)))
        try:
            for _ in range(MOST_PAGES):
                page = await asked
                ids = {item.id for item in page.items}
                if ids & seen:
                    raise client.misbehaved("an archive that loops")
                seen |= ids
                if page.complete:
                    yield page
                    return
                asked = asyncio.ensure_future(self.page(client, Wanted(archive, after=page.items[-1].id)))
                yield page
            raise Trouble(Problem(Fault.TIMED_OUT, archive))
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)


def _judged(asked: _Open, answer: ET.Element, client: Client) -> Page:
    fin = answer.find(f"{{{MAM}}}fin")
    if fin is None or not asked.sound:
        raise client.misbehaved("an archive's page without an end, or with too much in it")
    complete, ids = fin.get("complete") in ("true", "1"), [item.id for item in asked.items]
    rsm = fin.find(f"{{{RSM}}}set")
    told = (child_text(rsm, "first", RSM), child_text(rsm, "last", RSM)) if rsm is not None else (None, None)
    edges = (ids[0], ids[-1]) if ids else (None, None)
    known = {asked.wanted.after, asked.wanted.before} - {""}
    if told != edges or len(set(ids)) < len(ids) or known & set(ids) or not (ids or complete):
        raise client.misbehaved("an archive's page that loops, or is not what its end says")
    return Page(tuple(asked.items), complete)


def _item(result: ET.Element) -> Item | None:
    forwarded = result.findall(f"{{{FORWARD}}}forwarded")
    messages = forwarded[0].findall(f"{{{CLIENT}}}message") if len(forwarded) == 1 else []
    number = result.get("id", "")
    if len(messages) != 1 or not 0 < len(number) <= ID_KEPT:
        return None
    return Item(number, delayed_at(forwarded[0]), messages[0])
