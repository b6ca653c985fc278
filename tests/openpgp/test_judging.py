"""Verdicts: a message is believed when everything fits, and otherwise nothing of it is shown."""

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from teahouse.crypto.signcrypt import Kind, build
from teahouse.domain.openpgp import Opened, Verdict, user_id
from teahouse.engine.xml import el
from teahouse.features.openpgp import store
from teahouse.features.openpgp.judging import PLAUSIBLE, Frame, Heard, Refusal, Standing, judge
from teahouse.features.openpgp.model import PeerKey, Trust
from teahouse.store.database import Database
from tests.crypto.rig import Stranger
from tests.openpgp.conftest import Owner

WILLOW, ROSE, MALLORY, TEA = "willow@example.org", "rose@example.org", "mallory@example.org", "tea@rooms.example.org"
NOW = 1_800_000_000
KEY, OWN, ALIEN = "A" * 40, "B" * 40, "C" * 40
BODY = (el("body", text="hello"),)


def peer(trust: Trust = Trust.FIRST_USE, **other: object) -> PeerKey:
    """The key of rose."""
    return replace(PeerKey(ROSE, KEY, trust, announced=True, since=1, held=True), **other)  # type: ignore[arg-type]


def sealed(
    to: Iterable[str] = (WILLOW,), inside: tuple[ET.Element, ...] = BODY, at: int = NOW, kind: Kind = Kind.SIGNCRYPT
) -> bytes:
    """What rose signs."""
    return build(kind, list(to), inside, at)


def valid(data: bytes, signer: str = KEY, signed_at: int = NOW) -> Opened:
    """What GnuPG says of it."""
    return Opened(Verdict.VALID, data, signer, signed_at, "signature")


FRAME = Frame(sender=ROSE, addressee=WILLOW, at=NOW)
ROOM = Frame(sender=ROSE, addressee=TEA, at=NOW)


def heard(opened: Opened, frame: Frame = FRAME, *keys: PeerKey, new: bool = True) -> Heard | Refusal:
    """What it is worth."""
    return judge(opened, frame, keys or (peer(),), (OWN,), lambda _: new)


@pytest.mark.parametrize(
    ("key", "standing"),
    [
        (peer(Trust.VERIFIED), Standing.VERIFIED),
        (peer(Trust.FIRST_USE), Standing.TRUSTED),
        (peer(Trust.UNDECIDED), Standing.UNDECIDED),
        (peer(Trust.VERIFIED, announced=False), Standing.VERIFIED),
    ],
    ids=["verified", "first use", "undecided", "not announced any more"],
)
def test_what_fits_is_believed_as_far_as_its_key(key: PeerKey, standing: Standing) -> None:
    found = heard(valid(sealed()), FRAME, key)
    assert isinstance(found, Heard) and found.standing is standing and found.signed_at == 0
    assert [child.text for child in found.payload] == ["hello"]


def test_rooms_and_our_other_devices() -> None:
    for to in ((TEA,), (TEA, WILLOW, ROSE)):
        found = heard(valid(sealed(to)), ROOM)
        assert isinstance(found, Heard) and found.standing is Standing.TRUSTED
    hidden = heard(valid(sealed((TEA,))), replace(ROOM, sender=""))
    assert isinstance(hidden, Heard) and hidden.standing is Standing.SENDER_UNKNOWN
    ours = Frame(sender=WILLOW, addressee=ROSE, at=NOW, ours=True)
    found = heard(valid(sealed((ROSE,)), OWN), ours)
    assert isinstance(found, Heard) and found.standing is Standing.OURS


