"""The user's browsers, for a link that was confirmed. Standard library only: the broker opens it, the client asks."""

import shutil
from subprocess import DEVNULL, Popen

ANY, TOR = "any", "tor"
_PROGRAMS = {
    ANY: ("xdg-open", "sensible-browser", "x-www-browser"),
    # Tails, Whonix, and Debian's torbrowser-launcher: each hands an address on to Tor Browser.
    TOR: ("tor-browser", "torbrowser", "torbrowser-launcher"),
}
_SCHEMES = ("https://", "http://")
LONGEST = 4_000


def browser(kind: str) -> str:
    """The program that opens web addresses here, in the usual browser (ANY) or in Tor Browser (TOR), or nothing."""
    return next((found for name in _PROGRAMS.get(kind, ()) if (found := shutil.which(name))), "")


def open_in_browser(kind: str, address: str) -> "Popen[bytes] | None":
    """Have a web address opened; anything else, or one that could be read as an option, is not."""
    program = browser(kind)
    if not program or not address.lower().startswith(_SCHEMES) or len(address) > LONGEST or not address.isprintable():
        return None
    return Popen([program, address], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True)
