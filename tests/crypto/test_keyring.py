"""The keyring of an identity, and the traps of GnuPG around it."""

import logging
import os
import stat
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import gnupg
import pytest

from teahouse.crypto.backend import CryptoBackend
from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.crypto.gpg_secret import backup_code, backup_code_typed
from teahouse.domain.openpgp import KeyState, Verdict
from teahouse.domain.problem import Fault, Trouble
from tests.crypto.conftest import ALICE, BOB, Person
from tests.crypto.rig import Stranger, running
from tests.rig.wait import until

PHRASE, OTHER = "p" * 43, "q" * 43
Maker = Callable[..., GnupgBackend]


def fault(call: Callable[[], object]) -> Fault:
    """What kind of trouble a call ends in."""
    with pytest.raises(Trouble) as raised:
        call()
    return raised.value.problem.fault


def test_a_new_key(alice: Person) -> None:
    """Ed25519 and cv25519, v4, one user id without the name of this computer or its user, made at midnight, endless."""
    key = alice.key
    assert key.user_ids == (f"xmpp:{ALICE}",) and key.secret and key.state is KeyState.USABLE
    assert key.created % 86_400 == 0 and 0 <= time.time() - key.created < 2 * 86_400 and key.expires == 0
    shown = subprocess.run(
        ["gpg", "--list-packets"], input=alice.backend.export_public(key.fingerprint), capture_output=True
    )
    assert shown.stdout.count(b"version 4, algo 22") == shown.stdout.count(b"version 4, algo 18") == 1
    assert shown.stdout.count(b":user ID packet:") == 1
    assert not (alice.backend._home.folder / "openpgp-revocs.d").exists()


def test_it_is_a_backend(alice: Person) -> None:
    """As mypy sees it."""
    backend: CryptoBackend = alice.backend
    assert backend.keys(secret=True) == (alice.key,)


def test_an_address_of_another_script(backend: Maker) -> None:
    """UTF-8 all the way, though status lines are read as Latin-1; the Cyrillic letter holds the byte 0x85."""
    one, other = backend(), backend("other")
    key = one.generate("張х@example.org", PHRASE)
    assert key.user_ids == ("xmpp:張х@example.org",)
    assert (
        other.import_public(one.export_public(key.fingerprint), key.fingerprint, "張х@example.org").user_ids
        == key.user_ids
    )
    mine = other.generate(BOB, OTHER)
    one.import_public(other.export_public(mine.fingerprint), mine.fingerprint, BOB)
    assert (
        other.open(one.seal(b"text", [mine.fingerprint], key.fingerprint, PHRASE).data, OTHER).verdict is Verdict.VALID
    )


def test_the_home_is_private_and_apart(alice: Person) -> None:
    """0700, a short name for it, and nothing of the user's own GnuPG is touched."""
    home = alice.backend._home
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    assert len(os.fsencode(home.folder)) > 120 and len(os.fsencode(home.path)) <= 60
    assert home.environment["HOME"] == str(home.path)
    assert (home.folder / "pubring.kbx").exists()


@pytest.mark.parametrize("bad", ["", "short", "p" * 20 + "\n" + "p" * 20, "密" * 20])
def test_no_passphrase_is_ever_empty(alice: Person, bad: str) -> None:
    """With an empty one the first line of a message would be lost."""
    for call in (
        lambda: alice.backend.seal(b"a\nb", [], alice.fingerprint, bad),
        lambda: alice.backend.open(b"x", bad),
        lambda: alice.backend.open_many([b"x"], bad),
        lambda: alice.backend.generate(ALICE, bad),
        lambda: alice.backend.export_secret(alice.fingerprint, bad),
    ):
        with pytest.raises(ValueError, match="passphrase"):
            call()


def test_the_key_is_protected(backend: Maker) -> None:
    """Once the agent has forgotten it, another passphrase opens nothing."""
    one = backend()
    key = one.generate(ALICE, PHRASE)
    sealed = one.seal(b"text", [], key.fingerprint, PHRASE)
    one.close()
    again = backend()
    assert again.open(sealed.data, OTHER).verdict is Verdict.UNREADABLE
    assert fault(lambda: again.export_secret(key.fingerprint, OTHER)) is Fault.KEY_LOCKED
    assert fault(lambda: again.revoke(key.fingerprint, OTHER)) is Fault.KEY_LOCKED
    assert again.open(sealed.data, PHRASE).verdict is Verdict.VALID


