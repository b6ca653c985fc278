"""The command line as one frozen value."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from teahouse import __version__
from teahouse.i18n import _

LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Options:
    """What this start was asked for."""

    profile: str = "default"
    provision: Path | None = None
    restore: Path | None = None
    passphrases: Path | None = None
    """A file that holds them for `restore`: of the backup, and in a second line for this computer."""
    demo: bool = False
    offline: bool = False
    screenshot: Path | None = None
    log_level: str = "warning"
    prove: bool = False
    theme: str = ""
    """`light` or `dark` for this start only; empty means what the profile says."""


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; ends the program with a sentence when it makes no sense."""
    parser = argparse.ArgumentParser(prog="teahouse", description=_("Group chat that never asks who you are."))
    add = parser.add_argument
    add("--profile", metavar="NAME", default="default", help=_("the compartment to open; profiles share nothing"))
    add("--provision", metavar="FILE.toml", type=Path, help=_("set accounts, rooms and contacts up from this file"))
    add("--restore", metavar="FILE", type=Path, help=_("make a new profile of this backup; asks for its passphrase"))
    add("--passphrases", metavar="FILE", type=Path, help=_("for --restore: of the backup, then for this computer"))
    add("--demo", action="store_true", help=_("just try: a practice server on this computer, deleted at the end"))
    add("--offline", action="store_true", help=_("do not connect"))
    add("--screenshot", metavar="FILE.png", type=Path, help=_("save a picture of the window and end"))
    add("--prove", action="store_true", help=_("say what keeps the running profile from the network, and end"))
    add("--log-level", choices=LOG_LEVELS, default="warning", help=_("how much to write to the terminal"))
    add("--theme", choices=("light", "dark"), default="", help=_("colours for this start only"))
    add("--version", action="version", version=f"Teahouse {__version__}")
    found = parser.parse_args(arguments)
    if found.restore and (found.demo or found.provision):
        parser.error(_("a backup is restored into a profile of its own"))
    if found.passphrases and not found.restore:
        parser.error(_("--passphrases goes with --restore"))
    return Options(
        profile=found.profile,
        provision=found.provision.absolute() if found.provision else None,
        restore=found.restore.absolute() if found.restore else None,
        passphrases=found.passphrases.absolute() if found.passphrases else None,
        demo=found.demo,
        offline=found.offline,
        screenshot=found.screenshot.absolute() if found.screenshot else None,
        log_level=found.log_level,
        prove=found.prove,
        theme=found.theme,
    )
