"""Tor in words: how far it is, what a circuit is, and what the seal means."""

from teahouse.domain.account import Link, Route
from teahouse.domain.events import LinkChanged
from teahouse.domain.text import label
from teahouse.domain.tor import Circuit, Hop, TorPhase, TorStatus
from teahouse.i18n import _, ngettext

_BRIDGE_TAGS = ("conn_pt", "conn_done_pt")


def step_words(status: TorStatus) -> str:
    """What tor does now, for somebody who has never heard of relays."""
    if status.phase is TorPhase.OFF:
        return _("Tor is not running.")
    if status.phase is TorPhase.READY:
        return _("Tor is connected.")
    if status.phase is TorPhase.STARTING:
        return _("Starting Tor…")
    if status.tag in _BRIDGE_TAGS or (status.bridges and status.progress <= 15):
        return _("Reaching the bridge…")
    if status.progress <= 15:
        return _("Reaching the Tor network…")
    if status.progress < 75:
        return _("Learning which relays there are…")
    return _("Building a way through three relays…")


def seal_words(route: Route, sealed: bool) -> str:
    """What keeps an account from going beside its route."""
    if route is not Route.TOR:
        return ""
    if sealed:
        return _("sealed by the kernel")
    return _("not sealed")


def way_words(link: LinkChanged | None, circuit: Circuit | None) -> str:
    """Where the circuit of a Tor account leads, short."""
    if link is None or link.link is not Link.ONLINE:
        return ""
    if link.onion:
        return _("onion service, 6 hops")
    hops = circuit.hops if circuit else ()
    if not hops:
        return _("through an exit")
    count = ngettext("{n} hop", "{n} hops", len(hops)).format(n=len(hops))
    where = country(hops[-1])
    return (
        _("exit {country}, {hops}").format(country=where, hops=count) if where else _("exit, {hops}").format(hops=count)
    )


def hop_words(number: int, hop: Hop, circuit: Circuit) -> tuple[str, str]:
    """(what this relay is, which one it is) for one hop of a circuit, counted from 0."""
    if number == 0:
        kind = _("First relay: sees where you are, not where you go")
    elif number < len(circuit.hops) - 1 or circuit.onion:
        kind = _("Middle relay: sees neither")
    else:
        kind = _("Exit: sees the server, not you")
    return kind, " · ".join(part for part in (label(hop.nickname, 40), country(hop)) if part)


def country(hop: Hop) -> str:
    """The country of a relay in the user's language, or its code, or nothing."""
    from PySide6.QtCore import QLocale

    if not hop.country:
        return ""
    territory = QLocale.codeToTerritory(hop.country.upper())
    named = QLocale.territoryToString(territory)
    return named if territory != QLocale.Country.AnyCountry else hop.country.upper()
