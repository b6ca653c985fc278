"""Messages that lie, sent by real accounts through a real server to the whole program: none is shown for what it says.

Each holds a text that must never be seen. After each there is exactly what is expected, and after all of them what is
honest is still read.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from teahouse.domain.openpgp import OPENING, SLOT
from teahouse.features.openpgp.announcing import OX
from teahouse.features.openpgp.wishes import AskOwnKeys, AskSecurity, ExportKey
from tests.openpgp.correspondent import Correspondent, content
from tests.openpgp.talker import Talker, note
from tests.openpgp.test_talking import group
from tests.rig.chat_server import ChatServer
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.wait import until

LIE = "a-lie-that-nobody-may-see"
Send = Callable[["Scene"], None]
OLD = ("--faked-system-time", "20200101T000000", "--ignore-time-conflict", "--ignore-valid-from")


@dataclass
class Scene:
    """Willow, whose program it is, and a group with rose and mallory, both of whom write with tools of their own."""

    willow: Talker
    rose: Correspondent
    mallory: Correspondent
    room: str
    key: str
    """Willow's."""
    chats: dict[str, int] = field(default_factory=dict)
    """By address."""
    more: dict[str, str] = field(default_factory=dict)
    """Other keys of rose, by what they are."""
    public: dict[str, bytes] = field(default_factory=dict)
    genuine: bytes = b""
    in_room: bytes = b""
    revoked: bytes = b""
    """Signed by a key that was revoked since."""

    def sealed(self, inside: str, *signers: str) -> bytes:
        """To willow, from rose."""
        return self.rose.seal(inside, [self.key], signers or None)


def _by(who: str, make: Callable[[Scene], bytes], *, room: bool = False) -> Send:
    """Sent by somebody, to willow or into the room."""

    def send(scene: Scene) -> None:
        sender: Correspondent = getattr(scene, who)
        sender.send(scene.room if room else scene.willow.jid, make(scene), "groupchat" if room else "chat")

    return send


def _raw(who: str, make: Callable[[Scene], str]) -> Send:
    def send(scene: Scene) -> None:
        getattr(scene, who).put(scene.willow.jid, make(scene))

    return send


def _rose(make: Callable[[Scene], bytes]) -> Send:
    return _by("rose", make)


def _inside(make: Callable[[Scene], str]) -> Send:
    return _rose(lambda s: s.sealed(make(s)))


def _forwarded(scene: Scene) -> bytes:
    """Signed by rose for mallory, and encrypted to willow by mallory: GnuPG calls the signature good."""
    to_mallory = scene.rose.seal(content(LIE, scene.mallory.jid), [scene.mallory.fingerprint])
    signed = scene.mallory.gnupg.gpg("--unwrap", "--decrypt", given=to_mallory)
    return scene.mallory.gnupg.gpg("--no-literal", "--encrypt", "-r", scene.key, given=signed)


def _bomb(scene: Scene) -> bytes:
    """200 MB that are a few hundred bytes on the wire."""
    text = content(LIE, scene.willow.jid, payload=f"<body xmlns='jabber:client'>{LIE}{' ' * 200_000_000}</body>")
    return scene.rose.seal(text, [scene.key], None, "-z", "9", "--compress-algo", "bzip2")


