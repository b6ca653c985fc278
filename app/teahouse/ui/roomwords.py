"""What a room is, in sentences: who can see what. Used by the details and before joining."""

from teahouse.domain.chat import RoomFacts
from teahouse.i18n import _

Line = tuple[str, str, str]


def facts_lines(facts: RoomFacts | None) -> list[Line]:
    """(icon, role, sentence) for what the room said of itself; silence is said too."""
    if facts is None:
        return [
            ("lock", "amber", _("Not encrypted: the server can read this.")),
            ("eye", "ink2", _("The room has not said yet who sees your address.")),
        ]
    return [
        _address(facts),
        ("lock", "amber", _("Not encrypted: the server can read this.")),
        *_history(facts),
        *_entry(facts),
    ]


def _address(facts: RoomFacts) -> Line:
    if facts.anonymous is None:
        return ("eye", "amber", _("The room does not say who sees your address; expect that everyone does."))
    if facts.anonymous:
        return ("eye", "jade", _("Only moderators see your address."))
    return ("eye", "amber", _("Everyone here sees your address."))


def _history(facts: RoomFacts) -> list[Line]:
    if facts.logged is None:
        return [("book", "ink2", _("The room does not say whether it keeps the history."))]
    if facts.logged:
        return [("book", "ink2", _("The server keeps the history."))]
    return [("book", "jade", _("The server says it keeps no history."))]


def _entry(facts: RoomFacts) -> list[Line]:
    lines = []
    if facts.members_only is not None:
        words = _("Only members may enter.") if facts.members_only else _("Anyone may enter.")
        lines.append(("shield" if facts.members_only else "door", "ink2", words))
    if facts.password:
        lines.append(("key", "ink2", _("A password is needed to enter.")))
    if facts.moderated:
        lines.append(("people", "ink2", _("Moderators decide who may speak.")))
    if facts.persistent is False:
        lines.append(("clock", "ink2", _("The room ends when the last person leaves.")))
    return lines
