"""Before anything is sent encrypted: who could read it, and who could not and why."""

import asyncio
from collections.abc import Container, Iterable
from dataclasses import dataclass

from teahouse.domain.chat import RoomFacts
from teahouse.domain.openpgp import KeyState
from teahouse.domain.problem import Trouble
from teahouse.engine.client import Client
from teahouse.features.openpgp.finding import Finding
from teahouse.features.openpgp.keyring import Keyring
from teahouse.features.openpgp.model import PeerKey, Trust, Why

AT_ONCE = 8
"""People whose keys are asked for at the same time."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Bare addresses with the fingerprints that are encrypted to, and those who are left out."""

    can: tuple[tuple[str, tuple[str, ...]], ...]
    cannot: tuple[tuple[str, Why], ...]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Everything that is encrypted to, besides our own key."""
        return tuple(fingerprint for _, keys in self.can for fingerprint in keys)


def may_be_encrypted(facts: RoomFacts) -> bool:
    """Whether a room is one of known people: for members only, each of whom sees the addresses of the others.

    Elsewhere nobody can know whom to encrypt to.
    """
    return facts.members_only is True and facts.anonymous is False


async def readers(
    client: Client, finding: Finding, keyring: Keyring, jids: Iterable[str], anew: Container[str] = ()
) -> Readers:
    """Who of these bare addresses can read what is encrypted now. Asks `anew`, and whoever was not asked for hours."""
    room = asyncio.Semaphore(AT_ONCE)

    async def of(jid: str) -> tuple[str, tuple[str, ...] | Why]:
        async with room:
            try:
                keys = await finding.of(client, jid, fresh=jid in anew)
            except Trouble:
                keys = finding.known(jid)
                if not any(key.announced for key in keys):
                    return jid, Why.SILENT
            return jid, await _readable(keyring, jid, keys)

    found = await asyncio.gather(*(of(jid) for jid in sorted(set(jids))))
    can = tuple((jid, keys) for jid, keys in found if isinstance(keys, tuple))
    return Readers(can, tuple((jid, why) for jid, why in found if isinstance(why, Why)))


async def _readable(keyring: Keyring, jid: str, keys: tuple[PeerKey, ...]) -> tuple[str, ...] | Why:
    listed = [key for key in keys if key.announced]
    if any(key.trust is Trust.UNDECIDED for key in listed):
        # Not even to the others: somebody may have put it there in order to have the rest left out, or to read along.
        return Why.UNDECIDED
    wanted = [key.fingerprint for key in listed if key.encrypts]
    if not wanted:
        if any(key.trust is Trust.DISTRUSTED for key in listed):
            return Why.DISTRUSTED
        return Why.UNUSABLE if listed else Why.NO_KEY
    await keyring.load([jid])
    sorted_ = await keyring.do("", lambda backend: backend.usable(wanted))
    if not sorted_.usable:
        unknown = all(state is KeyState.UNKNOWN for _, state in sorted_.unusable)
        return Why.NO_KEY if unknown else Why.UNUSABLE
    return sorted_.usable