def _flipped(scene: Scene) -> bytes:
    whole = bytearray(scene.sealed(content(LIE, scene.willow.jid)))
    whole[len(whole) * 3 // 4] ^= 1
    return bytes(whole)


def _me(scene: Scene) -> str:
    return content(LIE, scene.willow.jid)


FORGERIES: dict[str, tuple[Send, str]] = {
    # -- whom it is for
    "for somebody else": (_inside(lambda s: content(LIE, s.mallory.jid)), "forwarded"),
    "for a room, sent to us alone": (_inside(lambda s: content(LIE, s.room)), "forwarded"),
    "for nobody": (_inside(lambda s: content(LIE)), "unreadable"),
    "for an address that is none": (_inside(lambda s: content(LIE, "@@@")), "unreadable"),
    "for us alone, sent to the room": (
        _by("rose", lambda s: s.sealed(_me(s)), room=True), "forwarded"),
    "for another room, sent to this one": (
        _by("rose", lambda s: s.sealed(content(LIE, "tea@rooms.example")), room=True), "forwarded"),
    "for all members but not the room": (
        _by("rose", lambda s: s.sealed(content(LIE, s.willow.jid, s.mallory.jid)), room=True), "forwarded"),
    "forwarded by whom it was for": (_by("mallory", _forwarded), "foreign-signer"),
    "forwarded into the room": (_by("mallory", _forwarded, room=True), "foreign-signer"),
    # -- who signed it
    "not signed": (_rose(lambda s: s.rose.seal(_me(s), [s.key], [])), "unsigned"),
    "signed and not encrypted": (_rose(lambda s: s.rose.gnupg.gpg("--sign", given=_me(s).encode())), "unreadable"),
    "signed by a key that was never announced": (_rose(lambda s: s.sealed(_me(s), s.more["secret"])), "foreign-signer"),
    "signed by mallory, sent by rose": (_rose(lambda s: s.mallory.seal(_me(s), [s.key])), "foreign-signer"),
    "signed by rose, sent by mallory": (_by("mallory", lambda s: s.sealed(_me(s))), "foreign-signer"),
    "signed by rose for the room, sent there by mallory": (
        _by("mallory", lambda s: s.sealed(content(LIE, s.room)), room=True), "foreign-signer"),
    "signed by two keys of rose": (
        _rose(lambda s: s.sealed(_me(s), s.rose.fingerprint, s.more["second"])), "bad-signature"),
    "signed by rose and by nobody we know": (
        _rose(lambda s: s.sealed(_me(s), s.rose.fingerprint, s.more["secret"])), "bad-signature"),
    "signed by a key that was revoked": (_rose(lambda s: s.revoked), "outdated-signer"),
    "signed by a key that has expired": (
        _rose(lambda s: s.rose.seal(_me(s), [s.key], [s.more["expired"]], *OLD)), "outdated-signer"),
    "signed by a key that names another address": (
        _rose(lambda s: s.sealed(_me(s), s.more["foreign"])), "foreign-signer"),
    "signed by a key that names two addresses": (_rose(lambda s: s.sealed(_me(s), s.more["two"])), "foreign-signer"),
    # -- what it is
    "a key of mallory's, announced by rose": (_rose(lambda s: s.mallory.seal(_me(s), [s.key])), "foreign-signer"),
    "only encrypted, as it says": (_inside(lambda s: content(LIE, s.willow.jid, kind="crypt")), "unreadable"),
    "only signed, as it says": (_inside(lambda s: content(LIE, s.willow.jid, kind="sign")), "unreadable"),
    "another element": (_inside(lambda s: content(LIE, s.willow.jid, kind="body")), "unreadable"),
    "no element at all": (_inside(lambda s: LIE), "unreadable"),
    "two payloads": (_inside(lambda s: _me(s).replace("<rpad>x</rpad>", "<payload/>")), "unreadable"),
    "no time": (_inside(lambda s: content(LIE, s.willow.jid, time="none")), "unreadable"),
    "a time that is none": (_inside(lambda s: content(LIE, s.willow.jid, time="noon")), "unreadable"),
    "an entity": (
        _inside(lambda s: f"<!DOCTYPE x [<!ENTITY a '{LIE}'>]>{_me(s).replace(LIE, '&a;')}"), "unreadable"),
    "an instruction": (_inside(lambda s: f"<?xml-stylesheet href='x'?>{_me(s)}"), "unreadable"),
    # -- replayed
    "a replay to us": (_rose(lambda s: s.genuine), "replayed"),
    "a replay of the room's": (_by("rose", lambda s: s.in_room, room=True), "replayed"),
    "a replay of what was for us, in the room": (_by("rose", lambda s: s.genuine, room=True), "forwarded"),
    # -- what cannot be opened
    "to others": (_rose(lambda s: s.rose.seal(_me(s), [s.mallory.fingerprint])), "not-for-us"),
    "to others who are hidden": (
        _rose(lambda s: s.rose.seal(_me(s), [s.mallory.fingerprint], None, "--throw-keyids")), "not-for-us"),
    "to a passphrase": (
        _rose(lambda s: s.rose.gnupg.gpg("--passphrase", "x", "--symmetric", given=_me(s).encode())), "unreadable"),
    "cut off": (_rose(lambda s: s.sealed(_me(s))[:-40]), "unreadable"),
    "one bit of it changed": (_rose(_flipped), "unreadable"),
    "a bomb": (_rose(_bomb), "unreadable"),
    "a key in place of a message": (_rose(lambda s: s.public["own"]), "unreadable"),
    "no base64": (_raw("rose", lambda s: f"<openpgp xmlns='{OX}'>???</openpgp><body>{LIE}</body>"), "unreadable"),
    "nothing": (_raw("rose", lambda s: f"<openpgp xmlns='{OX}'/><body>{LIE}</body>"), "unreadable"),
    "two at once": (
        _raw("rose", lambda s: f"<openpgp xmlns='{OX}'>{base64.b64encode(s.sealed(_me(s))).decode()}</openpgp>" * 2),
        "unreadable"),
    "a text beside it": (
        lambda s: s.rose.send(
            s.willow.jid, s.rose.seal(_me(s), [s.mallory.fingerprint]), outside=f"<body>{LIE}</body>"),
        "not-for-us"),
    "nothing in it": (_inside(lambda s: content("", s.willow.jid, payload=" ")), ""),
}  # fmt: skip


@pytest.fixture
def scene(engine: Callable[..., RunningEngine], server: ChatServer) -> Iterator[Scene]:
    """All of them know each other's keys, and have talked."""
    with ExitStack() as ending:
        rose, mallory = (ending.enter_context(Correspondent(server, name)) for name in ("rose", "mallory"))
        willow = Talker(engine, server, "willow")
        to_rose, to_mallory = (willow.chat(one.jid) for one in (rose, mallory))
        for chat in (to_rose, to_mallory):
            willow.encrypts(chat)
        (own,) = willow.house.do(AskOwnKeys(willow.account))
        made = Scene(willow, rose, mallory, "", own.fingerprint)
        for one, other in ((rose, mallory), (mallory, rose)):
            one.knows(willow.house.do(ExportKey(willow.account)), other.gnupg.public(other.fingerprint))
        _keys(made)
        room, _ = group(willow)
        made.room = willow.address(room)
        _members(made, server)
        made.chats = {rose.jid: to_rose, mallory.jid: to_mallory, made.room: room}
        until(lambda: len(_people(willow, room)) == 2, what="both in the group")
        made.genuine = made.sealed(content("good day", willow.jid))
        rose.send(willow.jid, made.genuine)
        made.in_room = made.sealed(content("good day, all", made.room))
        rose.send(made.room, made.in_room, "groupchat")
        assert note(willow.reads(to_rose, "good day")) == "trusted"
        assert note(willow.reads(room, "good day, all")) == "trusted"
        yield made


def _keys(scene: Scene) -> None:
    """Give rose keys of all kinds, and have willow have seen them."""
    rose, gnupg = scene.rose, scene.rose.gnupg
    own = f"xmpp:{rose.jid}"
    scene.more = {
        "secret": gnupg.key(own, "--yes"),
        "second": gnupg.key(own, "--yes"),
        "revoked": gnupg.key(own, "--yes"),
        "expired": gnupg.key(own, "--yes", *OLD, end="20200301T000000"),
        "foreign": gnupg.key(f"xmpp:{scene.willow.jid}", "--yes"),
        "two": gnupg.key(own, "--yes"),
    }
    gnupg.gpg("--passphrase", "", "--quick-add-uid", scene.more["two"], "xmpp:somebody@else.example")
    scene.public = {name: gnupg.public(key) for name, key in scene.more.items()} | {
        "own": gnupg.public(rose.fingerprint)
    }
    listed = {rose.fingerprint: scene.public["own"]}
    listed |= {scene.more[name]: scene.public[name] for name in scene.more if name != "secret"}
    listed[scene.mallory.fingerprint] = scene.mallory.gnupg.public(scene.mallory.fingerprint)
    rose.publish(listed)
    chat = scene.willow.chat(rose.jid)

    def held() -> set[str]:
        security = scene.willow.house.do(AskSecurity(chat, fresh=True))
        return {key.fingerprint for one in security.people for key in one.keys if key.held and key.dated}

    until(lambda: scene.more["revoked"] in held(), what="all keys of rose")
    scene.revoked = scene.sealed(_me(scene), scene.more["revoked"])
    gnupg.revoke(scene.more["revoked"])
    listed[scene.more["revoked"]] = gnupg.public(scene.more["revoked"])
    rose.publish(listed)
    assert held() == {rose.fingerprint, *(scene.more[name] for name in ("second", "revoked", "expired"))}


def _members(scene: Scene, server: ChatServer) -> None:
    with Peer(server, scene.willow.login, "admin") as admin:
        admin.join(scene.room, "admin")
        for one in (scene.rose, scene.mallory):
            admin.affiliate(scene.room, one.jid, "member")
            one.peer.join(scene.room, one.name)


def _people(willow: Talker, chat: int) -> set[str]:
    return {one.jid for one in willow.house.do(AskSecurity(chat, fresh=True)).people}


def test_no_lie_is_shown(scene: Scene) -> None:
    willow = scene.willow

    def all_of_it() -> list[tuple[int, str, str]]:
        found = []
        for chat in scene.chats.values():
            found += [(m.id, m.body, str(m.notes.get(SLOT, ["none"])[0])) for m in willow.house.history(chat)]
        return sorted(found)

    wrong: dict[str, object] = {}
    for name, (send, expected) in FORGERIES.items():
        before = all_of_it()
        send(scene)
        if expected:
            came = until(
                lambda known=before: [m for m in all_of_it() if m not in known and m[2] != OPENING],  # type: ignore[misc]
                30,
                name,
            )
            said = [(body, word) for _, body, word in came]
            if said != [("", expected)]:
                wrong[name] = said
    assert not wrong
    # What shows nothing is not there, and what is honest is still read.
    scene.rose.send(willow.jid, scene.sealed(content("the last word", willow.jid)))
    assert note(willow.reads(scene.chats[scene.rose.jid], "the last word")) == "trusted"
    shown = all_of_it()
    assert len(shown) == 3 + sum(1 for _, expected in FORGERIES.values() if expected)
    assert not any(LIE in body for _, body, _ in shown)
    assert [body for _, body, word in shown if word in ("trusted", "verified")] == [
        "good day", "good day, all", "the last word"
    ]  # fmt: skip
    assert len(FORGERIES) >= 40


def test_an_odd_time_is_shown_and_said(scene: Scene) -> None:
    chat = scene.chats[scene.rose.jid]
    scene.rose.send(
        scene.willow.jid, scene.sealed(content("from 1999", scene.willow.jid, time="1999-01-01T00:00:00Z"))
    )
    assert scene.willow.reads(chat, "from 1999").notes[SLOT] == ["trusted", 915_148_800]
