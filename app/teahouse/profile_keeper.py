"""Keeps profile.toml while the program runs: what was chosen before and beside the vault."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from teahouse.domain.events import Event, WentWrong
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.vault import VaultMode
from teahouse.profile import Profile, ProfileDamaged, Theme, read_profile, write_profile


class ProfileKeeper:
    """The settings file of one profile. `problem` says that it makes no sense; it is then never written."""

    def __init__(self, path: Path, announce: Callable[[Event], None]) -> None:
        self._path, self._announce = path, announce
        self.profile = Profile()
        self.problem: Problem | None = None
        try:
            self.profile = read_profile(path) or self.profile
        except ProfileDamaged as error:
            self.problem = Problem(Fault.PROFILE_DAMAGED, path.name, str(error))

    def save_appearance(self, theme: str, language: str) -> None:
        """Keep another theme and language."""
        self._save(replace(self.profile, theme=Theme(theme), language=language))

    def save_vault(self, mode: VaultMode) -> None:
        """Keep how the vault opens."""
        self._save(replace(self.profile, vault=mode))

    def save_policy(self, policy: Policy) -> None:
        """Keep which routes are allowed; it counts from the next start of the client."""
        self._save(replace(self.profile, policy=policy))

    def _save(self, profile: Profile) -> None:
        if profile == self.profile or self.problem is not None:
            return
        self.profile = profile
        try:
            write_profile(self._path, profile)
        except OSError as error:
            self._announce(WentWrong(Problem(Fault.NOT_WRITABLE, self._path.name, error.strerror or "")))
