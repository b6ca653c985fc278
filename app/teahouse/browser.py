"""The user's browser, for a link that was confirmed. Standard library only: the broker opens it, the client asks."""

import shutil
from subprocess import DEVNULL, Popen

_OPENERS = ("xdg-open", "sensible-browser", "x-www-browser")
_SCHEMES = ("https://", "http://")
LONGEST = 4_000


def browser() -> str:
    """The program that opens web addresses here, or nothing."""
    return next((found for name in _OPENERS if (found := shutil.which(name))), "")


def open_in_browser(address: str) -> "Popen[bytes] | None":
    """Have a web address opened; anything else, or one that could be read as an option, is not."""
    program = browser()
    if not program or not address.lower().startswith(_SCHEMES) or len(address) > LONGEST or not address.isprintable():
        return None
    return Popen([program, address], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
