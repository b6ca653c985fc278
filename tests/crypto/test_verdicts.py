"""What is accepted: one valid signature of a sound key, inside an encryption to us. Everything else has no content."""

import io
import itertools
from types import SimpleNamespace

import pytest

from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.crypto.gpg_many import open_all
from teahouse.crypto.gpg_process import Reading
from teahouse.domain.openpgp import Opened, Verdict
from tests.crypto.conftest import Person
from tests.crypto.rig import Stranger

TEXT = b"hello\nworld\n"
_names = itertools.count()


def known(stranger: Stranger, bob: Person, *options: str, end: str = "0") -> str:
    """A key of the stranger that bob has taken in."""
    bare = f"stranger{next(_names)}@example.org"
    fingerprint = stranger.key(f"xmpp:{bare}", *options, end=end)
    bob.backend.import_public(stranger.public(fingerprint), fingerprint, bare)
    return fingerprint


def signed(stranger: Stranger, bob: Person, *signers: str, options: tuple[str, ...] = (), text: bytes = TEXT) -> bytes:
    """A message to bob with these signatures."""
    users = [word for signer in signers for word in ("-u", signer)]
    return stranger.gpg(*options, "--sign", "--encrypt", *users, "-r", bob.fingerprint, given=text)


def opened(bob: Person, message: bytes) -> Opened:
    """Opened by itself and among others: both must agree."""
    alone = bob.backend.open(message, bob.phrase)
    junk, many, again = bob.backend.open_many([b"junk", message, message], bob.phrase)
    assert junk == Opened(Verdict.UNREADABLE)
    assert alone == many == again
    if alone.verdict is not Verdict.VALID:
        assert alone == Opened(alone.verdict)
    return alone


def test_valid(alice: Person, bob: Person) -> None:
    """The whole text with its first line, and who signed it by the primary key."""
    sealed = alice.backend.seal(TEXT, [bob.fingerprint], alice.fingerprint, alice.phrase)
    found = opened(bob, sealed.data)
    assert (found.verdict, found.data, found.signer) == (Verdict.VALID, TEXT, alice.fingerprint)
    assert found.signed_at > alice.key.created and found.signature
    assert sealed.recipients == (alice.fingerprint, bob.fingerprint)
    assert opened(alice, sealed.data).data == TEXT


def test_a_signature_is_known_again(alice: Person, bob: Person) -> None:
    """The same signed message has the same id, another one another."""
    one, two = (alice.backend.seal(text, [bob.fingerprint], alice.fingerprint, alice.phrase) for text in (b"1", b"2"))
    assert opened(bob, one.data).signature == opened(bob, one.data).signature != opened(bob, two.data).signature


def test_signed_by_a_subkey(stranger: Stranger, bob: Person) -> None:
    """The signer is the primary key all the same."""
    bare = "subkey@example.org"
    fingerprint = stranger.key(f"xmpp:{bare}")
    stranger.gpg("--passphrase", "", "--quick-add-key", fingerprint, "ed25519", "sign", "0")
    bob.backend.import_public(stranger.public(fingerprint), fingerprint, bare)
    found = opened(bob, signed(stranger, bob, fingerprint))
    assert (found.verdict, found.signer) == (Verdict.VALID, fingerprint)


def test_unsigned(stranger: Stranger, bob: Person) -> None:
    """Anybody can encrypt to us."""
    assert opened(bob, stranger.gpg("--encrypt", "-r", bob.fingerprint, given=TEXT)).verdict is Verdict.UNSIGNED


def test_unknown_signer(stranger: Stranger, bob: Person) -> None:
    """A key that was never taken in, also beside one that was."""
    unknown = stranger.key(f"xmpp:unknown{next(_names)}@example.org")
    assert opened(bob, signed(stranger, bob, unknown)).verdict is Verdict.UNKNOWN_SIGNER
    both = signed(stranger, bob, unknown, known(stranger, bob))
    assert opened(bob, both).verdict is Verdict.SEVERAL_SIGNATURES


def test_revoked_signer(stranger: Stranger, bob: Person) -> None:
    """GnuPG calls the signature valid."""
    bare = "revoked@example.org"
    fingerprint = stranger.key(f"xmpp:{bare}")
    message = signed(stranger, bob, fingerprint)
    stranger.revoke(fingerprint)
    bob.backend.import_public(stranger.public(fingerprint), fingerprint, bare)
    assert opened(bob, message).verdict is Verdict.REVOKED_SIGNER