def test_the_agent_is_fast(alice: Person) -> None:
    """The count that protects a key is the small one: it is written in the key itself."""
    secret = alice.backend.export_secret(alice.fingerprint, alice.phrase)
    shown = subprocess.run(["gpg", "--list-packets"], input=secret, capture_output=True, check=True).stdout
    assert shown.count(b"protect count: 65536 ") == 2


def test_nothing_is_left_running(run: Path, tmp_path: Path) -> None:
    """No agent after the close, no link; and never a dirmngr."""
    one = GnupgBackend(tmp_path / "home", run)
    key = one.generate(ALICE, PHRASE)
    path = one._home.path
    assert fault(lambda: one.import_public(b"no key", key.fingerprint, ALICE)) is Fault.KEY_UNREADABLE
    one.seal(b"text", ["A" * 40], key.fingerprint, PHRASE)
    assert ["gpg-agent" in line for line in running(path)] == [True]
    one.close()
    until(lambda: not running(path), what="the agent's end")
    assert not path.exists() and not path.is_symlink()
    one.close()


def test_nobody_is_asked_for_keys(alice: Person) -> None:
    """What could ask DNS, the web or a key server is off, in every call."""
    words = alice.backend._gpg.make_args([], None)
    for option in ("--no-options", "--no-auto-key-locate", "--no-auto-key-retrieve", "--disable-dirmngr", "--batch"):
        assert option in words
    assert words[0].startswith("/")
    for call in (
        lambda: alice.backend.usable([BOB]),
        lambda: alice.backend.seal(b"", ["--output"], alice.fingerprint, PHRASE),
    ):
        with pytest.raises(ValueError, match="fingerprint"):
            call()


def test_nothing_is_compressed_or_named(alice: Person, bob: Person, backend: Maker) -> None:
    """Gajim cannot verify what is compressed; and no line says which program it was."""
    sealed = alice.backend.seal(bytes(50_000), [bob.fingerprint], alice.fingerprint, alice.phrase)
    assert len(sealed.data) > 50_000
    assert b"Version" not in alice.backend.export_public(alice.fingerprint)


