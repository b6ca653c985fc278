"""Strangers: whatever they ask, they hear what the server says for a resource that is not there, byte for byte."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Server
from teahouse.engine import capabilities
from tests.conftest import AccountMaker
from tests.engine.test_rooms_and_people import MakeEngine, MakePeer, sign_in
from tests.rig.honest import FULL, ROSE, TEA, Honest
from tests.rig.hostile import HOST, JID, Hostile
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import enter

PROBES = {
    "version": "<query xmlns='jabber:iq:version'/>",
    "time": "<time xmlns='urn:xmpp:time'/>",
    "old time": "<query xmlns='jabber:iq:time'/>",
    "ping": "<ping xmlns='urn:xmpp:ping'/>",
    "vcard": "<vCard xmlns='vcard-temp'/>",
    "vcard4": "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'/>",
    "disco": "<query xmlns='http://jabber.org/protocol/disco#info'/>",
    "disco of our caps": "<query xmlns='http://jabber.org/protocol/disco#info'"
    f" node='{capabilities.NODE}#{capabilities.VERIFICATION}'/>",
    "disco items": "<query xmlns='http://jabber.org/protocol/disco#items'/>",
    "last activity": "<query xmlns='jabber:iq:last'/>",
    "a roster": "<query xmlns='jabber:iq:roster'/>",
    "commands": "<command xmlns='http://jabber.org/protocol/commands' node='x' action='execute'/>",
    "files": "<si xmlns='http://jabber.org/protocol/si'/>",
    "bytestreams": "<query xmlns='http://jabber.org/protocol/bytestreams'/>",
    "jingle": "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='x'/>",
    "unheard of": "<tea xmlns='urn:x-unheard-of'>leaves</tea>",
}


class Listening:
    """A peer, and every byte that it is sent."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.heard, self._asked = peer, bytearray(), 0
        into = peer.client.data_received

        def hear(data: bytes | str) -> None:
            self.heard.extend(data.encode() if isinstance(data, str) else data)
            into(data)

        peer.client.data_received = hear  # type: ignore[method-assign]

    def answer(self, to: str, kind: str, payload: str) -> str:
        """The answer to a question, as bytes, without its id and addresses; attributes in one order.

        Prosody puts the language of the stream on every stanza that any client sends, and takes `en` where there is
        none, which a client cannot prevent. It must be that one for everybody, and is then left out.
        """
        self._asked += 1
        number = f"probe{self._asked}"
        self.peer.raw(f"<iq type='{kind}' id='{number}' to='{to}'>{payload}</iq>")
        answer = re.compile(rf"<iq [^>]*\bid=['\"]{number}['\"][^>]*?(?:/>|>.*?</iq>)", re.DOTALL)
        found = until(lambda: answer.search(self.heard.decode(errors="ignore")), what=number).group()
        found = found.replace(" xml:lang='en'", "", 1)
        found = re.sub(r" (id|from|to)=(['\"])[^'\"]*\2", "", found)
        tags = re.compile(r"<(\w+)((?: [\w:]+=(?:'[^']*'|\"[^\"]*\"))*)")
        return tags.sub(lambda tag: " ".join([f"<{tag[1]}", *sorted(tag[2].split())]), found)


@pytest.mark.parametrize("kind", ["get", "set"])
def test_a_strangers_probe_tells_nothing(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer, kind: str
) -> None:
    house, login, mallory = engine(), account(), Listening(peer("mallory"))
    mine = sign_in(house, server, login)
    device = peer(login)
    present = (s for s, kind in device.presences if s.startswith(f"{mine.jid}/") and not s.endswith("/peer"))
    full = until(lambda: next(present, None))
    for name, payload in PROBES.items():
        here, nowhere = (mallory.answer(to, kind, payload) for to in (full, f"{mine.jid}/nobody"))
        assert here == nowhere, name
        assert "service-unavailable" in here
    assert mallory.peer.presences == [(f"{mallory.peer.login.jid}/peer", "available")]


