"""What a room is, in sentences: who can see what, and how it ended. Also used before joining."""

from teahouse.domain.chat import Chat, ChatKind, End, Ending, Presence, RoomFacts
from teahouse.domain.text import isolated, label
from teahouse.i18n import _

Line = tuple[str, str, str]


def facts_lines(facts: RoomFacts | None, encryption: Line | None = None) -> list[Line]:
    """(icon, role, sentence) for what the room said of itself; silence is said too. `encryption` is known by us."""
    encryption = encryption or ("lock", "amber", _("Not encrypted: the server can read this."))
    if facts is None:
        return [
            encryption,
            ("eye", "ink2", _("The room has not said yet who sees your address.")),
        ]
    return [
        _address(facts),
        encryption,
        *_history(facts),
        *_entry(facts),
    ]


def exposes(chat: Chat, facts: RoomFacts | None) -> bool:
    """Whether we are in a room that shows our address to everybody, which the user has not accepted."""
    shown = facts is not None and facts.anonymous is False
    return shown and chat.kind is ChatKind.ROOM and chat.presence is Presence.HERE and not chat.exposed


def briefly(ending: Ending) -> str:
    """Why we are out of a room, for the list of chats."""
    return {
        End.KICKED: _("You were put out"),
        End.BANNED: _("You were banned"),
        End.NO_MEMBER: _("Members only"),
        End.MEMBERS_ONLY: _("Members only"),
        End.DESTROYED: _("Closed for good"),
        End.SHUT: _("Shut down for now"),
        End.EXPOSED: _("Shows your address: not entered"),
    }[ending.end]


def ended(ending: Ending) -> tuple[str, str]:
    """(what happened, what is to be known) where we are out of a room."""
    actor = isolated(label(ending.actor, 60))
    reason = _("The reason given: {reason}").format(reason=isolated(ending.reason)) if ending.reason else ""
    named = {End.KICKED: _("{nick} has put you out of this room."), End.BANNED: _("{nick} has banned you.")}
    if actor and ending.end in named:
        return named[ending.end].format(nick=actor), reason
    happened, advice = {
        End.KICKED: (_("You were put out of this room."), ""),
        End.BANNED: (_("You were banned from this room."), ""),
        End.NO_MEMBER: (_("You are no longer a member of this room, and only members may be in it."), ""),
        End.MEMBERS_ONLY: (_("This room is only for members now."), ""),
        End.DESTROYED: (_("This room was closed for good."), _venue(ending)),
        End.SHUT: (_("The server has shut this room down for now."), _("You are taken in again when it is back.")),
        End.EXPOSED: (
            _("Everyone in this room would see your address."),
            _("So you were not taken in. Go in only if that is fine with you."),
        ),
    }[ending.end]
    return happened, "\n".join(part for part in (reason, advice) if part)


def _venue(ending: Ending) -> str:
    if not ending.venue:
        return ""
    return _("It names another room: {address}. Do you want to look at it?").format(
        address=isolated(label(ending.venue, 200))
    )


def _address(facts: RoomFacts) -> Line:
    if facts.anonymous is None:
        return ("eye", "amber", _("The room does not say who sees your address; expect that everyone does."))
    if facts.anonymous:
        return ("eye", "jade", _("Only moderators see your address."))
    return ("eye", "amber", _("Everyone here sees your address."))


def _history(facts: RoomFacts) -> list[Line]:
    if facts.published:
        return [("book", "amber", _("The room warns that what is said here is logged, maybe for all to read."))]
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
