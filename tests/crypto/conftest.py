"""Two of us and a stranger, each with a keyring of their own; made once, since keys are slow to make."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from teahouse.crypto.gnupg_backend import GnupgBackend
from teahouse.domain.openpgp import Key
from tests.crypto.rig import Stranger

ALICE, BOB = "alice@example.org", "bob@example.org"
PHRASES = {ALICE: "a" * 43, BOB: "b" * 43}


@dataclass(frozen=True)
class Person:
    """Somebody with the program's keyring and a key."""

    bare: str
    phrase: str
    backend: GnupgBackend
    key: Key

    @property
    def fingerprint(self) -> str:
        """Of the key."""
        return self.key.fingerprint


@pytest.fixture(scope="session")
def run() -> Iterator[Path]:
    """A run folder with a short name."""
    with tempfile.TemporaryDirectory(prefix="tr-", dir="/tmp") as folder:
        yield Path(folder)


def _person(bare: str, home: Path, run: Path) -> Person:
    backend = GnupgBackend(home, run)
    return Person(bare, PHRASES[bare], backend, backend.generate(bare, PHRASES[bare]))


@pytest.fixture(scope="session")
def alice(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Writes; her profile has a path of more than 120 characters."""
    person = _person(ALICE, tmp_path_factory.mktemp("alice") / ("a" * 120) / "openpgp", run)
    yield person
    person.backend.close()


@pytest.fixture(scope="session")
def bob(run: Path, alice: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Reads; he and alice have each other's keys."""
    person = _person(BOB, tmp_path_factory.mktemp("bob"), run)
    person.backend.import_public(alice.backend.export_public(alice.fingerprint), alice.fingerprint, ALICE)
    alice.backend.import_public(person.backend.export_public(person.fingerprint), person.fingerprint, BOB)
    yield person
    person.backend.close()


@pytest.fixture(scope="session")
def stranger(bob: Person) -> Iterator[Stranger]:
    """Has bob's key."""
    other = Stranger()
    other.gpg("--import", given=bob.backend.export_public(bob.fingerprint))
    yield other
    other.close()


@pytest.fixture
def backend(run: Path, tmp_path: Path) -> Iterator[Callable[..., GnupgBackend]]:
    """Call it for empty keyrings: `backend()`, `backend("other")`."""
    made: list[GnupgBackend] = []

    def make(name: str = "home", seconds: float = 10) -> GnupgBackend:
        made.append(GnupgBackend(tmp_path / name, run, seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()
