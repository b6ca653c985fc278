"""The old way (XEP-0027): by the user's word alone, with a key that they compared, and never as signed by anybody."""

import itertools
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

import pytest

from teahouse.crypto.armor import stripped
from teahouse.domain import commands as c
from teahouse.domain.chat import Chat
from teahouse.domain.events import RequestsChanged
from teahouse.domain.message import Delivery
from teahouse.domain.openpgp import Opened, Verdict
from teahouse.domain.problem import Fault
from teahouse.engine.envelope import legacy_cipher_of
from teahouse.engine.xml import ENCRYPTED, OX, RECEIPTS, SIGNED, el
from teahouse.features.openpgp.judging import Heard, Refusal, Standing, judge_legacy
from teahouse.features.openpgp.legacy import wire
from teahouse.features.openpgp.model import Mode, Security, Why
from teahouse.features.openpgp.wishes import AskSecurity, ChooseLegacy, ExportKey, MakeKey, SetMode
from tests.crypto.rig import Stranger
from tests.openpgp.talker import Talker, note
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.prosody import Prosody
from tests.rig.wait import until

CANARY = "canary-90f2"
_NUMBERS = itertools.count(1)


class Pair:
    """Willow has Teahouse; rose has a program with a GnuPG of her own, and they see each other."""

    def __init__(self, engine: Callable[..., RunningEngine], server: Prosody, gnupg: Stranger) -> None:
        mine, theirs = server.fresh("willow"), server.fresh("rose")
        server.befriend(mine, theirs)
        self.gnupg, self.key = gnupg, gnupg.key("Rose <rose@example.org>")
        self.rose, self.willow = Peer(server, theirs), Talker(engine, server, "willow", mine)
        self.chat = self.willow.chat(theirs.jid)
        self.own = self.willow.house.do(MakeKey(self.willow.account)).fingerprint
        gnupg.gpg("--import", given=self.willow.house.do(ExportKey(self.willow.account)))

    def choose(self) -> Security:
        """Willow wants it so."""
        chosen: Security = self.willow.house.do(ChooseLegacy(self.chat, self.key, self.gnupg.public(self.key)))
        return chosen

    def writes(self, text: str, more: str = "") -> None:
        """Rose writes the old way."""
        x = stripped(self.gnupg.gpg("--encrypt", "-r", self.own, given=text.encode()))
        body = f"<body>encrypted</body><x xmlns='{ENCRYPTED}'>{x}</x>"
        self.rose.raw(f"<message to='{self.willow.jid}' type='chat' id='{next(_NUMBERS)}'>{body}{more}</message>")

    def signs(self, status: str, about: str | None = None) -> None:
        """Rose says how she is, and signs that, or something else."""
        signature = self.gnupg.gpg("--detach-sign", "-u", self.key, given=(about or status).encode())
        x = f"<x xmlns='{SIGNED}'>{stripped(signature)}</x>"
        self.rose.raw(f"<presence><status>{escape(status)}</status>{x}</presence>")

    def security(self) -> Security:
        """Who can read what is written there."""
        known: Security = self.willow.house.do(AskSecurity(self.chat))
        return known


@pytest.fixture
def pair(engine: Callable[..., RunningEngine], server: Prosody, gnupg: Stranger) -> Iterator[Pair]:
    """Both of them."""
    made = Pair(engine, server, gnupg)
    yield made
    made.rose.stop()


def signed_by(pair: Pair, signature: str) -> str:
    """The key that signed nothing at all, which is what our status says."""
    file = pair.gnupg.home / "signature"
    file.write_text(f"-----BEGIN PGP SIGNATURE-----\n\n{signature}\n-----END PGP SIGNATURE-----\n")
    said = pair.gnupg.gpg("--status-fd", "1", "--verify", str(file), "-").decode()
    return said.partition("VALIDSIG ")[2][:40]


def elements(peer: Peer, body: str = wire.FALLBACK) -> list[set[str]]:
    """The elements of every message with this body that somebody got."""
    found = [message for message in peer.messages if message.findtext("{jabber:client}body") == body]
    return [{child.tag for child in message} for message in found]


