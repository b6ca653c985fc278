"""A fingerprint as it is passed on: in a link, as a code to be photographed, or typed from paper."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble

MOST = 65_536
"""Characters in which a fingerprint is looked for."""
_QUERY = "openpgp4fpr"
_LINK = re.compile(rf"xmpp:([^?\s]{{1,3000}})\?{_QUERY}[=:]([0-9A-Fa-f]{{40}})(?![0-9A-Fa-f])")
_BARE = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f][ \t\u00a0]*(?:\r?\n[ \t]*)?){39}[0-9A-Fa-f](?![0-9A-Fa-f])")


@dataclass(frozen=True, slots=True)
class Told:
    """A fingerprint (40 upper-case digits) that somebody gave us, and the bare address it is said to be of, if any."""

    fingerprint: str
    jid: str = ""


def link(jid: str, fingerprint: str) -> str:
    """An address (RFC 5122) with the fingerprint of its key: xmpp:rose@tea.example?openpgp4fpr=0123..."""
    return f"xmpp:{quote(jid, safe='@')}?{_QUERY}={fingerprint}"


def read(text: str) -> Told | None:
    """The one fingerprint in a text: in such a link, behind OPENPGP4FPR:, or its digits in any grouping.

    None when there is none, or more than one.
    """
    text = text[:MOST]
    if links := {_told(jid, digits) for jid, digits in _LINK.findall(text)}:
        return links.pop() if len(links) == 1 else None
    bare = {"".join(found.split()).upper() for found in _BARE.findall(text)}
    return Told(bare.pop()) if len(bare) == 1 else None


def _told(jid: str, digits: str) -> Told | None:
    try:
        return Told(digits.upper(), Jid.parse(unquote(jid)).bare)
    except Trouble:
        return None
