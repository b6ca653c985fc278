"""Restore a backup by the command line, before anything else: passphrases by terminal or file, never by argument."""

import getpass
import signal
import sys
from functools import partial
from pathlib import Path

from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.vault import SHORTEST, VaultMode, VaultState
from teahouse.i18n import _
from teahouse.options import Options
from teahouse.paths import ProfilePaths
from teahouse.store.vault import Vault

FAILED, INTERRUPTED = 1, 130
"""Exit codes."""
_LINE = 4_096
"""Characters of a passphrase that are read."""


class _Unusable(Exception):
    """What was given cannot be used; the text says why."""


def restore(options: Options, paths: ProfilePaths) -> int:
    """Make this profile of a backup, protected by a passphrase; says on the terminal how it went. 0 or an exit code."""
    assert options.restore is not None
    try:
        _restore(Vault(paths.folder), options.restore, options.passphrases)
    except Trouble as trouble:
        from teahouse.ui.problems import sentence

        return _failed(sentence(trouble.problem))
    except _Unusable as unusable:
        return _failed(str(unusable))
    except KeyboardInterrupt:
        _failed(_("Nothing was restored."))
        return INTERRUPTED
    print(_("The backup is restored. The passphrase for this computer opens it."), flush=True)
    return 0


def _failed(said: str) -> int:
    print(said, file=sys.stderr, flush=True)
    return FAILED


def _restore(vault: Vault, path: Path, passphrases: Path | None) -> None:
    from teahouse.store.backup import unpack

    if vault.state()[0] is not VaultState.NEW or vault.database.exists():
        raise Trouble(Problem(Fault.PROFILE_FULL))
    given, fresh = _read(passphrases) if passphrases else _asked()
    if len(fresh) < SHORTEST:
        raise _Unusable(_("A passphrase needs at least %d characters.") % SHORTEST)
    vault.create(VaultMode.PASSPHRASE, fresh, partial(unpack, path, given))


def _read(file: Path) -> tuple[str, str]:
    """Of the backup and, on a second line, for this computer: the same where there is none."""
    try:
        with file.open(encoding="utf-8") as lines:
            given, fresh = (lines.readline(_LINE).rstrip("\r\n") for _line in range(2))
    except (OSError, ValueError):
        raise _Unusable(_("The file of the passphrases cannot be read.")) from None
    return given, fresh or given


def _asked() -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise _Unusable(_("There is no terminal to ask for the passphrases: give them in a file by --passphrases."))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        given = getpass.getpass(_("Passphrase of the backup: "))
        fresh = getpass.getpass(_("Passphrase for this computer (empty for the same): "))
        if fresh and getpass.getpass(_("Once more: ")) != fresh:
            raise _Unusable(_("These two are not the same."))
    except EOFError:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)
    return given, fresh or given
