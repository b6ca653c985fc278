"""The bar that stands in a room until the user has answered: it shows addresses, or it ended."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from teahouse.domain.chat import Chat, End
from teahouse.domain.commands import AcceptExposure, Command, JoinRoom, LeaveRoom
from teahouse.domain.problem import Problem
from teahouse.domain.text import isolated, label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.known import Known
from teahouse.ui.problems import sentence
from teahouse.ui.roomwords import ended, exposes
from teahouse.ui.widgets import button, picture, plain, row, set_tone, tidy


class Notice(QFrame):
    """What happened, what it means, and two buttons."""

    look = Signal(str)
    """The address of a room to look at before anything else."""

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._bridge, self._known = bridge, known
        self._chat: Chat | None = None
        self._acts: tuple[Callable[[], None], Callable[[], None]] = (lambda: None, lambda: None)
        self._icon = picture("eye", "amber", 18)
        self.title, self.advice = plain("", 13, bold=True, wrap=True), plain("", 13, "ink", wrap=True)
        self.problem = plain("", 13, "rust", wrap=True)
        self.act = button(_("Stay"), lambda: self._acts[0]())
        self.other = button(_("Leave the room"), lambda: self._acts[1]())
        words = QVBoxLayout()
        tidy(words, spacing=2)
        for part in (self.title, self.advice, self.problem):
            words.addWidget(part)
        layout = row(self._icon, spacing=10)
        tidy(layout, (20, 8, 12, 8), 10)
        layout.addLayout(words, 1)
        layout.addWidget(self.other)
        layout.addWidget(self.act)
        self.setLayout(layout)
        self.hide()
        known.facts_changed.connect(self._facts)

    def show_chat(self, chat: Chat | None) -> None:
        """Say what there is to be said of a chat, or nothing."""
        if self._chat is None or chat is None or chat.id != self._chat.id:
            self._complain("")
        self._chat = chat
        if chat is None:
            self.hide()
        elif chat.ending is not None:
            self._ended(chat)
        elif exposes(chat, self._known.facts.get(chat.id)):
            told = _("Everyone in this room can see your address.")
            advice = _("Stay only if that is fine with you. Whoever comes in later sees it, too.")
            self._say(told, advice, "eye", "amber")
            self._offer(_("Stay"), AcceptExposure(chat.id), _("Leave the room"), LeaveRoom(chat.id))
        else:
            self.hide()

    def _ended(self, chat: Chat) -> None:
        assert chat.ending is not None
        end = chat.ending.end
        rust = end in (End.KICKED, End.BANNED, End.DESTROYED)
        icon = "eye" if end is End.EXPOSED else "alert" if rust else "door"
        self._say(*ended(chat.ending), icon, "rust" if rust else "amber")
        out, venue = LeaveRoom(chat.id), chat.ending.venue
        if end is End.EXPOSED:
            inside = JoinRoom(chat.account, chat.jid, self._known.nick(chat), exposed=True)
            self._offer(_("Go in all the same"), inside, _("Stay out"), out)
        elif venue:
            self._offer(_("Look at the room…"), None, _("Close"), out)
            self._acts = (partial(self.look.emit, venue), self._acts[1])
            self.act.setAccessibleName(_("Look at {address}").format(address=isolated(label(venue))))
        else:
            self._offer("", None, _("Stay out") if end is End.SHUT else _("Close"), out)

    def _say(self, told: str, advice: str, icon: str, tone: str) -> None:
        set_tone(self, tone)
        self._icon.show_icon(icon, tone)
        self.title.setText(told)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.setAccessibleName(" ".join(part for part in (told, advice) if part))
        self.show()

    def _offer(self, verb: str, command: Command | None, other: str, second: Command) -> None:
        for one, words in ((self.act, verb), (self.other, other)):
            one.setText(words)
            one.setAccessibleName(words)
        self.act.setVisible(bool(verb))
        self._acts = (partial(self._do, command), partial(self._do, second))

    def _do(self, command: Command | None) -> None:
        if command is not None:
            self._complain("")
            self._bridge.do(command, refused=self._refused)

    def _refused(self, problem: Problem) -> None:
        self._complain(sentence(problem))

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _facts(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat:
            self.show_chat(self._chat)