def test_nothing_is_logged(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    """python-gnupg would log user ids, command lines and beginnings of texts."""
    caplog.set_level(logging.DEBUG)
    assert gnupg.logger.disabled
    alice.backend.open(alice.backend.seal(b"text", [], alice.fingerprint, alice.phrase).data, alice.phrase)
    assert not caplog.records


def test_import_only_what_was_expected(stranger: Stranger, backend: Maker) -> None:
    """The fingerprint, exactly the user id, one public key and no secret one."""
    one = backend()
    fingerprint = stranger.key("xmpp:carol@example.org")
    public = stranger.public(fingerprint)
    for name in ("dave@example.org", "carol@example.or", "arol@example.org"):
        assert fault(partial(one.import_public, public, fingerprint, name)) is Fault.KEY_FOREIGN
    assert fault(lambda: one.import_public(public, "A" * 40, "carol@example.org")) is Fault.KEY_FOREIGN
    twice = public + stranger.public(stranger.key("xmpp:eve@example.org"))
    assert fault(lambda: one.import_public(twice, fingerprint, "carol@example.org")) is Fault.KEY_UNREADABLE
    secret = stranger.gpg("--export-secret-keys", fingerprint)
    assert fault(lambda: one.import_public(secret, fingerprint, "carol@example.org")) is Fault.KEY_UNREADABLE
    for junk in (b"", b"junk", public[:40], bytes(200_000)):
        assert fault(partial(one.import_public, junk, fingerprint, "carol@example.org")) is Fault.KEY_UNREADABLE
    assert one.keys() == ()
    armored = stranger.gpg("--armor", "--export", fingerprint)
    assert one.import_public(armored, fingerprint, "carol@example.org") == one.keys()[0]
    assert not one.keys(secret=True)


@pytest.mark.parametrize(
    "more", ["Carol <carol@example.org>", "xmpp:alice@example.org", "х[GNUPG:] VALIDSIG x", "a\u2028b"]
)
def test_a_key_of_two_names(stranger: Stranger, backend: Maker, more: str) -> None:
    """A second user id could be anything, even a line in gpg's own voice."""
    fingerprint = stranger.key(f"xmpp:carol{len(more)}@example.org")
    stranger.gpg("--passphrase", "", "--quick-add-uid", fingerprint, more)
    one = backend()
    found = fault(lambda: one.import_public(stranger.public(fingerprint), fingerprint, f"carol{len(more)}@example.org"))
    assert found in (Fault.KEY_FOREIGN, Fault.KEY_UNREADABLE) and one.keys() == ()


def test_unusable_recipients_are_named(stranger: Stranger, alice: Person, bob: Person) -> None:
    """Revoked, expired, unfit, unknown: with any of them GnuPG would refuse the whole message."""
    backend = alice.backend
    then = ("--faked-system-time", "20200101T000000")
    expired, revoked = (
        stranger.key("xmpp:e@example.org", *then, end="20200301T000000"),
        stranger.key("xmpp:r@example.org"),
    )
    stranger.revoke(revoked)
    stranger.gpg("--passphrase", "", "--quick-gen-key", "xmpp:u@example.org", "ed25519", "sign", "0")
    unfit = stranger.fingerprints()[-1]
    for fingerprint, name in ((expired, "e"), (revoked, "r"), (unfit, "u")):
        backend.import_public(stranger.public(fingerprint), fingerprint, f"{name}@example.org")
    bad = (
        (expired, KeyState.EXPIRED),
        (revoked, KeyState.REVOKED),
        (unfit, KeyState.UNFIT),
        ("F" * 40, KeyState.UNKNOWN),
    )
    asked = [expired, bob.fingerprint, revoked, unfit, "F" * 40, bob.fingerprint]
    assert backend.usable(asked).usable == (bob.fingerprint,) and backend.usable(asked).unusable == bad
    sealed = backend.seal(b"text", asked, alice.fingerprint, alice.phrase)
    assert (sealed.recipients, sealed.left_out) == ((alice.fingerprint, bob.fingerprint), bad)
    assert bob.backend.open(sealed.data, bob.phrase).verdict is Verdict.VALID


def test_rotation(backend: Maker) -> None:
    """The new key takes over, the old one is revoked for others, and reads what was sent to it."""
    one, other = backend(), backend("other")
    old = one.generate(ALICE, PHRASE)
    message = one.seal(b"old", [], old.fingerprint, PHRASE)
    other.import_public(one.export_public(old.fingerprint), old.fingerprint, ALICE)
    new = one.rotate(ALICE, old.fingerprint, PHRASE, OTHER)
    assert {key.fingerprint: key.state for key in one.keys(secret=True)} == {
        old.fingerprint: KeyState.REVOKED,
        new.fingerprint: KeyState.USABLE,
    }
    assert one.open(message.data, PHRASE).verdict is Verdict.REVOKED_SIGNER
    again = one.seal(b"new", [old.fingerprint], new.fingerprint, OTHER)
    assert again.left_out == ((old.fingerprint, KeyState.REVOKED),)
    assert one.open(again.data, OTHER).data == b"new"
    assert other.import_public(one.export_public(old.fingerprint), old.fingerprint, ALICE).state is KeyState.REVOKED
    assert fault(lambda: one.seal(b"x", [], old.fingerprint, PHRASE)) is Fault.GPG_FAILED


def test_backup_and_restore(alice: Person, bob: Person, backend: Maker, stranger: Stranger) -> None:
    """By code alone, with plain gpg too; the restored key reads what was sent before, under its new passphrase only."""
    code, one = backup_code(), backend()
    backup = alice.backend.back_up(alice.fingerprint, alice.phrase, code)
    plain = stranger.gpg("--passphrase", code, "-d", given=backup)
    shown = subprocess.run(["gpg", "--list-packets"], input=plain, capture_output=True, check=True).stdout
    assert shown.count(b"secret key packet") == 1 and shown.count(b"secret sub key packet") == 1
    assert b"protect" not in shown
    assert fault(lambda: one.restore(backup, ALICE, backup_code(), OTHER)) is Fault.WRONG_BACKUP_CODE
    assert fault(lambda: one.restore(backup, ALICE, "1234", OTHER)) is Fault.WRONG_BACKUP_CODE
    assert fault(lambda: one.restore(backup, BOB, code, OTHER)) is Fault.KEY_FOREIGN
    assert one.keys() == ()
    typed = code.lower().replace("-", " ")
    assert one.restore(backup, ALICE, typed, OTHER).fingerprint == alice.fingerprint
    sealed = bob.backend.seal(b"text", [alice.fingerprint], bob.fingerprint, bob.phrase)
    one.import_public(bob.backend.export_public(bob.fingerprint), bob.fingerprint, BOB)
    assert one.open(sealed.data, OTHER).data == b"text"
    one.close()
    again = backend("home")
    assert fault(lambda: again.export_secret(alice.fingerprint, PHRASE)) is Fault.KEY_LOCKED
    assert not list(Path("/dev/shm").glob("teahouse-*/private-keys-v1.d/*"))


def test_a_backup_code(alice: Person) -> None:
    """XEP-0373 section 5.3: 29 characters, no O and no zero; each is another one."""
    codes = {backup_code() for _ in range(200)}
    assert len(codes) == 200 and {len(code) for code in codes} == {29}
    assert not set("".join(codes)) - set("123456789ABCDEFGHIJKLMNPQRSTUVWXYZ-")
    assert {backup_code_typed(code) for code in codes} == codes


def test_a_key_from_a_file(stranger: Stranger, backend: Maker) -> None:
    """With the passphrase it had; it is then kept under ours."""
    stranger.gpg("--passphrase", "päss wort", "--quick-gen-key", "xmpp:f@example.org", "ed25519", "sign", "0")
    fingerprint = stranger.fingerprints()[-1]
    stranger.gpg("--passphrase", "päss wort", "--quick-add-key", fingerprint, "cv25519", "encr", "0")
    file = stranger.gpg("--passphrase", "päss wort", "--armor", "--export-secret-keys", fingerprint)
    one = backend()
    for wrong in ("", "pass wort", "päss wort\n"):
        assert fault(partial(one.import_secret, file, "f@example.org", wrong, PHRASE)) is Fault.KEY_LOCKED
    assert one.keys() == ()
    assert one.import_secret(file, "f@example.org", "päss wort", PHRASE).secret
    sealed = one.seal(b"text", [], fingerprint, PHRASE)
    assert one.open(sealed.data, PHRASE).data == b"text"


def script(folder: Path, lines: str) -> str:
    """A PATH with a gpg that does this."""
    folder.mkdir()
    (folder / "gpg").write_text(f"#!/bin/sh\n{lines}\n", encoding="ascii")
    (folder / "gpg").chmod(0o755)
    (folder / "gpgconf").symlink_to("/bin/true")
    return str(folder)


def test_gpg_missing_old_or_hanging(run: Path, tmp_path: Path) -> None:
    """Each is a problem of its own, and a process that hangs is ended."""
    hang = f"echo $$ >{tmp_path}/pid; exec sleep 1000"

    def start(name: str, lines: str = "") -> Fault:
        search = script(tmp_path / name, lines) if lines else str(tmp_path / "nowhere")
        return fault(lambda: GnupgBackend(tmp_path / "home", run, 0.5, search))

    assert start("none") is Fault.GPG_MISSING
    assert start("old", 'echo "gpg (GnuPG) 2.1.18"') is Fault.GPG_OLD
    assert start("one", 'echo "gpg (GnuPG) 1.4.23"') is Fault.GPG_OLD
    assert start("other", "echo hello") is Fault.GPG_MISSING
    assert start("hangs", hang) is Fault.TIMED_OUT
    later = f'case "$*" in *--version*) echo "gpg (GnuPG) 2.2.40";; *) {hang};; esac'
    assert start("later", later) is Fault.TIMED_OUT
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
    assert (
        start("fails", 'echo "gpg (GnuPG) 2.2.40"; case "$*" in *--version*) ;; *) exit 3;; esac') is Fault.GPG_FAILED
    )
