"""Who can read what is written in a chat, with OpenPGP: in words, and what can be done about it."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.problem import Fault, Problem
from teahouse.domain.text import isolated, label
from teahouse.features.openpgp.model import Mode, Reader, Security, Why
from teahouse.features.openpgp.view import legacy
from teahouse.features.openpgp.view.readers import ReadersSheet
from teahouse.features.openpgp.wishes import AskSecurity, Noticed, SecurityChanged, SendWithout, SetMode
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.question import Sheet
from teahouse.ui.problems import sentence
from teahouse.ui.shield import Act, Bar, Shield, Words

NAMED = 3
"""People who are named in a bar; the others are counted."""


class OpenPgpShield(Shield):
    """By what the engine says of each chat that was open."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._known: dict[int, Security] = {}
        bridge.on(SecurityChanged, self._told, self)

    def _told(self, events: Sequence[SecurityChanged]) -> None:
        for event in events:
            self._known[event.security.chat] = event.security
        for chat in {event.security.chat for event in events}:
            self.changed.emit(chat)

    def attend(self, chat: Chat) -> None:
        """Look who can read it."""
        self._bridge.do(AskSecurity(chat.id), refused=lambda problem: None)

    def security(self, chat: Chat) -> Security:
        """What is known of it."""
        return self._known.get(chat.id, Security(chat.id, Mode.UNDECIDED))

    def words(self, chat: Chat) -> Words:
        """Encrypted to how many, or not at all, or not possible now."""
        known = self.security(chat)
        if known.mode is Mode.LEGACY:
            return legacy.words(known)
        if known.mode is not Mode.ON:
            return super().words(chat)
        told = _("Encrypted with OpenPGP on this computer: no server can read it.")
        if known.problem is not None:
            whole = _("OpenPGP: nothing is sent now")
            return Words("lock", "amber", _("OpenPGP"), whole, sentence(known.problem))
        able, all_ = known.able, len(known.people)
        if chat.kind is ChatKind.PERSON:
            whole = _("OpenPGP: only the two of you can read this") if able else _("OpenPGP: nothing is sent now")
        else:
            whole = _("OpenPGP: {n} of {all} others can read this").format(n=able, all=all_)
        return Words("lock", "jade" if able and not known.left_out else "amber", _("OpenPGP"), whole, told)

    def fact(self, chat: Chat) -> tuple[str, str, str]:
        """For the details."""
        if self.security(chat).mode is Mode.LEGACY:
            return legacy.fact()
        if self.security(chat).mode is not Mode.ON:
            return super().fact(chat)
        return ("lock", "jade", _("What you write is encrypted with OpenPGP."))

    def acts(self, chat: Chat) -> tuple[Act, ...]:
        """Switch it on or off, and see who can read."""
        see = Act(_("Who can read this…"), lambda parent: self._see(parent, chat))
        stop = Act(_("Stop encrypting…"), lambda parent: self._ask_stop(parent, chat))
        start = Act(_("Encrypt with OpenPGP…"), lambda parent: self._ask_start(parent, chat))
        known = self.security(chat)
        if known.mode is Mode.ON:
            return see, stop
        if chat.kind is not ChatKind.PERSON:
            return start, see
        old = legacy.act(self._bridge, chat, known.legacy.fingerprint if known.legacy else "")
        return (start, old, stop) if known.mode is Mode.LEGACY else (start, see, old)

    def bar(self, chat: Chat) -> Bar | None:
        """Who would be left out, or why nothing goes."""
        known = self.security(chat)
        if known.mode is not Mode.ON and (known.mode is not Mode.LEGACY or known.problem is None):
            return legacy.bar(self._bridge, chat, known)
        see = Act(_("Who can read this…"), lambda parent: self._see(parent, chat))
        if known.problem is not None:
            if known.problem.fault is Fault.OFFLINE:
                return None
            return Bar("alert", "amber", _("Nothing is sent here now."), sentence(known.problem), (see,))
        if not known.left_out:
            return self._changed(chat, known, see)
        who = _names(known.left_out)
        advice = f"{_reason(known.left_out)} {_('What you write waits until you decide.')}"
        title = _("Cannot read what you write: {names}").format(names=who)
        if not known.able:
            return Bar("alert", "amber", title, advice, (see,))
        jids = frozenset(one.jid for one in known.left_out)
        go = Act(_("Send without them"), lambda parent: self._bridge.do(SendWithout(chat.id, jids)))
        return Bar("alert", "amber", title, advice, (go, see))

    def _changed(self, chat: Chat, known: Security, see: Act) -> Bar | None:
        """Somebody has a key that the user has not heard of."""
        if not known.changed:
            return None
        title = _("There is a new key of: {names}").format(names=_names(known.changed))
        advice = _("It is used, since you never compared one of theirs. Ask them by another way whether it is theirs.")
        seen = Act(_("Understood"), lambda parent: self._bridge.do(Noticed(chat.id)))
        return Bar("key", "amber", title, advice, (seen, see))

    # -- sheets -------------------------------------------------------------------

    def _see(self, parent: QWidget, chat: Chat) -> None:
        ReadersSheet(parent, self._bridge, chat, self.security(chat)).open()

    def _ask_start(self, parent: QWidget, chat: Chat) -> None:
        explanation = _(
            "What you write here is then encrypted on this computer, and only those whose keys you have can read it. "
            "The first time a key is made for you. It is kept in your profile."
        )
        self._ask(parent, chat, _("Encrypt with OpenPGP?"), explanation, _("Encrypt"), Mode.ON)

    def _ask_stop(self, parent: QWidget, chat: Chat) -> None:
        explanation = _("The servers can then read what you write here. What waits to be sent still goes encrypted.")
        self._ask(parent, chat, _("Stop encrypting?"), explanation, _("Stop encrypting"), Mode.OFF)

    def _ask(self, parent: QWidget, chat: Chat, title: str, explanation: str, verb: str, mode: Mode) -> None:
        ModeSheet(parent, self._bridge, title, explanation, verb, SetMode(chat.id, mode)).open()


def _names(people: Sequence[Reader]) -> str:
    names = [isolated(label(one.jid, 60)) for one in people]
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _reason(people: Sequence[Reader]) -> str:
    """Why these cannot read it; of several reasons that which asks for something of the user."""
    reasons = {one.why for one in people}
    if Why.UNDECIDED in reasons:
        return _("They have a new key. Compare it first.")
    if Why.DISTRUSTED in reasons:
        return _("You do not trust their key.")
    if len(reasons) > 1:
        return _("They have no key that could be used.")
    return {
        Why.SILENT: _("Their server does not say which keys they have."),
        Why.UNUSABLE: _("Their key has expired or was withdrawn."),
    }.get(next(iter(reasons)) or Why.NO_KEY, _("They have no key to encrypt to."))


class ModeSheet(Sheet):
    """Asks before what is written is encrypted, or is not any more."""

    def __init__(
        self, parent: QWidget, bridge: Bridge, title: str, explanation: str, verb: str, command: SetMode
    ) -> None:
        super().__init__(parent, title, explanation)
        self._bridge, self._command = bridge, command
        self.finish(verb, self._do, "primary" if command.mode is Mode.ON else "danger")

    def _do(self) -> None:
        self.act.setEnabled(False)
        self._bridge.do(self._command, self._done, self._refused)

    def _done(self, _security: object) -> None:
        self.accept()

    def _refused(self, problem: Problem) -> None:
        self.act.setEnabled(True)
        self.complain(sentence(problem))
