"""profile.toml: the only readable file of a profile (policy, theme, language, vault mode)."""

import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from teahouse.domain.policy import Policy
from teahouse.domain.vault import VaultMode
from teahouse.i18n import _


class Theme(Enum):
    """The colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Profile:
    """What must be known before the vault is open. An empty language means the system's; a vault of None is yet to
    be chosen."""

    policy: Policy = Policy.TOR
    theme: Theme = Theme.SYSTEM
    language: str = ""
    vault: VaultMode | None = None


class ProfileDamaged(Exception):
    """profile.toml cannot be understood; the text is a sentence for the user."""


Choice = TypeVar("Choice", bound=Enum)


def policy_of(path: Path, provision: Path | None = None) -> Policy:
    """The policy of a profile; of a new one what its provision file says (`policy = "open"`); in doubt, Tor."""
    try:
        profile = read_profile(path)
        if profile is None and provision is not None:
            profile = Profile(_chosen(provision, tomllib.loads(provision.read_text()), "policy", Policy) or Policy.TOR)
            write_profile(path, profile)
    except (ProfileDamaged, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return Policy.TOR
    return profile.policy if profile else Policy.TOR


def read_profile(path: Path) -> Profile | None:
    """The profile kept in this file, None when there is none; raises ProfileDamaged."""
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileDamaged(_("%(file)s cannot be read: %(why)s.") % {"file": path, "why": error}) from error
    language = found.get("language", "")
    if not isinstance(language, str) or not re.fullmatch(r"[A-Za-z0-9_-]*", language):
        raise ProfileDamaged(_("%(file)s: “language” must be a code such as zh_CN.") % {"file": path})
    return Profile(
        policy=_chosen(path, found, "policy", Policy) or Policy.TOR,
        theme=_chosen(path, found, "theme", Theme) or Theme.SYSTEM,
        language=language,
        vault=_chosen(path, found, "vault", VaultMode),
    )


def _chosen(path: Path, found: dict[str, object], key: str, choices: type[Choice]) -> Choice | None:
    if key not in found:
        return None
    for choice in choices:
        if choice.value == found[key]:
            return choice
    allowed = ", ".join(str(choice.value) for choice in choices)
    raise ProfileDamaged(
        _("%(file)s: “%(key)s” must be one of: %(allowed)s.") % {"file": path, "key": key, "allowed": allowed}
    )


def write_profile(path: Path, profile: Profile) -> None:
    """Replace the file in one step, readable by its owner only."""
    values = {"policy": profile.policy.value, "theme": profile.theme.value, "language": profile.language}
    if profile.vault is not None:
        values["vault"] = profile.vault.value
    write_private(path, "".join(f"{key} = {toml_string(value)}\n" for key, value in values.items()))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 that is either the old or the new one, even after a power cut."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def toml_string(text: str) -> str:
    """A basic string of TOML 1.0."""
    special = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(special.get(c) or (c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in text) + '"'
