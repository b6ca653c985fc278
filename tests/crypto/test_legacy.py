"""The old way (XEP-0027): what nobody signed is opened as that, a text is signed beside it, armor is taken apart."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.crypto.armor import stripped, unstripped
from teahouse.crypto.gnupg_legacy import GnupgLegacy
from teahouse.domain.openpgp import Opened, Verdict
from teahouse.domain.problem import Fault, Trouble
from tests.crypto.rig import Stranger

TEXT = "Grüße\n茶".encode()
OWN, PHRASE = "own@example.org", "c" * 43
NAMED = "Old Friend <friend@example.org>"


@pytest.fixture(scope="module")
def friend() -> Iterator[Stranger]:
    """Has another program, and a key that names no address of XMPP."""
    one = Stranger()
    one.key(NAMED)
    yield one
    one.close()


@pytest.fixture(scope="module")
def ours(run: Path, friend: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GnupgLegacy]:
    """A keyring with a key of ours and that of the friend."""
    backend = GnupgLegacy(tmp_path_factory.mktemp("legacy"), run)
    own = backend.generate(OWN, PHRASE)
    friend.gpg("--import", given=backend.export_public(own.fingerprint))
    backend.import_chosen(friend.public(NAMED), friend.fingerprints()[0])
    yield backend
    backend.close()


def own_key(ours: GnupgLegacy) -> str:
    """Its fingerprint."""
    return ours.keys(secret=True)[0].fingerprint


@given(st.binary(min_size=1, max_size=300))
def test_armor_is_taken_off_and_put_on_again(data: bytes) -> None:
    assert unstripped(stripped(data)) == data
    assert (
        unstripped(f"-----BEGIN PGP MESSAGE-----\nVersion: old\n\n{stripped(data)}\n-----END PGP MESSAGE-----") == data
    )
    assert unstripped(stripped(data).rpartition("\n=")[0]) == data


@pytest.mark.parametrize("text", ["", "\n", "=njUN", "not armor!", "aGVsbG8=\n=AAAA", "-----BEGIN PGP MESSAGE-----"])
def test_what_is_no_armor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unstripped(text)


def test_gnupg_agrees_on_the_armor(friend: Stranger) -> None:
    data = os.urandom(200)
    made = friend.gpg("--enarmor", given=data).decode()
    assert stripped(data) in made and unstripped(made) == data


def test_it_is_encrypted_to_both_and_signed_by_nobody(ours: GnupgLegacy, friend: Stranger) -> None:
    sent = ours.encrypt(TEXT, [own_key(ours), friend.fingerprints()[0]])
    assert friend.gpg("--decrypt", given=sent) == TEXT
    assert ours.open_unsigned(sent, PHRASE) == Opened(Verdict.UNSIGNED, TEXT)
    assert ours.open(sent, PHRASE) == Opened(Verdict.UNSIGNED)


def test_a_signature_changes_nothing(ours: GnupgLegacy, friend: Stranger) -> None:
    sent = friend.gpg("--sign", "--encrypt", "-r", own_key(ours), given=TEXT)
    assert ours.open_unsigned(sent, PHRASE) == Opened(Verdict.UNSIGNED, TEXT)


@pytest.mark.parametrize(
    "options", [("--store",), ("--sign",), ("--symmetric", "--passphrase", "else"), ("--disable-mdc",)]
)
def test_what_was_not_encrypted_to_us_soundly_shows_nothing(
    ours: GnupgLegacy, friend: Stranger, options: tuple[str, ...]
) -> None:
    if options == ("--disable-mdc",):
        options = ("--rfc2440", "--cipher-algo", "3DES", "--encrypt", "-r", own_key(ours))
    found = ours.open_unsigned(friend.gpg(*options, given=TEXT), PHRASE)
    assert found.verdict is not Verdict.UNSIGNED and not found.data


def test_what_is_for_others_is_known_as_that(ours: GnupgLegacy, friend: Stranger) -> None:
    sent = friend.gpg("--encrypt", "-r", friend.fingerprints()[0], given=TEXT)
    assert ours.open_unsigned(sent, PHRASE) == Opened(Verdict.NOT_FOR_US)
    assert ours.open_unsigned(b"x" * (1 << 21), PHRASE) == Opened(Verdict.TOO_LARGE)


@pytest.mark.parametrize("status", [b"", TEXT])
def test_a_status_is_signed_beside_it(ours: GnupgLegacy, friend: Stranger, status: bytes, tmp_path: Path) -> None:
    (tmp_path / "signature").write_bytes(ours.sign(status, own_key(ours), PHRASE))
    friend.gpg("--verify", str(tmp_path / "signature"), "-", given=status)
    theirs = friend.gpg("--detach-sign", given=status)
    assert ours.signer(status, theirs) == friend.fingerprints()[0]
    assert ours.signer(status + b"!", theirs) == ""
    assert ours.signer(status, b"") == "" and ours.signer(status, theirs + theirs) == ""
    assert ours.signer(status, friend.gpg("--sign", given=status)) == ""


def test_a_signature_of_nobody_known_or_of_a_key_that_ended_counts_for_nothing(ours: GnupgLegacy) -> None:
    other = Stranger()
    try:
        gone = other.key("Gone <gone@example.org>")
        signature = other.gpg("--detach-sign", given=TEXT)
        assert ours.signer(TEXT, signature) == ""
        ours.import_chosen(other.public(gone), gone)
        assert ours.signer(TEXT, signature) == gone
        other.revoke(gone)
        ours.import_chosen(other.public(gone), gone)
        assert ours.signer(TEXT, signature) == ""
        with pytest.raises(Trouble) as trouble:
            ours.encrypt(TEXT, [own_key(ours), gone])
        assert trouble.value.problem.fault is Fault.NO_KEY
    finally:
        other.close()


def test_a_key_is_looked_at_before_it_is_chosen(ours: GnupgLegacy) -> None:
    other = Stranger()
    try:
        chosen = other.key("Somebody <some@example.org>")
        found = ours.look_at(other.gpg("--armor", "--export", chosen))
        assert (found.fingerprint, found.user_ids, found.secret) == (chosen, ("Somebody <some@example.org>",), False)
        known = ours.keys()
        assert chosen not in {key.fingerprint for key in known}
        with pytest.raises(Trouble) as trouble:
            ours.import_chosen(other.public(chosen), own_key(ours))
        assert trouble.value.problem.fault is Fault.KEY_FOREIGN
        secret = other.gpg("--export-secret-keys", chosen)
        for junk in (
            b"",
            b"junk",
            other.public(chosen) * 2,
            secret,
            other.public(other.key("Two")) + other.public(chosen),
        ):
            with pytest.raises(Trouble) as trouble:
                ours.look_at(junk)
            assert trouble.value.problem.fault is Fault.KEY_UNREADABLE
    finally:
        other.close()
