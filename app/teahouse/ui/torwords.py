"""Tor in words: how far it is, what a circuit is, and what the seal means."""

from collections.abc import Sequence

from teahouse.domain.account import Link, Route
from teahouse.domain.events import LinkChanged
from teahouse.domain.text import label
from teahouse.domain.tor import BridgeSearch, Circuit, Hop, Rung, SearchStep, TorPhase, TorStatus
from teahouse.i18n import _, ngettext
from teahouse.ui.problems import sentence

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


def search_words(search: BridgeSearch) -> str:
    """What the search for bridges does now, or why something was of no use."""
    if search.step is SearchStep.ASKING and search.rung is not None:
        return {
            Rung.GIVEN: _("Looking at the bridges that you gave…"),
            Rung.GOOD: _("Looking at the bridges that worked last…"),
            Rung.SETTINGS: _("Asking which bridges work where you are…"),
            Rung.DEFAULTS: _("Asking for bridges that work in most places…"),
            Rung.KNOWN: _("Taking the public bridges of Tor Browser…"),
        }[search.rung]
    kind = label(search.kind, 20)
    if search.step is SearchStep.TRYING:
        trying = ngettext("Trying {n} bridge ({kind})…", "Trying {n} bridges ({kind})…", search.bridges)
        return trying.format(n=search.bridges, kind=kind or "tor")
    if search.step is SearchStep.FOUND:
        found = ngettext("{n} bridge leads to Tor ({kind}).", "{n} bridges lead to Tor ({kind}).", search.bridges)
        return found.format(n=search.bridges, kind=kind or "tor")
    return sentence(search.problem) if search.problem is not None else _("The search was stopped.")


def search_lines(seen: Sequence[BridgeSearch], most: int = 4) -> list[tuple[str, str, str]]:
    """(icon, role, sentence): the last of what was of no use, each once, and what is done now."""
    failed = [search_words(search) for search in seen if search.step is SearchStep.FAILED]
    lines = [("alert", "amber", words) for words in list(dict.fromkeys(failed))[-most:]]
    now = seen[-1] if seen else None
    if now is not None and now.step in (SearchStep.ASKING, SearchStep.TRYING):
        lines.append(("search", "jade", search_words(now)))
    return lines


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
