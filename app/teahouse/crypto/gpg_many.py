"""Many messages in one run of gpg, for history: `--multifile` on files that exist in memory only."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from teahouse.crypto.gpg_process import Gpg, ReadingMany
from teahouse.domain.openpgp import Opened, Verdict

AT_ONCE = 200
"""Messages in one run: two open files each."""
TOTAL_BYTES = 1 << 24
"""What one run may write: GnuPG 2.2 counts `--max-output` over all files, and opens none after the limit."""
_SURE = (Verdict.VALID, Verdict.TOO_LARGE)


def open_all(gpg: Gpg, run: Path, messages: Sequence[bytes], passphrase: str, limit: int) -> list[Opened | None]:
    """Open messages, at most `limit` bytes of each; None for one that is to be opened by itself.

    Names and links to them are made in `run`; nothing of the messages touches a disk.
    """
    found: list[Opened | None] = []
    for start in range(0, len(messages), AT_ONCE):
        with ExitStack() as stack:
            found += _batch(gpg, stack, run, messages[start : start + AT_ONCE], passphrase, limit)
    return found


def _batch(
    gpg: Gpg, stack: ExitStack, run: Path, messages: Sequence[bytes], passphrase: str, limit: int
) -> list[Opened | None]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=run)))
    given, made = ([_memory(stack) for _ in messages] for _ in range(2))
    for number, (data, source, target) in enumerate(zip(messages, given, made, strict=True)):
        _write(source, data)
        (folder / f"{number}.gpg").symlink_to(f"/proc/self/fd/{source}")
        (folder / str(number)).symlink_to(f"/proc/self/fd/{target}")
    names = [str(folder / f"{number}.gpg") for number in range(len(messages))]
    # They would be tried with every key of ours; an attacker could fill an archive with them.
    arguments = ["--passphrase-fd", "0", "--yes", "--skip-hidden-recipients", "--max-output", str(TOTAL_BYTES)]
    reading = ReadingMany(gpg)
    gpg.call([*arguments, "--multifile", "--decrypt", *names], f"{passphrase}\n".encode(), reading, [*given, *made])
    full = sum(os.fstat(target).st_size for target in made) > TOTAL_BYTES - limit
    found: list[Opened | None] = []
    for number, target in enumerate(made):
        if number >= reading.done:
            found.append(None)
            continue
        one = reading.files[number]
        opened = one.opened(_content(target, limit), limit)
        unsure = (full or one.hidden) and opened.verdict not in _SURE
        found.append(None if unsure else opened)
    return found


def _memory(stack: ExitStack) -> int:
    file = os.memfd_create("message")
    stack.callback(os.close, file)
    return file


def _write(file: int, data: bytes) -> None:
    with os.fdopen(os.dup(file), "wb") as stream:
        stream.write(data)


def _content(file: int, limit: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        return stream.read(limit)
