"""Archives and copies that lie: a page is believed whole or not at all, and only from whom it was asked of."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.message import Delivery
from teahouse.domain.queries import ListGaps
from teahouse.engine.archive import PAGE
from tests.engine.test_delivery import MakeEngine
from tests.rig.honest import FULL, ROSE, TEA, Honest, attributes
from tests.rig.hostile import HOST, JID, Hostile
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
STAMP = "2020-01-01T00:00:{:02d}Z"


def result(
    number: str, query: str, body: str, *, archive: str = JID, from_: str = f"{ROSE}/garden", to: str = JID,
    kind: str = "chat", second: int = 0, more: str = "",
) -> str:  # fmt: skip
    """One result of an archive."""
    delay = f"<delay xmlns='urn:xmpp:delay' stamp='{STAMP.format(second)}'/>"
    inner = f"<message xmlns='jabber:client'{attributes(from_=from_, to=to, type=kind, id=f'i-{body}')}>"
    inner += f"<body>{body}</body>{more}</message>"
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{delay}{inner}</forwarded>"
    head = f"<message{attributes(from_=archive, to=FULL)}>"
    return f"{head}<result xmlns='{MAM}' queryid='{query}' id='{number}'>{forwarded}</result></message>"


def end(iq: ET.Element, first: str, last: str, *, complete: bool, archive: str = JID) -> str:
    """The end of a page."""
    frame = f"<set xmlns='{RSM}'><first>{first}</first><last>{last}</last></set>" if first else ""
    fin = f"<fin xmlns='{MAM}'{attributes(complete='true' if complete else '')}>{frame}</fin>"
    return f"<iq{attributes(type='result', id=iq.get('id', ''), from_=archive, to=FULL)}>{fin}</iq>"


@dataclass
class Keeping(Honest):
    """An honest server with an archive for our account, page by page; `lie` makes something else of an answer."""

    account_features: tuple[str, ...] = ("urn:xmpp:sid:0", MAM)
    kept: list[tuple[str, str]] = field(default_factory=lambda: [("a0", "long ago")])
    """(id, text) of what Rose said."""
    page: int = 2
    lie: Callable[["Keeping", ET.Element, str], str | None] = lambda *_: None
    asked: list[ET.Element] = field(default_factory=list)
    copies: bool = False

    def answer(self, stanza: ET.Element) -> str:
        """Archives are asked by an IQ, copies too."""
        query = stanza.find(f"{{{MAM}}}query")
        if query is not None:
            self.asked.append(query)
            told = self.lie(self, stanza, query.get("queryid", ""))
            return self.honestly(stanza, query) if told is None else told
        if stanza.find("{urn:xmpp:carbons:2}enable") is not None:
            kind = "result" if self.copies else "error"
            return f"<iq{attributes(type=kind, id=stanza.get('id', ''), from_=JID, to=FULL)}/>"
        return super().answer(stanza)

    def honestly(self, iq: ET.Element, query: ET.Element) -> str:
        """The page that was asked for."""
        after = query.findtext(f"{{{RSM}}}set/{{{RSM}}}after")
        before = query.findtext(f"{{{RSM}}}set/{{{RSM}}}before")
        ids = [number for number, _ in self.kept]
        if after and after not in ids:
            gone = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
            return f"<iq{attributes(type='error', id=iq.get('id', ''), from_=JID, to=FULL)}>{gone}</iq>"
        if before is not None:
            rest = self.kept[: ids.index(before)] if before else self.kept
            page, complete = rest[-self.page :], len(rest) <= self.page
        else:
            rest = self.kept[ids.index(after) + 1 :] if after else self.kept
            page, complete = rest[: self.page], len(rest) <= self.page
        told = "".join(result(number, query.get("queryid", ""), body) for number, body in page)
        return told + end(iq, page[0][0] if page else "", page[-1][0] if page else "", complete=complete)


def visited(engine: MakeEngine, hostile: Hostile, script: Keeping, trusting: Server) -> tuple[World, Any]:
    """Signed in once, all read, and the chat with Rose."""
    world = enter(engine(), hostile, script, trusting)
    person = world.house.do(c.OpenPerson(world.account.id, ROSE))
    until(lambda: "long ago" in world.house.bodies(person.id))
    return world, person


def come_back(world: World) -> None:
    """Offline and online again."""
    before = len(world.house.seen(e.LinkChanged, lambda event: event.link is Link.ONLINE))
    world.house.do(c.Disconnect(world.account.id))
    world.house.do(c.Connect(world.account.id))
    until(lambda: len(world.house.seen(e.LinkChanged, lambda event: event.link is Link.ONLINE)) > before)


def spoken(world: World, chat: int) -> list[str]:
    """What Rose said, without the fences."""
    return [body for body in world.house.bodies(chat) if not body.startswith("fence")]


MISSED = [("a1", "one"), ("a2", "two"), ("a3", "three")]


def test_control_an_honest_archive_is_read(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping()
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        until(lambda: spoken(world, person.id) == ["long ago", "one", "two", "three"])
        sent = ET.tostring(script.asked[-1], encoding="unicode")
        assert "start" not in sent and "end" not in sent and "after" in sent
        assert world.house.ask(ListGaps(person.id)) == ()
        world.house.stop()


def lies(page: Callable[[ET.Element, str], str]) -> Callable[[Keeping, ET.Element, str], str | None]:
    """The first page of what was missed is this one; afterwards all is honest."""
    told: list[bool] = []

    def lie(script: Keeping, iq: ET.Element, query: str) -> str | None:
        if len(script.kept) == 1 or told:
            return None
        told.append(True)
        return page(iq, query)

    return lie


def one(query: str, number: str = "a1", **more: Any) -> str:
    """The first message that was missed."""
    return result(number, query, "forged", **more)


PAGES: dict[str, Callable[[ET.Element, str], str]] = {
    "without an end": lambda iq, q: one(q) + f"<iq{attributes(type='result', id=iq.get('id', ''), to=FULL)}/>",
    "with another end": lambda iq, q: one(q) + end(iq, "a1", "a9", complete=True),
    "with another beginning": lambda iq, q: one(q) + end(iq, "a0", "a1", complete=True),
    "the wrong way round": lambda iq, q: one(q, "a2") + one(q, "a1") + end(iq, "a1", "a2", complete=True),
    "empty, and not the last": lambda iq, q: end(iq, "", "", complete=False),
    "empty with edges": lambda iq, q: end(iq, "a1", "a1", complete=True),
    "that comes back": lambda iq, q: one(q) + one(q, "a2") + one(q) + end(iq, "a1", "a1", complete=True),
    "that begins again": lambda iq, q: one(q, "a0") + end(iq, "a0", "a0", complete=False),
    "too long": lambda iq, q: (
        "".join(result(f"x{n}", q, "forged") for n in range(PAGE + 1)) + end(iq, "x0", f"x{PAGE}", complete=True)
    ),
    "with an id that is none": lambda iq, q: one(q, "") + end(iq, "", "", complete=True),
    "with an endless id": lambda iq, q: one(q, "x" * 501) + end(iq, "x" * 501, "x" * 501, complete=True),
    "refused": lambda iq, q: f"<iq{attributes(type='error', id=iq.get('id', ''), to=FULL)}/>",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_cannot_be_is_not_believed(engine: MakeEngine, honest: Shown, trusting: Server, page: str) -> None:
    script = Keeping(lie=lies(PAGES[page]))
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        # The user sees that something is missing, and can have it fetched.
        (gap,) = until(lambda: world.house.ask(ListGaps(person.id)))
        assert world.house.wait(e.GapsChanged, lambda event: bool(event.gaps)).gaps == (gap,)
        assert "forged" not in world.house.bodies(person.id)
        world.house.do(c.FetchGap(gap.id))
        assert spoken(world, person.id) == ["long ago", "one", "two", "three"]
        assert world.house.ask(ListGaps(person.id)) == ()
        world.house.stop()


def test_what_an_archive_holds_twice_is_told_once(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    """As ejabberd may hold it when it came while we were becoming present."""

    def page(iq: ET.Element, query: str) -> str:
        told = "".join(result(number, query, body) * 2 for number, body in MISSED)
        return told + end(iq, "a1", "a3", complete=True)

    script = Keeping(lie=lies(page))
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        until(lambda: spoken(world, person.id) == ["long ago", "one", "two", "three"])
        assert world.house.ask(ListGaps(person.id)) == ()
        world.house.stop()


def test_what_could_not_be_read_to_the_end_is_shown(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping(lie=lies(lambda _iq, _query: ""))
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        until(lambda: len(script.asked) > 1)
        world.fence()
        world.house.do(c.Disconnect(world.account.id))
        (gap,) = until(lambda: world.house.ask(ListGaps(person.id)))
        known = {message.body: message.order for message in world.house.history(person.id)}
        assert known["long ago"] <= gap.place < known[f"fence {world.fences}"]
        world.house.do(c.Connect(world.account.id))
        until(lambda: spoken(world, person.id) == ["long ago", "one", "two", "three"])
        until(lambda: world.house.ask(ListGaps(person.id)) == ())
        # What was missing stands where it was missing.
        assert world.house.bodies(person.id)[-1] == f"fence {world.fences}"
        world.house.stop()


STRAY = {
    "a result by a stranger": {"archive": "eve@evil.test"},
    "a result by a contact": {"archive": f"{ROSE}/garden"},
    "a result by our server": {"archive": HOST},
    "a result by our own device": {"archive": FULL},
    "a result by a room": {"archive": TEA},
    "a message that is not ours": {"to": "eve@evil.test"},
    "a message of a room": {"from_": f"{TEA}/plum"},
    "a groupchat": {"kind": "groupchat"},
    "an error": {"kind": "error"},
    "a private message": {"more": "<x xmlns='http://jabber.org/protocol/muc#user'/>"},
    "an address that is none": {"from_": "@@"},
}


@pytest.mark.parametrize("stray", STRAY)
def test_what_has_no_place_in_our_archive_is_left_out(
    engine: MakeEngine, honest: Shown, trusting: Server, stray: str
) -> None:
    def page(iq: ET.Element, query: str) -> str:
        # By another sender it is none of the page, so that it must not stand in its frame either.
        counted = "archive" not in STRAY[stray]
        first = one(query, "a1", **STRAY[stray])
        return first + result("a2", query, "two") + end(iq, "a1" if counted else "a2", "a2", complete=True)

    script = Keeping(lie=lies(page))
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED[:2]
        come_back(world)
        until(lambda: spoken(world, person.id) == ["long ago", "two"])
        world.fence()
        assert "forged" not in world.said()
        world.house.stop()


def test_the_id_of_a_query_is_nobody_elses(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping(lie=lies(lambda iq, q: one("other") + one("") + end(iq, "", "", complete=True)))
    with Hostile(script, honest.context) as hostile:
        world, _ = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        until(lambda: len(script.asked) > 1)
        world.fence()
        world.send(one(script.asked[-1].get("queryid", "")))
        world.fence()
        assert "forged" not in world.said()
        world.house.stop()


def test_an_archive_that_forgot_is_read_from_its_end(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping()
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept = [(f"b{n}", f"new {n}") for n in range(7)]
        come_back(world)
        until(lambda: spoken(world, person.id) == ["long ago", *[f"new {n}" for n in range(7)]])
        world.house.stop()


def by_itself(number: str, body: str, delayed: bool) -> str:
    """Rose's message as it comes without being asked for, from the server's store for the absent when `delayed`."""
    told = f"<stanza-id xmlns='urn:xmpp:sid:0' by='{JID}' id='{number}'/>"
    told += f"<delay xmlns='urn:xmpp:delay' from='{HOST}' stamp='{STAMP.format(1)}'/>" if delayed else ""
    head = attributes(from_=f"{ROSE}/garden", to=FULL, type="chat", id=f"i-{body}")
    return f"<message{head}><body>{body}</body>{told}</message>"


def test_what_came_before_the_waiting_ones_stands_behind_them(
    engine: MakeEngine, honest: Shown, trusting: Server
) -> None:
    """ejabberd may hand on what is said just now before what waits in its store, and after it read its archive."""

    def lie(script: Keeping, iq: ET.Element, query: str) -> str | None:
        if len(script.kept) == 1:
            return None
        live = by_itself("a3", "three", delayed=False) + by_itself("a4", "four", delayed=False)
        waiting = by_itself("a1", "one", delayed=True) + by_itself("a2", "two", delayed=True)
        page = "".join(result(number, query, body) for number, body in MISSED[:2])
        return live + waiting + page + end(iq, "a1", "a2", complete=True)

    script = Keeping(lie=lie)
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED
        come_back(world)
        until(lambda: len(spoken(world, person.id)) == 5)
        world.fence()
        assert spoken(world, person.id) == ["long ago", "one", "two", "three", "four"]
        shown = [event.message.body for event in world.house.seen(e.MessageStored)]
        assert shown.index("two") < len(shown) - 1 - shown[::-1].index("three"), "what was moved was not told"
        world.house.stop()


def test_what_fell_between_the_archive_and_being_present_is_found(
    engine: MakeEngine, honest: Shown, trusting: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ejabberd may put a message by for the absent while it makes us present, after it told us its archive's end."""
    monkeypatch.setattr("teahouse.engine.online.SECOND_LOOK", 0.05)

    def lie(script: Keeping, iq: ET.Element, query: str) -> str | None:
        if len(script.kept) != 2:
            return None
        script.kept += MISSED[1:]
        first = result("a1", query, "one") + end(iq, "a1", "a1", complete=True)
        return first + by_itself("a3", "three", delayed=False)

    script = Keeping(lie=lie)
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        script.kept += MISSED[:1]
        come_back(world)
        until(lambda: len(spoken(world, person.id)) == 4)
        assert spoken(world, person.id) == ["long ago", "one", "two", "three"]
        world.house.stop()