def test_it_never_begins_by_itself(pair: Pair) -> None:
    pair.signs("here")
    pair.writes(CANARY)
    got = pair.willow.reads(pair.chat, CANARY)
    assert note(got) == "nobody" and got.sender == pair.rose.login.jid
    known = pair.security()
    assert known.mode is Mode.UNDECIDED and known.legacy is None
    pair.willow.says(pair.chat, "not encrypted")
    assert pair.rose.wait_for("not encrypted")
    problem = pair.willow.house.refused(SetMode(pair.chat, Mode.LEGACY))
    assert problem.fault is Fault.NO_KEY and pair.security().mode is Mode.UNDECIDED


def test_a_key_that_was_not_compared_is_not_used(pair: Pair) -> None:
    other = pair.gnupg.key("Mallory <mallory@example.org>")
    wrong = ChooseLegacy(pair.chat, pair.key, pair.gnupg.public(other))
    assert pair.willow.house.refused(wrong).fault is Fault.KEY_FOREIGN
    assert pair.willow.house.refused(ChooseLegacy(pair.chat, pair.key)).fault is Fault.NO_KEY
    room: Chat = pair.willow.house.do(c.JoinRoom(pair.willow.account, "tea77@rooms.xmpp.test", "willow", exposed=True))
    public = pair.gnupg.public(pair.key)
    assert pair.willow.house.refused(ChooseLegacy(room.id, pair.key, public)).fault is Fault.ROOM_UNFIT
    assert pair.security().mode is Mode.UNDECIDED


def test_it_is_proposed_only_while_the_key_that_was_compared_signs(pair: Pair) -> None:
    pair.choose()
    pair.willow.house.do(SetMode(pair.chat, Mode.OFF))
    pair.signs("at the station", about="at home")
    pair.signs("in the train")
    known = pair.willow.hears(pair.chat, lambda s: s.legacy is not None and s.legacy.signs)
    assert known.mode is Mode.OFF and known.legacy is not None and known.legacy.fingerprint == pair.key
    pair.signs("at the harbour", about="in the train")
    until(lambda: (legacy := pair.security().legacy) is not None and not legacy.signs)
    pair.signs("at home again")
    until(lambda: (legacy := pair.security().legacy) is not None and legacy.signs)
    pair.rose.stop()
    until(lambda: (legacy := pair.security().legacy) is not None and not legacy.signs)


def test_what_is_written_goes_encrypted_and_nothing_about_it_is_told_in_the_clear(pair: Pair, server: Prosody) -> None:
    assert pair.choose().people[0].why is None
    pair.willow.says(pair.chat, CANARY)
    until(lambda: elements(pair.rose))
    assert RECEIPTS not in str(elements(pair.rose)) and f"{{{ENCRYPTED}}}x" in elements(pair.rose)[0]
    x = pair.rose.messages[-1].findtext(f"{{{ENCRYPTED}}}x") or ""
    armor = f"-----BEGIN PGP MESSAGE-----\n\n{x}\n-----END PGP MESSAGE-----\n"
    assert pair.gnupg.gpg("--decrypt", given=armor.encode()) == CANARY.encode()
    pair.rose.message(pair.willow.jid, "not encrypted")
    assert note(pair.willow.reads(pair.chat, "not encrypted")) == "in-clear"
    pair.writes(f"{CANARY} one", f"<request xmlns='{RECEIPTS}'/><markable xmlns='urn:xmpp:chat-markers:0'/>")
    got = pair.willow.reads(pair.chat, f"{CANARY} one")
    pair.willow.house.do(c.MarkRead(pair.chat, got.order))
    pair.willow.says(pair.chat, "last")
    until(lambda: len(elements(pair.rose)) == 2)
    told = [message for message in pair.rose.messages if message.get("from", "").startswith(pair.willow.jid)]
    assert len(told) == 2 and CANARY not in server.kept()


