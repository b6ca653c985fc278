"""The old way (XEP-0027) with a real Profanity (`/pgp`), in both directions, on a real server."""

from collections.abc import Callable

from teahouse.domain.events import ContactsChanged
from teahouse.features.openpgp.model import Mode
from teahouse.features.openpgp.wishes import ChooseLegacy, ExportKey, LookAtKey, MakeKey
from tests.crypto.rig import Stranger
from tests.openpgp.talker import Talker, note
from tests.rig.engine import RunningEngine
from tests.rig.profanity import Profanity
from tests.rig.prosody import Prosody
from tests.rig.wait import until

CANARY = "canary-51e9"
TEXT = f'{CANARY} <b>Grüße & "Tee"</b> 茶'
ENCRYPTED = "~"
"""Profanity's mark of a message that came or went encrypted like this."""
MakeEngine = Callable[..., RunningEngine]
MakeProfanity = Callable[..., Profanity]


def test_profanity_reads_what_teahouse_writes_and_is_read(
    engine: MakeEngine, server: Prosody, gnupg: Stranger, profanity: MakeProfanity
) -> None:
    mine, theirs = server.fresh("willow"), server.fresh("quill")
    server.befriend(mine, theirs)
    fingerprint = gnupg.key("Quill <quill@example.org>")
    quill, willow = profanity(theirs, sign_with=fingerprint), Talker(engine, server, "willow", mine)
    willow.house.do(MakeKey(willow.account))
    gnupg.gpg("--import", given=willow.house.do(ExportKey(willow.account)))
    quill.type('/status set away "out for tea"')
    willow.house.wait(ContactsChanged, lambda e: any(one.show == "away" for one in e.contacts))
    to_quill = willow.chat(theirs.jid)
    willow.says(to_quill, "in the clear")
    until(lambda: "in the clear" in server.kept())
    key = gnupg.gpg("--armor", "--export", fingerprint)
    assert willow.house.do(LookAtKey(willow.account, key)).fingerprint == fingerprint
    chosen = willow.house.do(ChooseLegacy(to_quill, fingerprint, key))
    assert chosen.mode is Mode.LEGACY and [(one.jid, one.why) for one in chosen.people] == [(theirs.jid, None)]
    # The status is signed, by the key that was compared.
    willow.hears(to_quill, lambda s: s.legacy is not None and s.legacy.signs)
    # Profanity knows our key by our presence alone.
    until(lambda: f"Fingerprint found for {mine.jid}: {chosen.own}" in quill.log)
    quill.type(f"/msg {mine.jid}")
    quill.do("/pgp start", "PGP encryption enabled.")
    willow.says(to_quill, TEXT)
    assert f" {ENCRYPTED} {mine.user}/" in quill.expect(TEXT)
    assert note(willow.sent(to_quill, TEXT)) == "sealed-legacy"
    quill.type(f"{TEXT} back")
    got = willow.reads(to_quill, f"{TEXT} back")
    assert note(got) == "nobody" and got.sender == theirs.jid
    assert CANARY not in server.kept() + server.log()
