"""Why tor does not get on, told from what it says of itself (control-spec, STATUS_CLIENT), as distinct problems."""

from collections.abc import Mapping

from teahouse.domain.problem import Fault, Problem

_NO_INTERNET = ("NOROUTE", "NETUNREACH")
_TRANSPORT_TAGS = ("conn_pt", "conn_done_pt")


def diagnose(tag: str, warned: Mapping[str, str], bridges: bool) -> Problem:
    """For a bootstrap that stands still at this step; `warned` are the arguments of tor's last warning, if any."""
    reason, said = warned.get("REASON", ""), warned.get("WARNING", "")[:200]
    words = said.lower()
    if reason in _NO_INTERNET or "no route to host" in words or "network is unreachable" in words:
        return Problem(Fault.TOR_NO_INTERNET, detail=said)
    if "clock" in words or "certificate lifetime" in words:
        return Problem(Fault.TOR_CLOCK, detail=said)
    if reason == "PT_MISSING" or (bridges and not said and tag in ("", "starting")):
        return Problem(Fault.TOR_TRANSPORT, detail=said)
    if bridges:
        return Problem(Fault.BRIDGE_SILENT, detail=said)
    if said and tag not in _TRANSPORT_TAGS:
        return Problem(Fault.TOR_BLOCKED, detail=said)
    return Problem(Fault.TOR_STALLED, detail=said)


def skew(arguments: Mapping[str, str]) -> Problem:
    """CLOCK_SKEW: tor thinks that this computer's clock is wrong by so many seconds."""
    return Problem(Fault.TOR_CLOCK, detail=arguments.get("SKEW", "").lstrip("+")[:20])