def test_our_presence_is_signed_for_those_who_are_written_to_like_this(pair: Pair, server: Prosody) -> None:
    def signed(peer: Peer) -> list[str]:
        ours = (shown.xml for shown in list(peer._stanzas) if shown["from"].bare == pair.willow.jid)
        return [text for shown in ours if (text := shown.findtext(f"{{{SIGNED}}}x"))]

    pair.choose()
    assert signed_by(pair, until(lambda: signed(pair.rose))[0]) == pair.own
    # Also by another key, once that is ours.
    other = pair.willow.house.do(MakeKey(pair.willow.account)).fingerprint
    pair.gnupg.gpg("--import", given=pair.willow.house.do(ExportKey(pair.willow.account)))
    assert signed_by(pair, until(lambda: signed(pair.rose)[1:])[0]) == other
    # Whoever comes later is told, too.
    with Peer(server, pair.rose.login, "other") as again:
        until(lambda: signed(again))
    pair.willow.house.do(SetMode(pair.chat, Mode.OFF))
    with Peer(server, pair.rose.login, "third") as later:
        # Her own signature is looked at behind that she came.
        pair.signs("signed")
        pair.willow.hears(pair.chat, lambda s: s.legacy is not None and s.legacy.signs)
        pair.willow.says(pair.chat, "last")
        assert later.wait_for("last") and not signed(later)


def test_what_was_written_for_the_new_way_never_goes_the_old_one(pair: Pair) -> None:
    pair.willow.encrypts(pair.chat)
    pair.writes("the old way")
    assert note(pair.willow.reads(pair.chat, "the old way")) == "nobody"
    assert pair.security().mode is Mode.ON
    message = pair.willow.says(pair.chat, CANARY)
    assert note(message) == "waiting"
    assert pair.willow.hears(pair.chat, lambda s: s.held).people[0].why is Why.NO_KEY
    pair.choose()
    pair.willow.hears(pair.chat, lambda s: s.mode is Mode.LEGACY and s.held)
    assert pair.willow.house.history(pair.chat)[-1].state is Delivery.QUEUED and not elements(pair.rose)


def test_each_message_goes_as_it_was_meant_and_no_worse(engine: Callable[..., RunningEngine], server: Prosody) -> None:
    mine, theirs = server.fresh("willow"), server.fresh("rose")
    server.befriend(mine, theirs)
    willow, rose = Talker(engine, server, "willow", mine), Talker(engine, server, "rose", theirs)
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    own = rose.house.do(ExportKey(rose.account))
    key = willow.encrypts(to_rose).people[0].keys[0].fingerprint
    willow.house.do(c.Disconnect(willow.account))
    willow.says(to_rose, "meant for the new way")
    willow.house.do(ChooseLegacy(to_rose, key, own))
    assert note(willow.says(to_rose, "meant for the old way")) == "waiting-legacy"
    willow.house.do(c.Connect(willow.account))
    assert note(rose.reads(with_willow, "meant for the new way")) == "trusted"
    assert note(rose.reads(with_willow, "meant for the old way")) == "nobody"
    willow.house.do(c.Disconnect(willow.account))
    willow.says(to_rose, "better than it was meant")
    willow.encrypts(to_rose)
    willow.house.do(c.Connect(willow.account))
    assert note(rose.reads(with_willow, "better than it was meant")) == "trusted"
    assert note(willow.sent(to_rose, "better than it was meant")) == "sealed"


def test_nothing_goes_to_a_key_that_was_revoked(pair: Pair) -> None:
    pair.choose()
    pair.gnupg.revoke(pair.key)
    assert pair.choose().people[0].why is Why.UNUSABLE
    pair.willow.says(pair.chat, CANARY)
    assert pair.willow.hears(pair.chat, lambda s: s.held).mode is Mode.LEGACY
    assert pair.willow.house.history(pair.chat)[-1].state is Delivery.QUEUED and not pair.rose.messages


def test_what_a_stranger_wrote_is_opened_once_they_are_welcome(pair: Pair, server: Prosody) -> None:
    with Peer(server, server.fresh("pine")) as pine:
        x = stripped(pair.gnupg.gpg("--encrypt", "-r", pair.own, given=CANARY.encode()))
        xml = f"<body>encrypted</body><x xmlns='{ENCRYPTED}'>{x}</x>"
        pine.raw(f"<message to='{pair.willow.jid}' type='chat' id='one'>{xml}</message>")
        told = pair.willow.house.wait(RequestsChanged, lambda e: any(r.jid == pine.login.jid for r in e.requests))
        asked = next(request for request in told.requests if request.jid == pine.login.jid)
        chat: Chat = pair.willow.house.do(c.AcceptRequest(asked.id))
        assert note(pair.willow.reads(chat.id, CANARY)) == "nobody"


