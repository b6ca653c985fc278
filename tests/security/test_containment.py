"""Stanzas that make no sense: none drops the connection, and what stands behind them arrives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, ROSE, TEA, Honest, presence, said
from tests.rig.hostile import JID, Hostile
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

ADDRESSES = [
    "",
    "@",
    "/",
    "@@//@",
    "a b@c",
    "x" * 3_000 + "@y",
    "a@b..c",
    "tea@/x",
    f"{TEA}/" + "n" * 2_000,
    "a@-/ü",
    "\u202e@x",
    "🍵",
]
STAMPS = ["", "yesterday", "2026-13-45T99:99:99Z", "0000-00-00", "-1", "9" * 40, "2026-01-01T00:00:00+99:99", "²"]
NAMES = ["message", "presence", "iq"]
PUSH = f"<iq from='{JID}' type='set' id='1'><query xmlns='jabber:iq:roster'>{{}}</query></iq>"
BODY = f"<message from='{ROSE}' type='chat'><body>{{}}</body></message>"
SUBJECT = f"<message from='{TEA}' type='groupchat'><subject>{{}}</subject></message>"
LONG_ID = f"<origin-id xmlns='urn:xmpp:sid:0' id='{'i' * 10_000}'/>"
ODD: dict[str, str] = {
    **{
        f"{name} from {number}": f"<{name} from='{who}' to='{FULL}'><body>x</body></{name}>"
        for name in NAMES
        for number, who in enumerate(ADDRESSES)
    },
    **{
        f"{name} of type {kind!r}": f"<{name} from='{ROSE}' type='{kind}' id='x'/>"
        for name in NAMES
        for kind in ("", "x", "error", "result", "🍵")
    },
    **{
        f"a stamp {stamp[:12]!r}": f"<message from='{ROSE}' type='chat'><body>odd {n}</body>"
        f"<delay xmlns='urn:xmpp:delay' from='{JID}' stamp='{stamp}'/></message>"
        for n, stamp in enumerate(STAMPS)
    },
    "a stray <a/>": "<a xmlns='urn:xmpp:sm:3' h='x'/>",
    "a stray <r/>": "<r xmlns='urn:xmpp:sm:3'/>",
    "resumed": "<resumed xmlns='urn:xmpp:sm:3' h='-1' previd='x'/>",
    "features again": "<features xmlns='http://etherx.jabber.org/streams'/>",
    "success again": "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    "a stanza of another namespace": "<message xmlns='jabber:server' from='a@b'><body>x</body></message>",
    "an unheard-of stanza": "<tea xmlns='jabber:client'/>",
    "an iq without id": f"<iq from='{ROSE}' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
    "an iq without payload": f"<iq from='{ROSE}' type='get' id='1'/>",
    "an iq with two payloads": f"<iq from='{ROSE}' type='set' id='1'><a xmlns='x'/><b xmlns='y'/></iq>",
    "an iq with text": f"<iq from='{ROSE}' type='get' id='1'>text</iq>",
    "a result nobody asked for": f"<iq from='{ROSE}' type='result' id='1'/>",
    "a roster push of rubbish": PUSH.format("<item/>"),
    "a roster push of a bad address": PUSH.format("<item jid='@@' subscription='both'/>"),
    "an emoji nick": presence("🍵☕️👩‍👩‍👧") + presence("🍵☕️👩‍👩‍👧", type="unavailable"),
    "a nick of one joiner": presence("\u200d") + presence("\u200d", type="unavailable"),
    "a nick with an override": presence("a\u202eb") + presence("a\u202eb", type="unavailable"),
    "an item of rubbish": presence("fig", item="<item affiliation='emperor' role='fool' jid='@@'/>")
    + presence("fig", type="unavailable"),
    "a rename to rubbish": presence("fig") + presence("fig", codes=(303,), item="<item nick=''/>", type="unavailable"),
    "status codes of rubbish": presence("fig", "<x xmlns='http://jabber.org/protocol/muc#user'><status/></x>")
    + presence("fig", type="unavailable"),
    "somebody goes who never came": presence("nobody", type="unavailable"),
    "an error without a condition": f"<message from='{TEA}' type='error'><error/></message>",
    "an error with everything": f"<presence from='{TEA}' type='error'><error><a/><b/><text/></error></presence>",
    "a body of a million spaces": BODY.format(" " * 900_000),
    "a body of combining marks": BODY.format("e" + chr(0x301) * 100_000),
    "three bodies": f"<message from='{ROSE}' type='chat'><body/><body>three</body><body>x</body></message>",
    "a body with children": f"<message from='{ROSE}' type='chat'><body>a<b xmlns='x'>c</b></body></message>",
    "ids of 10,000 characters": said("plum", "long id", LONG_ID),
    "a subject of 900,000 characters": SUBJECT.format("s" * 900_000),
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, honest: Shown, trusting: Server) -> Iterator[World]:
    """One engine at one server for all of them: one connection must live through it."""
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        house = RunningEngine(Path(tmp_path_factory.mktemp("containment")) / "profile")
        try:
            yield enter(house, hostile, script, trusting)
        finally:
            house.stop()


@pytest.mark.parametrize("name", ODD)
def test_the_next_message_arrives(world: World, name: str) -> None:
    links = len(world.house.seen(e.LinkChanged))
    world.send(ODD[name], said("plum", f"behind {name}"))
    until(lambda: f"behind {name}" in world.said())
    world.fence()
    assert len(world.house.seen(e.LinkChanged)) == links
    assert world.house.seen(e.LinkChanged)[-1].link is Link.ONLINE


@pytest.mark.allows_log("a stanza was dropped: RuntimeError")
def test_a_mistake_of_our_own_costs_one_stanza(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from teahouse.engine.rooms import Rooms

    def fails(*_: object) -> bool:
        raise RuntimeError("the text of a message")

    monkeypatch.setattr(Rooms, "message", fails)
    world.send(said("plum", "lost by our mistake"))
    world.fence()
    monkeypatch.undo()
    world.send(said("plum", "heard again"))
    until(lambda: "heard again" in world.said())
    assert "lost by our mistake" not in world.said()
