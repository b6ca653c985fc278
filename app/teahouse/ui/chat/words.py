"""Messages in words: for screen readers, for the clipboard, and how far an own one has come."""

from collections.abc import Callable, Sequence

from teahouse.domain.message import Delivery, Message, Reach
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.people import Who, by_sender
from teahouse.ui.times import clock

SPOKEN_LIMIT = 2000
_MARKS = {
    Delivery.RECEIVED: ("", ""),
    Delivery.QUEUED: ("clock", "ink3"),
    Delivery.SENT: ("clock", "ink3"),
    Delivery.ACKED: ("check", "ink3"),
    Delivery.CONFIRMED: ("checks", "ink3"),
    Delivery.UNSURE: ("alert", "amber"),
    Delivery.FAILED: ("alert", "rust"),
}
Naming = Callable[[Message], Who]


def delivery(message: Message, *, direct: bool = False) -> str:
    """How far an own message has come; empty for what others wrote. `direct`: it goes to one person."""
    if message.reach is not Reach.UNKNOWN:
        return _("they have seen it") if message.reach is Reach.DISPLAYED else _("on their device")
    # Kept by an archive it is no further than the server.
    state = Delivery.ACKED if direct and message.state is Delivery.CONFIRMED else message.state
    return {
        Delivery.RECEIVED: "",
        Delivery.QUEUED: _("waiting to be sent"),
        Delivery.SENT: _("on its way"),
        Delivery.ACKED: _("the server has it"),
        Delivery.CONFIRMED: _("delivered"),
        Delivery.UNSURE: _("not sure it arrived"),
        Delivery.FAILED: _("not sent"),
    }[state]


def delivery_mark(message: Message, *, direct: bool = False) -> tuple[str, str]:
    """The same as a mark: its icon and role."""
    if message.reach is Reach.DISPLAYED:
        return "eye", "jade"
    if message.reach is Reach.DEVICE:
        return "checks", "ink3"
    return _MARKS[Delivery.ACKED if direct and message.state is Delivery.CONFIRMED else message.state]


def gap_words() -> str:
    """What stands where messages are missing."""
    return _("History missing here · fetch")


def spoken(message: Message, naming: Naming = by_sender) -> str:
    """A message as a screen reader says it."""
    text = message.body[:SPOKEN_LIMIT]
    parts = [f"{isolated(label(naming(message).name))}, {clock(message.time)}: {text}"]
    if clash := naming(message).clash:
        parts.append(clash)
    if message.mention:
        parts.append(_("mentions you"))
    if message.mine and (state := delivery(message, direct=naming(message).direct)):
        parts.append(state)
    return ", ".join(parts)


def copied(messages: Sequence[Message], naming: Naming = by_sender) -> str:
    """Messages for the clipboard: the text of one, lines with time and name of several."""
    if len(messages) == 1:
        return messages[0].body
    return "\n".join(f"[{clock(m.time)}] {label(naming(m).name)}: {m.body}" for m in messages)
