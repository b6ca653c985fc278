"""Stanzas whose sender has no right to what they claim: none changes anything that can be seen of the real client.

Behind each stands a fence. Each family has a control: the honest version is accepted.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.chat import End, Ending, Presence
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Trouble
from tests.rig.engine import RunningEngine
from tests.rig.honest import FULL, LEFT, ROOMS, ROSE, TEA, Honest, presence, said
from tests.rig.hostile import HOST, JID, Hostile, Wire
from tests.rig.wait import until
from tests.security.certificates import Shown
from tests.security.world import World, enter

EVE = "eve@evil.test/x"
DELAYED = "<delay xmlns='urn:xmpp:delay' from='{}' stamp='2001-01-01T00:00:00Z'/>"


def forwarded(wrapper: str, from_: str, *, to: str = FULL, outer: str = EVE, kind: str = "chat", more: str = "") -> str:
    """Something wrapped as a carbon or an archive result that nobody asked for."""
    inner = (
        f"<forwarded xmlns='urn:xmpp:forward:0'>{DELAYED.format(HOST)}<message xmlns='jabber:client' from='{from_}'"
        f" to='{to}' type='{kind}' id='f'><body>forged</body>{more}</message></forwarded>"
    )
    name, _, namespace = wrapper.partition(" ")
    sender = f" from='{outer}'" if outer else ""
    return f"<message{sender} to='{FULL}' type='chat'><{name} xmlns='{namespace}'>{inner}</{name.split()[0]}></message>"


RECEIVED, SENT = "received urn:xmpp:carbons:2", "sent urn:xmpp:carbons:2"
ARCHIVED = "result urn:xmpp:mam:2"
PUBSUB = "http://jabber.org/protocol/pubsub#event"


def published(from_: str, node: str, payload: str) -> str:
    """A PEP notification that nobody asked for."""
    event = f"<event xmlns='{PUBSUB}'><items node='{node}'><item id='current'>{payload}</item></items></event>"
    return f"<message from='{from_}' to='{FULL}' type='headline'>{event}</message>"


def push(item: str, *, from_: str = EVE, kind: str = "set") -> str:
    """A roster push."""
    sender = f" from='{from_}'" if from_ else ""
    return f"<iq{sender} to='{FULL}' type='{kind}' id='push'><query xmlns='jabber:iq:roster'>{item}</query></iq>"


def one_to_one(body: str = "forged", *, from_: str, kind: str = "chat", inner: str = "") -> str:
    """A message to one person."""
    return f"<message from='{from_}' to='{FULL}' type='{kind}'><body>{body}</body>{inner}</message>"


def subject(from_: str, *, kind: str = "groupchat", inner: str = "") -> str:
    """A change of subject."""
    return f"<message from='{from_}' to='{FULL}' type='{kind}'><subject>forged</subject>{inner}</message>"


EVIL_ITEM = "<item jid='eve@evil.test' name='Rose' subscription='both'/>"
OUT = "<item affiliation='outcast' role='none'><reason>forged</reason></item>"
USER = "<x xmlns='http://jabber.org/protocol/muc#user'>{}</x>"
ERROR = "<error type='cancel'><{} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
LOOK_ALIKE = f"te\u0430@{ROOMS}"

CARBONS = {
    "a carbon by a stranger": forwarded(RECEIVED, ROSE),
    "a carbon by our own account": forwarded(RECEIVED, f"{ROSE}/garden", outer=JID),
    "a carbon by our own device": forwarded(RECEIVED, ROSE, outer=FULL),
    "a carbon by another device of ours": forwarded(RECEIVED, ROSE, outer=f"{JID}/other"),
    "a carbon by our server": forwarded(RECEIVED, ROSE, outer=HOST),
    "a carbon by nobody": forwarded(RECEIVED, ROSE, outer=""),
    "a sent carbon by our own account": forwarded(SENT, f"{JID}/other", to=ROSE, outer=JID),
    "a sent carbon by a contact": forwarded(SENT, FULL, to="eve@evil.test", outer=f"{ROSE}/garden"),
    "a carbon of a room message": forwarded(RECEIVED, f"{TEA}/plum", outer=JID, kind="groupchat"),
    "a carbon in a carbon": forwarded(
        RECEIVED, ROSE, outer=JID, more="<received xmlns='urn:xmpp:carbons:2'><body>forged</body></received>"
    ),
    "an archive result by a stranger": forwarded(ARCHIVED, ROSE),
    "an archive result by our own account": forwarded(ARCHIVED, ROSE, outer=JID),
    "an archive result by the room": forwarded(ARCHIVED, f"{TEA}/plum", outer=TEA, kind="groupchat"),
    "an archive result by nobody": forwarded(ARCHIVED, ROSE, outer=""),
    "a bare forward": forwarded("x urn:x", ROSE, outer=f"{ROSE}/garden"),
}
PUSHES = {
    "a push by a stranger": push(EVIL_ITEM),
    "a push by a contact": push(EVIL_ITEM, from_=f"{ROSE}/garden"),
    "a push by our server": push(EVIL_ITEM, from_=HOST),
    "a push by our own device": push(EVIL_ITEM, from_=FULL),
    "a push by another device of ours": push(EVIL_ITEM, from_=f"{JID}/other"),
    "a push by a look-alike of ours": push(EVIL_ITEM, from_=f"w\u0456llow@{HOST}"),
    "a push by our name elsewhere": push(EVIL_ITEM, from_="willow@evil.test"),
    "a push by a room": push(EVIL_ITEM, from_=TEA),
    "a push by an empty address": push(EVIL_ITEM, from_="@").replace("'@'", "''"),
    "a push of two items": push(EVIL_ITEM * 2, from_=JID),
    "a push as a get": push(EVIL_ITEM, from_=JID, kind="get"),
    "a push as a result": push(EVIL_ITEM, from_=JID, kind="result"),
    "a push in a message": push(EVIL_ITEM, from_=JID).replace("iq ", "message ", 1).replace("</iq>", "</message>"),
    "removal by a stranger": push(f"<item jid='{ROSE}' subscription='remove'/>"),
}
PRESENCES = {
    "presence of a stranger": f"<presence from='{EVE}' to='{FULL}'><show>dnd</show></presence>",
    "somebody whom we may not see": f"<presence from='shy@{HOST}/x' to='{FULL}'/>",
    "a stranger says subscribed": f"<presence from='{EVE}' to='{FULL}' type='subscribed'/>",
    "a stranger says unsubscribed": f"<presence from='{EVE}' to='{FULL}' type='unsubscribed'/>",
    "a contact of another domain goes": f"<presence from='rose@evil.test/garden' to='{FULL}' type='unavailable'/>",
    "we ask ourselves": f"<presence from='{JID}' to='{FULL}' type='subscribe'/>",
    "a room asks": f"<presence from='{TEA}' to='{FULL}' type='subscribe'/>",
    "a device that never came goes": f"<presence from='{ROSE}/cellar' to='{FULL}' type='unavailable'/>",
    "presence of nobody": f"<presence to='{FULL}'><show>dnd</show></presence>",
    "an error for a contact": f"<presence from='{ROSE}' to='{FULL}' type='error'>{ERROR.format('gone')}</presence>",
}
ROOM_MESSAGES = {
    "a room never joined": said("plum", "forged", room=f"other@{ROOMS}"),
    "a room that was left": said("plum", "forged", room=LEFT),
    "a look-alike of the room": said("plum", "forged", room=LOOK_ALIKE),
    "the room of another server": said("plum", "forged", room="tea@rooms.evil.test"),
    "the service itself": said("plum", "forged", room=ROOMS),
    "a groupchat of a contact": one_to_one(from_=f"{ROSE}/garden", kind="groupchat"),
    "a groupchat of nobody": f"<message to='{FULL}' type='groupchat'><body>forged</body></message>",
    "a private message": said("plum", "forged", kind="chat"),
    "a private message as normal": said("plum", "forged", kind="normal"),
    "a private message without type": said("plum", "forged", kind=""),
    "a private message of a room that was left": said("plum", "forged", room=LEFT, kind="chat"),
    "a private message of a room never joined": said(
        "plum", "forged", USER.format(""), room=f"other@{ROOMS}", kind="chat"
    ),
    "the room as a person": one_to_one(from_=TEA),
    "the room that was left as a person": one_to_one(from_=LEFT),
    "an invitation": one_to_one(from_=f"trap@{ROOMS}", inner=USER.format(f"<invite from='{ROSE}'/>")),
    "an invitation with a password": one_to_one(
        from_=f"trap@{ROOMS}", kind="normal", inner=USER.format(f"<invite from='{ROSE}'/><password>x</password>")
    ),
    "a headline": one_to_one(from_=f"{ROSE}/garden", kind="headline"),
    "a type unheard of": one_to_one(from_=f"{ROSE}/garden", kind="secret"),
    "a message of nobody": f"<message to='{FULL}' type='chat'><body>forged</body></message>",
    "a message of an empty address": f"<message from='' to='{FULL}' type='chat'><body>forged</body></message>",
    "the subject of a room never joined": subject(f"other@{ROOMS}/plum"),
    "the subject of a room that was left": subject(LEFT),
    "the subject of a look-alike": subject(f"{LOOK_ALIKE}/plum"),
    "a subject by a person": subject(f"{ROSE}/garden", kind="chat"),
    "a subject in a private message": subject(f"{TEA}/plum", kind="chat"),
    "a subject as normal": subject(TEA, kind="normal"),
}
BOOKMARK = "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'><nick>willow</nick></conference>"
EVENTS = {
    "bookmarks by a stranger": published("eve@evil.test", "urn:xmpp:bookmarks:1", BOOKMARK),
    "bookmarks by a contact": published(ROSE, "urn:xmpp:bookmarks:1", BOOKMARK),
    "bookmarks by our own account": published(JID, "urn:xmpp:bookmarks:1", BOOKMARK),
    "old bookmarks": published(
        ROSE, "storage:bookmarks", f"<storage xmlns='storage:bookmarks'><conference jid='{TEA}'/></storage>"
    ),
    "a nick by a stranger": published(ROSE, "http://jabber.org/protocol/nick", "<nick xmlns='x'>forged</nick>"),
    "a retraction by an occupant": said("plum", "", "<retract xmlns='urn:xmpp:message-retract:1' id='x'/>"),
    "a moderation by an occupant": said(
        "plum",
        "",
        "<apply-to xmlns='urn:xmpp:fasten:0' id='x'><moderated xmlns='urn:xmpp:message-moderate:0'/></apply-to>",
    ),
    "a receipt by a stranger": f"<message from='{EVE}'><received xmlns='urn:xmpp:receipts' id='x'/></message>",
    "a marker by a stranger": f"<message from='{EVE}'><displayed xmlns='urn:xmpp:chat-markers:0' id='x'/></message>",
    "typing by a stranger": f"<message from='{EVE}' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
}
ROOM_PRESENCES = {
    "an occupant of a room never joined": presence("eve", room=f"other@{ROOMS}"),
    "an occupant of a room that was left": presence("eve", room=LEFT),
    "an occupant of a look-alike": presence("eve", room=LOOK_ALIKE),
    "we are in a room never joined": presence("willow", room=f"other@{ROOMS}", codes=(110,)),
    "the room without a nick": presence("", codes=(110,)).replace(f"{TEA}/", TEA),
    "put out by another's presence": presence("eve", codes=(110, 307), item=OUT, type="unavailable"),
    "put out by the bare room": presence("", codes=(110, 301), item=OUT, type="unavailable").replace(f"{TEA}/", TEA),
    "put out by a look-alike of us": presence("w\u0456llow", codes=(110, 301), item=OUT, type="unavailable"),
    "put out by us with a space": presence("willow ", codes=(110, 301), item=OUT, type="unavailable"),
    "put out by the room of another server": presence(
        "willow", room="tea@rooms.evil.test", codes=(110, 301), item=OUT, type="unavailable"
    ),
    "put out by a contact": f"<presence from='{ROSE}/willow' to='{FULL}' type='unavailable'>{USER.format(OUT)}"
    f"</presence><presence from='{ROSE}/garden' to='{FULL}'/>",
    "another is renamed to us and out": presence(
        "eve", codes=(110, 303), item="<item nick='willow'/>", type="unavailable"
    ),
    "an owner in a message": said("plum", "", USER.format("<item affiliation='owner' role='moderator' nick='plum'/>")),
    "a presence of no type we know": presence(
        "plum", item="<item affiliation='owner' role='moderator'/>", type="probe"
    ),
    "an error of an occupant": f"<presence from='{TEA}/plum' to='{FULL}' type='error'>"
    f"{ERROR.format('forbidden')}</presence>",
    "an error with another's id": f"<presence from='{TEA}/willow' to='{FULL}' type='error' id='x'>"
    f"{ERROR.format('forbidden')}</presence>",
    "an error of a room never joined": f"<presence from='other@{ROOMS}/willow' to='{FULL}' type='error'>"
    f"{ERROR.format('forbidden')}</presence>",
}
FORGERIES = {**CARBONS, **PUSHES, **PRESENCES, **ROOM_MESSAGES, **EVENTS, **ROOM_PRESENCES}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, honest: Shown, trusting: Server) -> Iterator[World]:
    """One engine at one honest server, for all attacks: none may leave a trace."""
    script = Honest()
    with Hostile(script, honest.context) as hostile:
        house = RunningEngine(Path(tmp_path_factory.mktemp("forgeries")) / "profile")
        try:
            yield enter(house, hostile, script, trusting)
        finally:
            house.stop()


def check_nothing_happens(world: World, *stanzas: str) -> None:
    """Everything that can be seen is as before, and the session stands."""
    before = world.state()
    world.send(*stanzas)
    # The second fence waits for what is told a tick later.
    world.fence()
    world.fence()
    assert world.state() == before


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_changes_nothing(world: World, name: str) -> None:
    check_nothing_happens(world, FORGERIES[name])


def test_there_are_enough() -> None:
    assert len(FORGERIES) >= 60 and len(set(FORGERIES.values())) == len(FORGERIES)


# -- the honest versions -----------------------------------------------------


def test_control_a_message_of_a_person(world: World) -> None:
    world.send(one_to_one("honest one", from_=f"{ROSE}/garden"))
    until(lambda: world.said().get("honest one", (0, ""))[1] == ROSE)


def test_control_a_room_message(world: World) -> None:
    world.send(said("plum", "honest room"))
    fact = until(lambda: world.said().get("honest room"))
    assert fact[:3] == (world.chat, "plum", False)


def test_control_a_roster_push_is_taken_and_answered(world: World) -> None:
    for sender, name in ((JID, "from-account"), ("", "from-nobody")):
        item = f"<item jid='{name}@{HOST}' name='New' subscription='to'/>"
        world.send(push(item, from_=sender).replace("id='push'", f"id='{name}'"))
        until(lambda name=name: f"{name}@{HOST}" in world.state()["contacts"])  # type: ignore[misc]
        until(lambda name=name: name in world.answers())  # type: ignore[misc]
        world.send(push(f"<item jid='{name}@{HOST}' subscription='remove'/>", from_=sender))
        until(lambda name=name: f"{name}@{HOST}" not in world.state()["contacts"])  # type: ignore[misc]


def test_control_people_ask_and_show_themselves(world: World) -> None:
    world.send(f"<presence from='asks@{HOST}' to='{FULL}' type='subscribe'/>")
    until(lambda: f"asks@{HOST}" in world.state()["contacts"])
    assert world.state()["contacts"][f"asks@{HOST}"].asking
    world.send(f"<presence from='{ROSE}/cellar' to='{FULL}'><show>dnd</show></presence>")
    world.send(f"<presence from='{ROSE}/garden' to='{FULL}' type='unavailable'/>")
    until(lambda: world.state()["contacts"][ROSE].show == "dnd")
    world.send(f"<presence from='{ROSE}/garden' to='{FULL}'/>")
    world.send(f"<presence from='{ROSE}/cellar' to='{FULL}' type='unavailable'/>")
    until(lambda: world.state()["contacts"][ROSE].show == "online")


def test_control_occupants_and_the_subject(world: World) -> None:
    world.send(presence("fig", item="<item affiliation='admin' role='moderator'/>"))
    until(lambda: "fig" in world.state()["people"][world.chat])
    world.send(subject(f"{TEA}/plum").replace("forged", "honest subject"))
    until(lambda: world.state()["chats"][world.chat].subject == "honest subject")
    world.send(presence("fig", type="unavailable"))
    until(lambda: "fig" not in world.state()["people"][world.chat])


def test_control_put_out_of_a_room(world: World) -> None:
    room = f"strict@{ROOMS}"
    chat = world.house.do(c.JoinRoom(world.account.id, room, "willow")).id
    world.send(presence("willow", room=room, codes=(110, 301), item=OUT, type="unavailable"))
    out = world.house.wait(e.ChatStored, lambda event: event.chat.id == chat and event.chat.ending is not None).chat
    assert (out.presence, out.ending) == (Presence.AWAY_FROM, Ending(End.BANNED, "forged"))


# -- answers to what we asked --------------------------------------------------

ANSWERERS = {
    "nobody": "",
    "a stranger": EVE,
    "our own account": JID,
    "our own device": FULL,
    "our server": HOST,
    "the service": ROOMS,
    "an occupant": f"asked@{ROOMS}/plum",
    "a look-alike": f"\u0430sked@{ROOMS}",
    "another case": f"Asked@{ROOMS}",
    "another server": "asked@rooms.evil.test",
}


@pytest.mark.parametrize("name", ANSWERERS)
def test_only_who_was_asked_answers(world: World, name: str) -> None:
    def told(stanza_id: str, sender: str, feature: str) -> bytes:
        query = f"<query xmlns='http://jabber.org/protocol/disco#info'><feature var='{feature}'/></query>"
        by = f" from='{sender}'" if sender else ""
        return f"<iq type='result' id='{stanza_id}'{by} to='{FULL}'>{query}</iq>".encode()

    async def before(wire: Wire, stanza: object) -> bool:
        number, to = stanza.get("id"), stanza.get("to", "")  # type: ignore[attr-defined]
        if not to.startswith("asked@"):
            return False
        wire.send(told(number, ANSWERERS[name], "muc_membersonly"), told("x" + number, to, "muc_membersonly"))
        wire.send(told(number, to, "muc_open"), told(number, to, "muc_membersonly"))
        return True

    world.honest.before = before
    try:
        assert world.house.do(c.AskRoom(world.account.id, f"asked@{ROOMS}")).members_only is False
    finally:
        world.honest.before = None


def test_the_roster_is_told_by_our_account_only(world: World) -> None:
    check_nothing_happens(world, *(push(EVIL_ITEM, from_=who, kind="result") for who in (EVE, ROSE, TEA, JID)))


# -- own messages ----------------------------------------------------------------

Reflection = Callable[[World, str, str], str]
REFLECTIONS: dict[str, Reflection] = {
    "another occupant": lambda w, number, body: said("plum", body, id=number),
    "a look-alike of us": lambda w, number, body: said("w\u0456llow", body, id=number, occupant="id-of-eve"),
    "us with a space": lambda w, number, body: said("willow ", body, id=number, occupant="id-of-eve"),
    "our nick by another occupant": lambda w, number, body: said("willow", body, id=number, occupant="id-of-eve"),
    "another occupant with a delay": lambda w, number, body: said("plum", body, DELAYED.format(TEA), id=number),
    "another room": lambda w, number, body: said("willow", body, id=number, room=LEFT),
    "another text": lambda w, number, body: said("willow", body + "!", id=number, occupant="id-of-willow"),
    "another id": lambda w, number, body: said("willow", body, id="x", occupant="id-of-willow"),
    "a person": lambda w, number, body: one_to_one(body, from_=f"{ROSE}/garden"),
}


@pytest.mark.parametrize("name", REFLECTIONS)
def test_only_our_own_occupant_confirms(world: World, name: str) -> None:
    body = f"hold {name}"
    message = world.house.do(c.SendMessage(world.chat, body))
    sent = world.sent(body)
    world.send(REFLECTIONS[name](world, sent.get("id"), body))
    world.fence()
    stored = next(m for m in world.house.history(world.chat) if m.id == message.id)
    assert (stored.state, stored.mine, stored.body) == (Delivery.SENT, True, body)
    world.send(world.honest.reflected(sent))
    until(lambda: next(m for m in world.house.history(world.chat) if m.id == message.id).state is Delivery.CONFIRMED)
    assert [m.body for m in world.house.history(world.chat) if m.mine].count(body) <= 1 + (name == "another id")


@pytest.mark.parametrize("bouncer", [f"{TEA}/plum", EVE, ROSE, LEFT, ROOMS, HOST, ""])
def test_only_the_room_bounces_a_message(world: World, bouncer: str) -> None:
    body = f"hold bounce {bouncer}"
    message = world.house.do(c.SendMessage(world.chat, body))
    sent = world.sent(body)
    error = f"<message from='{{}}' to='{FULL}' type='error' id='{sent.get('id')}'>{ERROR.format('forbidden')}</message>"
    world.send(error.format(bouncer))
    world.fence()
    assert next(m for m in world.house.history(world.chat) if m.id == message.id).state is Delivery.SENT
    world.send(error.format(TEA))
    until(lambda: next(m for m in world.house.history(world.chat) if m.id == message.id).state is Delivery.FAILED)
    world.house.do(c.DiscardMessage(message.id))


# -- names of messages, times and nicks --------------------------------------------


def given(by: str, number: str = "same") -> str:
    """A stanza-id."""
    return f"<stanza-id xmlns='urn:xmpp:sid:0' by='{by}' id='{number}'/>"


FALSE_IDS = {
    "by an occupant": given(f"{TEA}/plum"),
    "by another room": given(LEFT),
    "by our account": given(JID),
    "by our server": given(HOST),
    "twice by the room": given(TEA) + given(TEA, "other"),
    "by nobody": given(""),
    "by a look-alike": given(LOOK_ALIKE),
}


@pytest.mark.parametrize("name", FALSE_IDS)
def test_a_forged_stanza_id_suppresses_nothing(world: World, name: str) -> None:
    one, two = f"first {name}", f"second {name}"
    world.send(said("plum", one, FALSE_IDS[name]), said("oak", two, FALSE_IDS[name]))
    world.fence()
    assert one in world.said() and two in world.said()


def test_control_the_rooms_own_stanza_id_is_believed(world: World) -> None:
    world.send(said("plum", "once", given(TEA, "n1"), id="a"), said("plum", "not again", given(TEA, "n1"), id="b"))
    world.fence()
    assert "once" in world.said() and "not again" not in world.said()


@pytest.mark.parametrize("by", [HOST, JID, ROSE, ""])
@pytest.mark.parametrize("stamp", ["2001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now"])
def test_a_delay_never_hides_a_message_among_old_ones(world: World, by: str, stamp: str) -> None:
    body = f"late {by} {stamp}"
    delay = f"<delay xmlns='urn:xmpp:delay' from='{by}' stamp='{stamp}'/>"
    world.fence()
    world.send(one_to_one(body, from_=f"{ROSE}/garden", inner=delay))
    until(lambda: body in world.said())
    chat = world.said()[body][0]
    last = world.house.history(chat)[-1]
    assert last.body == body
    before = world.house.history(chat)[-2]
    assert before.time <= last.time <= before.time + 120_000


def test_a_live_room_message_has_no_delay(world: World) -> None:
    world.send(said("plum", "old by its own word", DELAYED.format(TEA)))
    until(lambda: "old by its own word" in world.said())
    assert world.house.history(world.chat)[-1].body == "old by its own word"


NICKS = ["\u0440lum", "plum ", "p\u3164lum", "p\u200dlum", "PLUM", "\uff50\uff4c\uff55\uff4d", "pIum", "pl\u00fcm"]


@pytest.mark.parametrize("nick", NICKS)
def test_nicks_that_look_alike_are_marked_both(world: World, nick: str) -> None:
    clash = nick != "pl\u00fcm"
    world.send(presence(nick), said(nick, f"as {nick!r}"))
    people = until(lambda: nick in (there := world.state()["people"][world.chat]) and there)
    assert (people[nick].clash, people["plum"].clash) == (clash, clash)
    assert not people[nick].mine and not people["oak"].clash
    assert until(lambda: world.said().get(f"as {nick!r}"))[4] is clash
    world.send(presence(nick, type="unavailable"))
    until(lambda: nick not in world.state()["people"][world.chat])
    until(lambda: not world.state()["people"][world.chat]["plum"].clash)


def test_an_invisible_nick_is_marked(world: World) -> None:
    world.send(presence("\u3164"))
    assert until(lambda: world.state()["people"][world.chat].get("\u3164")).clash
    world.send(presence("\u3164", type="unavailable"))
    until(lambda: "\u3164" not in world.state()["people"][world.chat])


def test_muc_user_given_twice_is_not_believed(world: World) -> None:
    forged = USER.format("<item affiliation='owner' role='moderator'/><status code='110'/>")
    world.send(presence("pear", forged))
    pear = until(lambda: world.state()["people"][world.chat].get("pear"))
    assert (pear.affiliation.value, pear.mine) == ("none", False)
    world.send(presence("pear", type="unavailable"))
    until(lambda: "pear" not in world.state()["people"][world.chat])


def test_a_room_that_turns_round_is_asked_again(world: World) -> None:
    world.honest.features = (*world.honest.features, "muc_membersonly")
    world.honest.features = tuple(f for f in world.honest.features if f != "muc_open")
    changed = USER.format("<status code='104'/>")
    check = f"<message from='{{}}' to='{FULL}' type='groupchat'>{changed}</message>"
    world.send(check.format(f"{TEA}/plum"))
    world.fence()
    assert world.state()[f"facts {world.chat}"].members_only is False
    world.send(check.format(TEA))
    until(lambda: world.state()[f"facts {world.chat}"].members_only is True)


def test_the_session_stood_all_the_time(world: World) -> None:
    world.fence()
    assert world.house.seen(e.LinkChanged)[-1].link is Link.ONLINE
    with pytest.raises(Trouble):
        world.house.do(c.JoinRoom(world.account.id, TEA, " "))