FORGED: dict[str, tuple[Opened, Frame, tuple[PeerKey, ...], Refusal]] = {
    "for somebody else": (valid(sealed((MALLORY,))), FRAME, (), Refusal.FORWARDED),
    "of a room, to us": (valid(sealed((TEA,))), FRAME, (), Refusal.FORWARDED),
    "to us, in a room": (valid(sealed((WILLOW,))), ROOM, (), Refusal.FORWARDED),
    "to members, not the room": (valid(sealed((WILLOW, ROSE))), ROOM, (), Refusal.FORWARDED),
    "of another room": (valid(sealed(("other@rooms.example.org",))), ROOM, (), Refusal.FORWARDED),
    "by a stranger": (valid(sealed(), ALIEN), FRAME, (), Refusal.FOREIGN_SIGNER),
    "by us, from rose": (valid(sealed(), OWN), FRAME, (), Refusal.FOREIGN_SIGNER),
    "by rose, from us": (
        valid(sealed((ROSE,))), Frame(WILLOW, ROSE, NOW, ours=True), (), Refusal.FOREIGN_SIGNER,
    ),
    "by rose, from mallory": (valid(sealed()), replace(FRAME, sender=MALLORY), (), Refusal.FOREIGN_SIGNER),
    "by a key that we never had": (valid(sealed()), FRAME, (peer(held=False),), Refusal.FOREIGN_SIGNER),
    "by a key that is not believed": (valid(sealed()), FRAME, (peer(Trust.DISTRUSTED),), Refusal.DISTRUSTED),
    "only encrypted inside": (valid(sealed(kind=Kind.CRYPT)), FRAME, (), Refusal.UNREADABLE),
    "only signed inside": (valid(sealed(kind=Kind.SIGN)), FRAME, (), Refusal.UNREADABLE),
    "nothing that we know inside": (valid(b"<x xmlns='urn:xmpp:openpgp:0'/>"), FRAME, (), Refusal.UNREADABLE),
    "no XML inside": (valid(b"hello"), FRAME, (), Refusal.UNREADABLE),
    "without anything in it": (valid(sealed(inside=())), FRAME, (), Refusal.EMPTY),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_what_does_not_fit_is_refused(name: str) -> None:
    opened, frame, keys, refusal = FORGED[name]
    assert heard(opened, frame, *keys) is refusal


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.VALID])
def test_what_gnupg_does_not_vouch_for_is_refused_whatever_is_in_it(verdict: Verdict) -> None:
    assert isinstance(heard(replace(valid(sealed()), verdict=verdict)), Refusal)


@pytest.mark.parametrize(
    ("written", "signed", "told"),
    [
        (NOW, NOW, 0),
        (NOW - PLAUSIBLE, NOW - PLAUSIBLE, 0),
        (NOW - PLAUSIBLE - 1, NOW, NOW - PLAUSIBLE - 1),
        (915_148_800, 915_148_800, 915_148_800),
        (NOW + 86_400, NOW, NOW + 86_400),
        (NOW, NOW - 86_400, NOW),
    ],
    ids=["now", "a little late", "late", "1999", "tomorrow", "signed on another day"],
)
def test_an_odd_time_is_said(written: int, signed: int, told: int) -> None:
    found = heard(valid(sealed(at=written), signed_at=signed))
    assert isinstance(found, Heard) and found.signed_at == told


def test_a_replay_is_refused(db: Database) -> None:
    def note(chat: str, stanza_id: str) -> Callable[[str], bool]:
        return lambda signature: store.first_time(db, 1, signature, chat, stanza_id)

    def take(chat: str, stanza_id: str) -> Heard | Refusal:
        return judge(valid(sealed((TEA, "other@rooms.example.org"))), replace(ROOM, addressee=chat), (peer(),), (OWN,),
                     note(chat, stanza_id))  # fmt: skip

    assert isinstance(take(TEA, "1"), Heard)
    # An archive tells it again.
    assert isinstance(take(TEA, "1"), Heard)
    assert take(TEA, "2") is Refusal.REPLAYED
    assert take(TEA, "") is Refusal.REPLAYED
    assert take("other@rooms.example.org", "1") is Refusal.REPLAYED
    # What is refused for another reason does not count as seen.
    assert heard(valid(sealed((MALLORY,))), FRAME, new=False) is Refusal.FORWARDED


def test_what_was_signed_for_another_and_encrypted_again_is_refused(owner: Callable[[str], Owner]) -> None:
    """With real GnuPG, which calls the signature good."""
    willow, stranger, other = owner(WILLOW), Stranger(), Stranger()
    try:
        mine = willow.run(willow.keyring.make())
        rose, mallory = stranger.key(user_id(ROSE)), other.key(user_id(MALLORY))
        for one, data in ((stranger, other.public(mallory)), (other, stranger.public(rose)),
                          (other, store.public(willow.db, willow.account, mine.fingerprint))):  # fmt: skip
            one.gpg("--import", given=data)
        store.announced(willow.db, willow.account, ROSE, [rose], 1)
        willow.run(willow.keyring.take(ROSE, rose, stranger.public(rose)))
        to_mallory = stranger.gpg("-u", rose, "-r", mallory, "-se", given=sealed((MALLORY,)))
        signed = other.gpg("--unwrap", "--decrypt", given=to_mallory)
        command = ["gpg", "--homedir", str(other.home), "--batch", "--trust-model", "always", "--no-literal", "-r",
                   mine.fingerprint, "--encrypt"]  # fmt: skip
        again = subprocess.run(command, input=signed, capture_output=True, check=True).stdout
    finally:
        stranger.close()
        other.close()
    (secret,) = store.secrets(willow.db, willow.account)
    opened = willow.run(willow.keyring.do("", lambda gpg: gpg.open(again, secret.phrase)))
    assert opened.verdict is Verdict.VALID and opened.signer == rose
    keys = store.peers(willow.db, willow.account, ROSE)
    assert judge(opened, FRAME, keys, (mine.fingerprint,), lambda _: True) is Refusal.FORWARDED
