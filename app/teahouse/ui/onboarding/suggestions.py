"""What the first minute suggests: servers from a dated list, and names and passwords from `secrets`."""

import secrets
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_RESOURCES = Path(__file__).resolve().parents[4] / "resources"
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
PASSWORD_GROUPS, GROUP = 5, 4
"""Twenty characters of 32: 100 bits."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """One free server of resources/servers.toml."""

    domain: str
    country: str
    captcha: bool
    website: str
    checked: date
    """The day of the source."""
    onion: bool
    """Whether an onion address of it is known."""


def front_names() -> tuple[str, ...]:
    """The sites behind which bridges are asked for: resources/moat.toml."""
    return tuple(row["front"] for row in tomllib.loads((_RESOURCES / "moat.toml").read_text()).get("front", []))


def servers() -> tuple[Suggested, ...]:
    """The list, in its own order."""
    found = tomllib.loads((_RESOURCES / "servers.toml").read_text())["server"]
    onions = {row["domain"] for row in tomllib.loads((_RESOURCES / "onions.toml").read_text())["server"]}
    return tuple(
        Suggested(
            row["domain"], row["country"], row["captcha"], row["website"], row["checked"], row["domain"] in onions
        )
        for row in found
    )


def new_name() -> str:
    """A name that says nothing about anybody."""
    words = tomllib.loads((_RESOURCES / "names.toml").read_text())
    return f"{secrets.choice(words['first'])}-{secrets.choice(words['second'])}-{secrets.randbelow(90) + 10}"


def new_nick() -> str:
    """A nick for rooms, drawn apart from the name, so that it does not give the address away."""
    words = tomllib.loads((_RESOURCES / "names.toml").read_text())
    return f"{secrets.choice(words['first'])}-{secrets.choice(words['second'])}"


def new_password() -> str:
    """A password of 100 random bits, in groups that can be copied by hand."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(GROUP)) for _ in range(PASSWORD_GROUPS))
    return "-".join(groups)
