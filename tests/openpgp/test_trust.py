"""What is thought of keys: the first is taken as it comes, until one was compared; then the user decides."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from teahouse.domain.account import Account
from teahouse.features.openpgp import store
from teahouse.features.openpgp.model import OwnKey, PeerKey, Trust, first_trust, spaced
from teahouse.store import accounts
from teahouse.store.database import Database

ROSE = "rose@example.org"
KEYS = [f"{number:040X}" for number in range(5)]
keys = st.sampled_from(KEYS)


def test_a_fingerprint_can_be_read_aloud() -> None:
    assert spaced("0123456789ABCDEF" * 2 + "01234567").split(" ")[:3] == ["0123", "4567", "89AB"]
    assert spaced(KEYS[0]).replace(" ", "") == KEYS[0]


class Deciding(RuleBasedStateMachine):
    """One person announces keys as they like, and the user thinks what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.db = Database(Path(self.folder.name) / "db", bytes(32))
        self.account = accounts.add(self.db, Account(0, "willow@example.org", "willow"), "secret").id
        self.thought: dict[str, Trust] = {}
        self.listed: set[str] = set()
        self.untold: set[str] = set()
        self.time = 0

    def teardown(self) -> None:
        """Close it."""
        self.db.close()
        self.folder.cleanup()

    def found(self) -> dict[str, PeerKey]:
        """What is on disk."""
        return {key.fingerprint: key for key in store.peers(self.db, self.account, ROSE)}

    @rule(announced=st.lists(keys, max_size=4))
    def announce(self, announced: list[str]) -> None:
        """A list has come."""
        self.time += 1
        decided = any(thought is not Trust.FIRST_USE for thought in self.thought.values())
        fresh = [key for key in announced if key not in self.thought]
        # The first one that somebody has is no news.
        self.untold |= set(fresh) if self.thought else set()
        assert store.announced(self.db, self.account, ROSE, announced, self.time) == bool(fresh)
        for key in fresh:
            self.thought[key] = Trust.UNDECIDED if decided else Trust.FIRST_USE
        self.listed = set(announced)

    @rule(key=keys, trust=st.sampled_from(Trust))
    def think(self, key: str, trust: Trust) -> None:
        """The user says something of a key that they see."""
        if key not in self.thought:
            return
        store.think(self.db, self.account, ROSE, key, trust)
        self.thought[key] = trust
        self.untold.discard(key)
        if trust is Trust.VERIFIED:
            taken = (other for other, thought in self.thought.items() if thought is Trust.FIRST_USE)
            self.thought.update(dict.fromkeys(list(taken), Trust.UNDECIDED))

    @rule()
    def notice(self) -> None:
        """The user has heard of all."""
        store.noticed(self.db, self.account, [ROSE])
        self.untold.clear()

    @rule(key=keys)
    def hold(self, key: str) -> None:
        """The key itself has come."""
        store.keep(self.db, self.account, ROSE, key, b"key")

    @invariant()
    def as_thought(self) -> None:
        """Nothing is forgotten, and nothing is trusted that came after a comparison without being decided."""
        found = self.found()
        assert {name: key.trust for name, key in found.items()} == self.thought
        assert {name for name, key in found.items() if key.announced} == self.listed
        assert {name for name, key in found.items() if not key.noticed} == self.untold
        for key in found.values():
            assert not key.encrypts or (key.announced and key.held and key.trust.counts)
        if any(key.trust is Trust.VERIFIED for key in found.values()):
            assert first_trust(found.values()) is Trust.UNDECIDED


def test_what_is_thought_of_keys() -> None:
    run_state_machine_as_test(Deciding, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))


def test_who_was_once_distrusted_is_not_trusted_again_by_a_new_key(db: Database) -> None:
    account = accounts.add(db, Account(0, "willow@example.org", "willow"), "secret").id
    store.announced(db, account, ROSE, KEYS[:1], 1)
    store.think(db, account, ROSE, KEYS[0], Trust.DISTRUSTED)
    store.announced(db, account, ROSE, KEYS[1:2], 2)
    assert [key.trust for key in store.peers(db, account, ROSE)] == [Trust.DISTRUSTED, Trust.UNDECIDED]


def test_only_one_key_of_ours_is_in_use(db: Database) -> None:
    account = accounts.add(db, Account(0, "willow@example.org", "willow"), "secret").id
    for number, name in enumerate(KEYS[:3]):
        secret = store.Secret(name, b"secret %d" % number, f"phrase {number}")
        store.add_own(db, account, OwnKey(name, number, retired=False), secret, b"public %d" % number)
    assert [(key.fingerprint, key.retired) for key in store.own(db, account)] == [
        (KEYS[2], False), (KEYS[1], True), (KEYS[0], True)
    ]  # fmt: skip
    assert {secret.phrase for secret in store.secrets(db, account)} == {"phrase 0", "phrase 1", "phrase 2"}
    assert store.public(db, account, KEYS[1]) == b"public 1" and store.public(db, account, KEYS[4]) == b""
    assert "secret" not in repr(store.secrets(db, account)[0])
