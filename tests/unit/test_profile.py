"""profile.toml."""

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.domain.events import Event
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault
from teahouse.domain.vault import VaultMode
from teahouse.profile import Profile, ProfileDamaged, Theme, policy_of, read_profile, toml_string, write_profile
from teahouse.profile_keeper import ProfileKeeper


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """And only its owner may read it."""
    path = tmp_path / "profile.toml"
    assert read_profile(path) is None
    profile = Profile(Policy.OPEN, Theme.DARK, "zh_CN", VaultMode.KEYRING)
    write_profile(path, profile)
    write_profile(path, profile)
    assert read_profile(path) == profile
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_chosen_is_kept(tmp_path: Path) -> None:
    """Theme and language, and how the vault opens, each without losing the other."""
    path = tmp_path / "profile.toml"
    said: list[Event] = []
    keeper = ProfileKeeper(path, said.append)
    keeper.save_appearance("dark", "zh_CN")
    keeper.save_vault(VaultMode.PASSPHRASE)
    assert read_profile(path) == Profile(Policy.TOR, Theme.DARK, "zh_CN", VaultMode.PASSPHRASE)
    keeper.save_policy(Policy.OPEN)
    assert read_profile(path) == Profile(Policy.OPEN, Theme.DARK, "zh_CN", VaultMode.PASSPHRASE)
    assert ProfileKeeper(path, said.append).profile == keeper.profile and said == []


def test_a_damaged_file_is_never_written_over(tmp_path: Path) -> None:
    """What its owner wrote is theirs to mend."""
    path = tmp_path / "profile.toml"
    path.write_text("policy = 'open")
    keeper = ProfileKeeper(path, lambda event: None)
    assert keeper.problem is not None and keeper.problem.fault is Fault.PROFILE_DAMAGED
    keeper.save_appearance("dark", "")
    assert path.read_text() == "policy = 'open"


@pytest.mark.parametrize(
    ("settings", "provision", "policy"),
    [
        (None, None, Policy.TOR),
        ("policy = 'open'", None, Policy.OPEN),
        ("policy = 'perhaps'", None, Policy.TOR),
        ("not toml", "policy = 'open'", Policy.TOR),
        ("theme = 'dark'", "policy = 'open'", Policy.TOR),
        (None, "policy = 'open'", Policy.OPEN),
        (None, "policy = 'perhaps'", Policy.TOR),
        (None, "[[account]]", Policy.TOR),
        (None, "not toml", Policy.TOR),
    ],
)
def test_in_doubt_the_policy_is_tor(
    tmp_path: Path, settings: str | None, provision: str | None, policy: Policy
) -> None:
    """A provision file speaks for a new profile only, and what makes no sense opens nothing."""
    path, file = tmp_path / "profile.toml", tmp_path / "group.toml"
    if settings is not None:
        path.write_text(settings)
    if provision is not None:
        file.write_text(provision)
    assert policy_of(path, file if provision else None) is policy
    if settings is None and provision == "policy = 'open'":
        assert policy_of(path) is Policy.OPEN, "kept for the next start"


def test_a_new_profile_goes_through_tor() -> None:
    """The careful default."""
    assert Profile().policy is Policy.TOR


@pytest.mark.parametrize(
    "text", ["policy = ", 'policy = "loose"', "vault = 3", 'language = "a b"', "theme = []", "\x00"]
)
def test_damage_is_a_sentence(tmp_path: Path, text: str) -> None:
    """It names the file."""
    path = tmp_path / "profile.toml"
    path.write_text(text)
    with pytest.raises(ProfileDamaged, match=r"profile\.toml"):
        read_profile(path)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_string_survives_toml(text: str) -> None:
    """Quotes, controls, everything."""
    assert tomllib.loads(f"x = {toml_string(text)}")["x"] == text
