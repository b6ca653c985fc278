"""Addresses: a bounded, normalised `local@domain/resource` (RFC 7622, without its full PRECIS tables)."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from teahouse.domain.problem import Fault, Problem, Trouble

PART_BYTES = 1023
_FORBIDDEN_IN_LOCAL = set("\"&'/:<>@ ")


@dataclass(frozen=True, slots=True, order=True)
class Jid:
    """One address. `local` may be empty (a server or a service); `resource` is empty in a bare address."""

    local: str
    domain: str
    resource: str = ""

    @classmethod
    def parse(cls, text: str) -> "Jid":
        """Read an address as typed or received; raises Trouble(BAD_ADDRESS)."""
        return _parsed(text)

    @property
    def bare(self) -> str:
        """The address without its resource."""
        return f"{self.local}@{self.domain}" if self.local else self.domain

    def __str__(self) -> str:
        return f"{self.bare}/{self.resource}" if self.resource else self.bare


@lru_cache(maxsize=1_024)
def _parsed(text: str) -> Jid:
    # In an archive's page the same few addresses stand hundreds of times.
    bare, _, resource = text.partition("/")
    # Never of the resource: in a room, a name with a space behind it is another name.
    bare = bare.strip()
    local, at, domain = bare.rpartition("@")
    local = unicodedata.normalize("NFC", local).lower()
    domain = unicodedata.normalize("NFC", domain).lower().rstrip(".")
    resource = unicodedata.normalize("NFC", resource)
    if not _sound(local, domain, resource) or (at and not local):
        raise Trouble(Problem(Fault.BAD_ADDRESS, text[:80]))
    return Jid(local, domain, resource)


def _sound(local: str, domain: str, resource: str) -> bool:
    if not domain or any(len(part.encode("utf-8", "surrogatepass")) > PART_BYTES for part in (local, domain, resource)):
        return False
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in local + domain + resource):
        return False
    if any(c in _FORBIDDEN_IN_LOCAL or c.isspace() for c in local):
        return False
    return all(_label(label) for label in domain.split("."))


def _label(label: str) -> bool:
    return bool(label) and len(label) <= 63 and all(c.isalnum() or c in "-_[]:" for c in label)
