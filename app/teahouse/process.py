"""What a process asks of the kernel about itself (prctl)."""

import ctypes
import os
import signal

_SET_DEATH_SIGNAL = 1
_SET_DUMPABLE = 4


def _prctl(option: int, value: int) -> bool:
    try:
        return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False


def end_with_parent(parent: int) -> None:
    """Be sent SIGTERM when the parent process of this id ends; it survives execv."""
    _prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def hide_memory() -> bool:
    """No core dumps, and no reading of this process's memory by others of the same user."""
    return _prctl(_SET_DUMPABLE, 0)