# -- copies --------------------------------------------------------------------


def copy(name: str, *, from_: str, to: str, outer: str = JID, kind: str = "chat", more: str = "") -> str:
    """A copy of what another device sent or received."""
    inner = (
        f"<message xmlns='jabber:client'{attributes(from_=from_, to=to, type=kind, id='f')}><body>copied</body>{more}"
    )
    forwarded = f"<forwarded xmlns='urn:xmpp:forward:0'>{inner}</message></forwarded>"
    return (
        f"<message{attributes(from_=outer, to=FULL)}><{name} xmlns='urn:xmpp:carbons:2'>{forwarded}</{name}></message>"
    )


COPIES = {
    "by nobody": {"outer": ""},
    "by our own device": {"outer": FULL},
    "by another device of ours": {"outer": f"{JID}/other"},
    "by our server": {"outer": HOST},
    "by a contact": {"outer": ROSE},
    "by a look-alike": {"outer": f"w\u0456llow@{HOST}"},
    "of a room": {"from_": f"{TEA}/plum"},
    "of somebody to somebody": {"to": "eve@evil.test"},
    "of a groupchat": {"kind": "groupchat"},
    "of a private message": {"more": "<x xmlns='http://jabber.org/protocol/muc#user'/>"},
    "of our own as received": {"from_": f"{JID}/other", "to": ROSE},
}


