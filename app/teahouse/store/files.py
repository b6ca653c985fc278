"""Files handed to the user: whole or not there, and readable by nobody else."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from teahouse.crash import crash_point
from teahouse.domain.problem import Fault, Problem, Trouble


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A new file (0600) that takes its place only once all is on the disk; raises Trouble (DISK_FULL, NOT_WRITABLE)."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        crash_point("file-written")
        part.replace(path)
        crash_point("file-kept")
        settle(path.parent)
    except OSError as error:
        fault = Fault.DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else Fault.NOT_WRITABLE
        raise Trouble(Problem(fault, str(path), str(error.strerror or ""))) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