def test_probes_through_a_room_tell_nothing(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    house, room, mallory = engine(), server.fresh_room(), Listening(peer("mallory"))
    mine = sign_in(house, server, account())
    mallory.peer.join(room, "mallory")
    house.do(c.JoinRoom(mine.id, room, "willow"))
    refused = mallory.answer(f"{mine.jid}/nobody", "get", PROBES["unheard of"])
    for name, payload in PROBES.items():
        if not name.startswith("vcard"):  # The room asks the account's server for these.
            assert mallory.answer(f"{room}/willow", "get", payload) == refused, name


def test_who_may_see_us_is_told_what_everybody_is(
    engine: MakeEngine, server: Prosody, account: AccountMaker, peer: MakePeer
) -> None:
    login, other = account(), account("friend")
    server.befriend(login, other)
    house, friend = engine(), peer(other)
    listening = Listening(friend)
    sign_in(house, server, login)
    full = until(lambda: next((s for s, _ in friend.presences if s.startswith(f"{login.jid}/")), None))
    shown = next(p for p in friend._stanzas if str(p["from"]) == full)
    caps = shown.xml.find("{http://jabber.org/protocol/caps}c")
    assert caps is not None
    assert dict(caps.attrib) == {"hash": "sha-1", "node": capabilities.NODE, "ver": capabilities.VERIFICATION}
    assert not [child.tag for child in shown.xml if "idle" in child.tag or child.tag.endswith("}status")]
    info = listening.answer(full, "get", PROBES["disco of our caps"])
    assert "result" in info and all(feature in info for feature in capabilities.FEATURES) and "name=" not in info
    for name in ("version", "time", "last activity", "unheard of"):
        assert listening.answer(full, "get", PROBES[name]) == listening.answer(f"{login.jid}/no", "get", PROBES[name])


WORDINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda payload: "<error type='cancel'><service-unavailable xmlns='{}'/></error>",
    "with a text": lambda payload: (
        "<error type='cancel' code='503'><service-unavailable xmlns='{}'/>"
        "<text xmlns='{}' xml:lang='en'>User session not found</text></error>"
    ),
    "with what was asked": lambda payload: payload + "<error type='cancel'><service-unavailable xmlns='{}'/></error>",
    "another condition": lambda payload: "<error type='wait'><recipient-unavailable xmlns='{}'/></error>",
}


@pytest.mark.parametrize("name", WORDINGS)
def test_the_servers_own_words_are_learned(name: str, engine: MakeEngine, honest: Shown, trusting: Server) -> None:
    script = Honest()
    ping = "<ping xmlns='urn:xmpp:ping' />"

    async def before(wire: object, stanza: ET.Element) -> bool:
        if not stanza.get("to", "").startswith(f"{JID}/"):
            return False
        inner = WORDINGS[name](ping).replace("{}", "urn:ietf:params:xml:ns:xmpp-stanzas")
        told = f"<iq type='error' id='{stanza.get('id')}' from='{stanza.get('to')}' to='{FULL}'>{inner}</iq>"
        wire.send(told.encode())  # type: ignore[attr-defined]
        return True

    script.before = before
    with Hostile(script, honest.context) as hostile:
        world = enter(engine(), hostile, script, trusting)
        asked = PROBES["unheard of"]
        for sender in ("eve@evil.test/x", f"{TEA}/plum", HOST + "x", f"fan@{HOST}/x"):
            world.send(f"<iq type='get' id='{sender}' from='{sender}' to='{FULL}'>{asked}</iq>")
            got = until(lambda: next((s for s in list(script.got) if s.get("id") == sender), None))  # noqa: B023
            wanted = ET.fromstring(
                f"<iq xmlns='jabber:client' type='error' id='{sender}' to='{sender}'>"
                f"{WORDINGS[name](asked).replace('{}', 'urn:ietf:params:xml:ns:xmpp-stanzas')}</iq>"
            )
            assert ET.canonicalize(ET.tostring(got)) == ET.canonicalize(ET.tostring(wanted))
        answered = len(world.answers())
        world.send(f"<iq type='result' id='z' from='{ROSE}'/><iq type='error' id='y' from='eve@evil.test'/>")
        world.fence()
        assert len(world.answers()) == answered
        assert not [event for event in world.house.seen(e.WentWrong)]
        world.house.stop()
