"""The proof that `--prove` prints: what keeps the running client from the network, looked at from inside it."""

import os
import socket
import stat
from collections.abc import Callable, Sequence

from teahouse.domain.account import Account, Route
from teahouse.domain.commands import ShowCircuit
from teahouse.domain.queries import ListAccounts
from teahouse.domain.text import label
from teahouse.domain.tor import Circuit
from teahouse.i18n import _, ngettext
from teahouse.net.seal import sealed
from teahouse.net.watch import REFUSED
from teahouse.ui.bridge import Bridge

_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def prove(bridge: Bridge, vault_open: bool, done: Callable[[str], None]) -> None:
    """Gather the proof and give it to `done`; accounts are named once their circuits are known."""
    if not vault_open:
        done("\n".join(own_lines()))
        return

    def listed(accounts: Sequence[Account]) -> None:
        waiting = {account.id for account in accounts if account.route is Route.TOR}
        circuits: dict[int, Circuit | None] = {}

        def settle() -> None:
            if waiting <= circuits.keys():
                done("\n".join([*own_lines(), *(account_line(one, circuits.get(one.id)) for one in accounts)]))

        def ask(number: int) -> None:
            def known(circuit: object) -> None:
                circuits[number] = circuit if isinstance(circuit, Circuit) else None
                settle()

            bridge.do(ShowCircuit(number), known, known)

        for number in waiting:
            ask(number)
        if not waiting:
            settle()

    bridge.ask(ListAccounts(), listed)


def own_lines() -> list[str]:
    """What this process finds out about itself: the seal, its sockets, and the names it asked for."""
    closed = _("Sealed: the kernel refused a network socket to this program just now.")
    lines = [closed if sealed() else _("Not sealed: the kernel would give this program a network socket.")]
    families = open_sockets()
    outside = sum(family != socket.AF_UNIX for family in families)
    if outside:
        counted = {"all": len(families), "out": outside}
        lines.append(_("Open sockets: %(all)d, of which %(out)d lead to a network.") % counted)
    else:
        lines.append(_("Open sockets: %d, all of them Unix sockets.") % len(families))
    asked = sum(REFUSED[name] for name in _NAMES)
    none = _("Names asked of this computer: none.")
    lines.append(_("Names asked of this computer: %d, all of them refused.") % asked if asked else none)
    return lines


def open_sockets() -> list[int]:
    """The families of all sockets that this process has open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                with socket.socket(fileno=os.dup(int(name))) as one:
                    found.append(int(one.family))
        except OSError:
            continue
    return found


def account_line(account: Account, circuit: Circuit | None) -> str:
    """The way of one account, with the relays of its circuit."""
    who = label(account.jid)
    if account.route is not Route.TOR:
        route = _("through a proxy") if account.route is Route.PROXY else _("directly")
        return _("{who}: {route}, not through Tor.").format(who=who, route=route)
    if circuit is None:
        return _("{who}: Tor, no circuit in use now.").format(who=who)
    hops = " → ".join(" ".join(filter(None, (label(hop.nickname, 40), hop.country.upper()))) for hop in circuit.hops)
    count = ngettext("{n} hop", "{n} hops", len(circuit.hops)).format(n=len(circuit.hops))
    end = _("onion service") if circuit.onion else _("exit")
    return _("{who}: Tor, {count}, {end}: {hops}").format(who=who, count=count, end=end, hops=hops)
