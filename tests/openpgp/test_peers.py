"""Programs of others: Teahouse talks encrypted (XEP-0373) with real ones, both ways, on a real server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.features.openpgp.model import Trust
from teahouse.features.openpgp.wishes import Decide
from tests.crypto.rig import Stranger
from tests.openpgp.talker import Talker, note
from tests.rig.engine import RunningEngine
from tests.rig.go_sendxmpp import GoSendxmpp
from tests.rig.profanity import Profanity
from tests.rig.prosody import Login, Prosody
from tests.rig.wait import until

CANARY = "canary-77c0"
TEXT = f'{CANARY} <b>Grüße & "Tee"</b> 茶'
ENCRYPTED = "%"
"""Profanity's mark of a message that came or went encrypted like this."""
MakeEngine = Callable[..., RunningEngine]
MakeProfanity = Callable[..., Profanity]


@pytest.fixture
def met(
    engine: MakeEngine, server: Prosody, gnupg: Stranger, profanity: MakeProfanity
) -> tuple[Login, Talker, Profanity]:
    """Who has Teahouse, and who has Profanity and has announced a key, made as its manual says."""
    mine, theirs = server.fresh("willow"), server.fresh("quill")
    server.befriend(mine, theirs)
    quill, willow = profanity(theirs), Talker(engine, server, "willow", mine)
    quill.announce(gnupg.public(gnupg.key(f"xmpp:{theirs.jid}", end="3y")))
    return mine, willow, quill


def test_profanity_reads_what_teahouse_writes_and_is_read(
    met: tuple[Login, Talker, Profanity], server: Prosody
) -> None:
    mine, willow, quill = met
    to_quill = willow.chat(quill.jid)
    # What is in the clear is found where it must not be found later.
    willow.says(to_quill, "in the clear")
    until(lambda: "in the clear" in server.kept())
    security = willow.encrypts(to_quill)
    assert [(one.jid, one.why) for one in security.people] == [(quill.jid, None)]
    assert quill.learn(mine.jid) == security.own
    quill.type(f"/msg {mine.jid}")
    quill.do("/ox start", "OX encryption enabled.")
    willow.says(to_quill, TEXT)
    assert f" {ENCRYPTED} {mine.user}/" in quill.expect(TEXT)
    assert note(willow.sent(to_quill, TEXT)) == "sealed"
    quill.type(f"{TEXT} back")
    got = willow.reads(to_quill, f"{TEXT} back")
    assert note(got) == "trusted" and got.sender == quill.jid and got.notes["openpgp"][1] == 0
    key = security.people[0].keys[0]
    willow.house.do(Decide(willow.account, key.jid, key.fingerprint, Trust.VERIFIED))
    quill.type(f"{TEXT} again")
    assert note(willow.reads(to_quill, f"{TEXT} again")) == "verified"
    assert CANARY not in server.kept() + server.log()


def test_one_who_never_asked_for_it_answers_profanity_encrypted(
    met: tuple[Login, Talker, Profanity], server: Prosody
) -> None:
    mine, willow, quill = met
    # She has a key, of which this chat uses nothing yet.
    willow.encrypts(willow.chat(server.fresh("oak").jid))
    to_quill = willow.chat(quill.jid)
    quill.learn(mine.jid)
    quill.type(f"/msg {mine.jid}")
    quill.do("/ox start", "OX encryption enabled.")
    quill.type(TEXT)
    assert note(willow.reads(to_quill, TEXT)) == "trusted"
    willow.says(to_quill, f"{TEXT} back")
    assert f" {ENCRYPTED} {mine.user}/" in quill.expect(f"{TEXT} back")
    assert CANARY not in server.kept() + server.log()


@pytest.mark.parametrize("kind", ["x25519", pytest.param("rsa", marks=pytest.mark.slow)])
def test_go_sendxmpp_reads_what_teahouse_writes_and_is_read(
    engine: MakeEngine, server: Prosody, tmp_path: Path, kind: str
) -> None:
    mine, theirs = server.fresh("willow"), server.fresh("gopher")
    server.befriend(mine, theirs)
    gopher = GoSendxmpp(tmp_path / "gopher", server, theirs, kind)
    willow = Talker(engine, server, "willow", mine)
    to_gopher = willow.chat(theirs.jid)
    security = willow.encrypts(to_gopher)
    assert [(one.jid, one.why) for one in security.people] == [(theirs.jid, None)]
    gopher.says(mine.jid, TEXT)
    got = willow.reads(to_gopher, TEXT)
    assert note(got) == "trusted" and got.sender == theirs.jid and got.notes["openpgp"][1] == 0
    with gopher:
        willow.says(to_gopher, f"{TEXT} back")
        assert f"[OX] {mine.jid}: " in gopher.expect(f"{TEXT} back")
    assert CANARY not in server.kept() + server.log()
