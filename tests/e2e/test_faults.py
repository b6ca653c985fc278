"""Faults of this computer, with the real program: one clear sentence each, and nothing is changed or lost."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from teahouse.domain.account import Account
from teahouse.domain.vault import VaultMode
from teahouse.store import accounts
from teahouse.store.database import Database
from teahouse.store.vault import Vault
from tests.e2e.driven import hands, heard
from tests.rig.xvfb import Xvfb


def profile(home: Path) -> Path:
    """The folder of a profile with one account, its vault open."""
    folder = home / "data" / "profiles" / "default"
    folder.mkdir(parents=True)
    vault = Vault(folder)
    db = Database(vault.database, vault.create(VaultMode.OPEN))
    accounts.add(db, Account(0, "willow@xmpp.test", "willow"), "secret")
    db.close()
    return folder


def newer(folder: Path) -> None:
    """As if a later version had been here."""
    vault = Vault(folder)
    db = Database(vault.database, vault.key())
    db.run("PRAGMA user_version = 9000")
    db.close()


def damaged(folder: Path) -> None:
    """A page of noise in the middle of the file."""
    file = folder / "teahouse.db"
    raw = bytearray(file.read_bytes())
    raw[4096:8192] = os.urandom(4096)
    file.write_bytes(raw)


def no_vault(folder: Path) -> None:
    """The file that says how the key is kept was cut."""
    (folder / "vault").write_text('{"mode": "op')


def no_settings(folder: Path) -> None:
    """profile.toml was edited by hand, wrongly."""
    (folder / "profile.toml").write_text("policy = 'perhaps'\n")


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (newer, "This profile was used by a newer Teahouse. Start the newer version"),
        (damaged, "The file that holds your messages is damaged. Nothing was changed."),
        (no_vault, "The file that holds your messages is damaged. Nothing was changed."),
        (no_settings, "The settings file of this profile makes no sense. Nothing was opened or sent."),
    ],
)
def test_a_profile_that_cannot_be_opened_says_why(
    harm: Callable[[Path], None], sentence: str, display: Xvfb, tmp_path: Path
) -> None:
    folder = profile(tmp_path)
    harm(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with hands(tmp_path, display, "stopped", "--offline") as program:
        assert program.wait(60) == 0, program.output
    assert heard(program)[0].startswith(sentence)
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {name: after.get(name) for name in before} == before