def test_many_of_both_ways_are_opened_each_by_its_own(engine: Callable[..., RunningEngine], server: Prosody) -> None:
    mine, theirs = server.fresh("willow"), server.fresh("rose")
    server.befriend(mine, theirs)
    willow, rose = Talker(engine, server, "willow", mine), Talker(engine, server, "rose", theirs)
    to_rose, with_willow = willow.chat(rose.jid), rose.chat(willow.jid)
    rose.encrypts(with_willow)
    willow.encrypts(to_rose)
    own = willow.house.do(ExportKey(willow.account))
    key = rose.house.do(AskSecurity(with_willow, fresh=True)).people[0].keys[0].fingerprint
    willow.house.do(c.Disconnect(willow.account))
    wanted: list[tuple[str, str]] = []
    for mode, most, known in ((Mode.ON, 5, "trusted"), (Mode.LEGACY, 3, "nobody"), (Mode.ON, 5, "trusted")):
        rose.house.do(ChooseLegacy(with_willow, key, own) if mode is Mode.LEGACY else SetMode(with_willow, mode))
        wanted += [(f"line {len(wanted) + number}", known) for number in range(most)]
        for text, _ in wanted[-most:]:
            rose.says(with_willow, text)
        rose.sent(with_willow, wanted[-1][0])
    willow.house.do(c.Connect(willow.account))
    willow.reads(to_rose, wanted[-1][0])
    assert [(message.body, note(message)) for message in willow.house.history(to_rose)] == wanted


def test_the_plugin_of_slixmpp_is_not_there(pair: Pair) -> None:
    assert "slixmpp.plugins.xep_0027" not in sys.modules


# -- without a server ---------------------------------------------------------------


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.UNSIGNED])
def test_whatever_else_gnupg_says_shows_nothing(verdict: Verdict) -> None:
    assert isinstance(judge_legacy(Opened(verdict, b"text", "A" * 40)), Refusal)


def test_the_text_is_nobodys() -> None:
    heard = judge_legacy(Opened(Verdict.UNSIGNED, b"text \xff"))
    assert isinstance(heard, Heard) and heard.standing is Standing.NOBODY
    assert [child.text for child in heard.payload] == ["text �"]


def test_nothing_of_a_message_is_outside() -> None:
    whole = el("message", {"to": "rose@example.org", "type": "chat", "id": "one", "subject": CANARY})
    whole.append(el("body", text=CANARY))
    whole.append(el(f"{{{RECEIPTS}}}request"))
    whole.append(el("{urn:xmpp:reply:0}reply", {"id": CANARY}))
    sent = ET.tostring(wire.enclosed(whole, b"cipher"), encoding="unicode")
    assert CANARY not in sent and RECEIPTS not in sent
    assert legacy_cipher_of(wire.enclosed(whole, b"cipher")) == b"cipher"


@pytest.mark.parametrize("text", ["", "no armor!", "A" * 2_000_000])
def test_what_is_no_message_is_not_taken_for_one(text: str) -> None:
    x = el(f"{{{ENCRYPTED}}}x", text=text)
    assert legacy_cipher_of(el("message", None, x)) is None
    assert legacy_cipher_of(el("message", None, el(f"{{{OX}}}openpgp"))) is None
    assert legacy_cipher_of(el("message", None, *[el(f"{{{ENCRYPTED}}}x", text=stripped(b"data"))] * 2)) is None


@pytest.mark.parametrize(
    ("signature", "status"), [("", ""), ("no armor!", ""), ("A" * 5_000, ""), (stripped(b"s"), "x" * 3_000)]
)
def test_what_cannot_be_a_signature_is_none(signature: str, status: str) -> None:
    shown = el("presence", None, el("status", text=status), el(f"{{{SIGNED}}}x", text=signature))
    assert wire.signature_of(shown) == b""
