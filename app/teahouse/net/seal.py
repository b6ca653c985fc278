"""The seal: a filter of the kernel (seccomp) under which this process and its children open no network socket.

Loaded before any thread exists, it stays until the process ends and is inherited by every program it starts. Unix
sockets still work, and by one of them tor is reached; so do the desktop's (X11, Wayland, D-Bus).
"""

import ctypes
import errno
import logging
import socket
from pathlib import Path

log = logging.getLogger(__name__)

_FAMILIES = 64
"""More than Linux has (AF_MAX is 46)."""
_NETLINK, _DEVICE_NEWS = 16, 15
"""Netlink tells a desktop program of devices (NETLINK_KOBJECT_UEVENT); all else of it concerns the network."""
_WHOLE_INT = 0xFFFF_FFFF
"""The kernel looks at the lower half of an argument only, so the filter must too."""
_WAYS_AROUND = ("io_uring_setup", "pidfd_getfd", "ptrace", "process_vm_readv", "process_vm_writev")
"""Sockets made without `socket`, or taken from another process of the same user, such as the broker."""


def seal() -> bool:
    """Close the network to this process for good; whether that worked. Where it did not, the words say so."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        log.info("not sealed: %s", type(error).__name__)
        return False
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        refuse = pyseccomp.ERRNO(errno.EACCES)
        for family in range(_FAMILIES):
            if family not in (socket.AF_UNIX, _NETLINK):
                rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _WHOLE_INT, family))
        netlink = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _WHOLE_INT, _NETLINK)
        rules.add_rule(refuse, "socket", netlink, pyseccomp.Arg(2, pyseccomp.NE, _DEVICE_NEWS))
        for name in _WAYS_AROUND:
            rules.add_rule(refuse, name)
        rules.load()
    except (OSError, ValueError, RuntimeError) as error:
        log.info("not sealed: %s", type(error).__name__)
        return False
    return sealed()


def sealed() -> bool:
    """Whether the kernel refuses this process a network socket: asked, and tried."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    return "\nSeccomp:\t2" in status and all(refused(family) for family in (socket.AF_INET, socket.AF_INET6))


def refused(family: int) -> bool:
    """Whether the kernel itself, past everything that Python does, refuses a socket of this family."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = int(libc.socket(family, socket.SOCK_STREAM, 0))
    if made >= 0:
        libc.close(made)
        return False
    return ctypes.get_errno() == errno.EACCES