@pytest.mark.parametrize("forged", COPIES)
def test_a_copy_that_nobody_may_send_is_none(engine: MakeEngine, honest: Shown, trusting: Server, forged: str) -> None:
    script = Keeping(copies=True)
    with Hostile(script, honest.context) as hostile:
        world, _ = visited(engine, hostile, script, trusting)
        before = world.state()
        world.send(copy("received", **({"from_": f"{ROSE}/garden", "to": f"{JID}/other"} | COPIES[forged])))
        world.fence()
        assert world.state() == before
        world.house.stop()


def test_copies_of_what_was_sent_and_received_are_shown(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping(copies=True)
    with Hostile(script, honest.context) as hostile:
        world, person = visited(engine, hostile, script, trusting)
        world.send(copy("received", from_=f"{ROSE}/garden", to=f"{JID}/other"))
        world.fence()
        assert world.said()["copied"][:3] == (person.id, ROSE, False)
        world.send(copy("sent", from_=f"{JID}/other", to=ROSE).replace("copied", "sent elsewhere"))
        world.fence()
        assert world.said()["sent elsewhere"][:4] == (person.id, JID, True, Delivery.CONFIRMED)
        world.house.stop()


def test_a_copy_is_nothing_before_our_account_agreed(engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Keeping(copies=False)
    with Hostile(script, honest.context) as hostile:
        world, _ = visited(engine, hostile, script, trusting)
        before = world.state()
        world.send(copy("received", from_=f"{ROSE}/garden", to=f"{JID}/other"))
        world.fence()
        assert world.state() == before
        world.house.stop()