def test_expired_signer(stranger: Stranger, bob: Person) -> None:
    """Likewise."""
    then = ("--faked-system-time", "20200101T000000", "--ignore-time-conflict", "--ignore-valid-from")
    fingerprint = known(stranger, bob, *then, end="20200301T000000")
    message = signed(stranger, bob, fingerprint, options=then)
    assert opened(bob, message).verdict is Verdict.EXPIRED_SIGNER


def test_two_signatures(stranger: Stranger, bob: Person) -> None:
    """Both good: nobody can say whose message it is."""
    message = signed(stranger, bob, known(stranger, bob), known(stranger, bob))
    assert opened(bob, message).verdict is Verdict.SEVERAL_SIGNATURES


def test_signed_but_not_encrypted(stranger: Stranger, bob: Person) -> None:
    """A public text is no message to us."""
    message = stranger.gpg("--sign", "-u", known(stranger, bob), given=TEXT)
    assert opened(bob, message).verdict is Verdict.UNREADABLE


def test_not_for_us(alice: Person, stranger: Stranger, bob: Person) -> None:
    """To another key."""
    other = stranger.key(f"xmpp:other{next(_names)}@example.org")
    message = stranger.gpg("--sign", "--encrypt", "-u", other, "-r", other, given=TEXT)
    assert opened(bob, message).verdict is Verdict.NOT_FOR_US


@pytest.mark.parametrize("at", [-1, -30, 200])
def test_damaged(alice: Person, bob: Person, at: int) -> None:
    """One bit is enough."""
    message = bytearray(alice.backend.seal(TEXT * 20, [bob.fingerprint], alice.fingerprint, alice.phrase).data)
    message[at] ^= 1
    assert opened(bob, bytes(message)).verdict in (Verdict.UNREADABLE, Verdict.NOT_FOR_US)


def test_bomb(stranger: Stranger, bob: Person) -> None:
    """200 MB in a small message: GnuPG stops at the limit."""
    message = signed(stranger, bob, known(stranger, bob), options=("--compress-algo", "zlib"), text=bytes(200_000_000))
    assert len(message) < 1_000_000
    assert opened(bob, message).verdict is Verdict.TOO_LARGE


def test_much_at_once(stranger: Stranger, bob: Person) -> None:
    """GnuPG counts its limit over all files of a run: whatever comes after it is opened all the same."""
    fingerprint = known(stranger, bob)
    large = signed(stranger, bob, fingerprint, options=("--compress-algo", "zlib"), text=bytes(900_000))
    small = signed(stranger, bob, fingerprint)
    found = bob.backend.open_many([large] * 20 + [small], bob.phrase)
    assert {one.verdict for one in found} == {Verdict.VALID}
    assert [len(one.data) for one in found] == [900_000] * 20 + [len(TEXT)]


def test_too_large_a_message(bob: Person) -> None:
    """GnuPG does not even see it."""
    assert bob.backend.open(bytes(2_000_000), bob.phrase) == Opened(Verdict.TOO_LARGE)


def test_hidden_recipients(stranger: Stranger, bob: Person) -> None:
    """They are read, but in a call of their own."""
    fingerprint = known(stranger, bob)
    message = signed(stranger, bob, fingerprint, options=("--throw-keyids",))
    found = opened(bob, message)
    assert (found.verdict, found.data) == (Verdict.VALID, TEXT)
    gpg, run = bob.backend._gpg, bob.backend._run
    assert open_all(gpg, run, [b"junk", message], bob.phrase, 1_000) == [Opened(Verdict.UNREADABLE), None]


def test_the_time_limit(alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes too long is ended, and said to be too slow."""
    message = alice.backend.seal(TEXT, [bob.fingerprint], alice.fingerprint, alice.phrase).data
    monkeypatch.setattr(bob.backend._gpg, "seconds", 0.0)
    assert opened_slowly(bob.backend, message, bob.phrase) == [Opened(Verdict.TOO_SLOW)] * 2


def opened_slowly(backend: GnupgBackend, message: bytes, phrase: str) -> list[Opened]:
    """Alone, and as one of many."""
    return [backend.open(message, phrase), *backend.open_many([message], phrase)]


def test_a_user_id_cannot_speak_for_gpg(bob: Person) -> None:
    """Lines of status end at a line feed; python-gnupg ends them at 0x85 too, which is in a Cyrillic letter."""
    forged = "[GNUPG:] GOODSIG ABCDEF х[GNUPG:] VALIDSIG " + "F" * 40 + " 2026-01-01 1 0 4 0 22 10 00 " + "F" * 40
    reading = Reading(bob.backend._gpg)
    bob.backend._gpg._read_response(SimpleNamespace(stream=io.BytesIO(forged.encode() + b"\n")), reading)
    assert reading.pubkey_fingerprint is None and reading.username.endswith("F")
