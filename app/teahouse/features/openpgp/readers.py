"""Before anything is sent encrypted: who could read it, and who could not and why."""

import asyncio
from collections.abc import Container, Iterable, Mapping
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
            return jid, _wanted(keys)

    found = await asyncio.gather(*(of(jid) for jid in sorted(set(jids))))
    wanted = {jid: keys for jid, keys in found if isinstance(keys, tuple)}
    states = await _states(keyring, wanted)
    can: list[tuple[str, tuple[str, ...]]] = []
    cannot: list[tuple[str, Why]] = []
    for jid, keys in found:
        good = keys if isinstance(keys, Why) else _good(keys, states)
        if isinstance(good, Why):
            cannot.append((jid, good))
        else:
            can.append((jid, good))
    return Readers(tuple(can), tuple(cannot))


def _wanted(keys: tuple[PeerKey, ...]) -> tuple[str, ...] | Why:
    """Which of somebody's keys are encrypted to, if they are any good."""
    listed = [key for key in keys if key.announced]
    if any(key.trust is Trust.UNDECIDED for key in listed):
        # Not even to the others: somebody may have put it there in order to have the rest left out, or to read along.
        return Why.UNDECIDED
    wanted = tuple(key.fingerprint for key in listed if key.encrypts)
    if not wanted:
        if any(key.trust is Trust.DISTRUSTED for key in listed):
            return Why.DISTRUSTED
        return Why.UNUSABLE if listed else Why.NO_KEY
    return wanted


async def _states(keyring: Keyring, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, KeyState]:
    """What all of these are good for: gpg is asked once."""
    fingerprints = [fingerprint for keys in wanted.values() for fingerprint in keys]
    if not fingerprints:
        return {}
    await keyring.load(wanted)
    found = await keyring.do("", lambda backend: backend.usable(fingerprints))
    return dict.fromkeys(found.usable, KeyState.USABLE) | dict(found.unusable)


def _good(keys: tuple[str, ...], states: Mapping[str, KeyState]) -> tuple[str, ...] | Why:
    good = tuple(one for one in keys if states.get(one) is KeyState.USABLE)
    unknown = all(states.get(one) is KeyState.UNKNOWN for one in keys)
    return good or (Why.NO_KEY if unknown else Why.UNUSABLE)
