"""The tray: who wants to talk to us or have us in a room, and what becomes of it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat
from teahouse.domain.commands import AcceptRequest, AnswerContact, DropRequest
from teahouse.domain.problem import Problem
from teahouse.domain.request import Asking, Request
from teahouse.domain.text import label
from teahouse.i18n import _, ngettext
from teahouse.ui import theme
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.browse import BrowseRoomsSheet
from teahouse.ui.dialogs.question import Sheet, confirm
from teahouse.ui.known import Known
from teahouse.ui.problems import sentence
from teahouse.ui.requests import ADDRESS, Tray, asker, explained, resembled, wish
from teahouse.ui.times import brief
from teahouse.ui.widgets import button, frame, plain, row, tidy

_REQUEST = Qt.ItemDataRole.UserRole + 1


class RequestsSheet(Sheet):
    """All requests on the left, the chosen one on the right. `opened` is told the chat of whoever is accepted."""

    def __init__(
        self, parent: QWidget | None, bridge: Bridge, known: Known, tray: Tray, opened: Callable[[Chat], None]
    ) -> None:
        told = _("Nobody here is told anything: not that you got it, and not that you are here.")
        super().__init__(parent, _("Requests"), told, 720)
        self._bridge, self._known, self._tray, self._opened = bridge, known, tray, opened
        self.list = QListWidget()
        self._lost = plain("", 12, "ink3", wrap=True)
        self.address, self.text = _reading(_("Address in full"), True), _reading(_("What they wrote"), False)
        self._told, self._alike = plain("", 13, "ink2", wrap=True), plain("", 13, "amber", wrap=True)
        self._more = plain("", 12, "ink3", wrap=True)
        self.refuse = button(_("Delete"), lambda: self._drop())
        self.ignore = button(_("Delete and ignore from now on"), lambda: self._drop(ignore=True))
        self.decline = button(_("Decline…"), self._ask_decline)
        self._build()
        tray.changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        self.list.setObjectName("card")
        self.list.setMinimumHeight(theme.scaled(320))
        self.list.setAccessibleName(_("Requests"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda *_items: self._card())
        QShortcut(
            QKeySequence(Qt.Key.Key_Delete), self.list, context=Qt.ShortcutContext.WidgetShortcut
        ).activated.connect(self._drop)
        card = frame("card")
        inside = QVBoxLayout(card)
        tidy(inside, (14, 14, 14, 14), 8)
        self.address.setFixedHeight(theme.scaled(72))
        for part in (self.address, self._alike, self._told):
            inside.addWidget(part)
        inside.addWidget(self.text, 1)
        inside.addWidget(self._more)
        inside.addLayout(row(self.decline, 0, self.ignore))
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addWidget(self._lost)
        both = QHBoxLayout()
        tidy(both, spacing=16)
        both.addLayout(left, 2)
        both.addWidget(card, 3)
        self.body.addLayout(both, 1)
        self.finish(_("Accept"), self.accept_current, away=_("Close"), extra=(self.refuse,))
        self.act.setDefault(False)
        self.act.setAutoDefault(False)

    def current(self) -> Request | None:
        """The chosen request."""
        item = self.list.currentItem()
        request = item.data(_REQUEST) if item is not None else None
        return request if isinstance(request, Request) else None

    def accept_current(self) -> None:
        """Talk to them, or look at the room that they invite to."""
        request = self.current()
        if request is None:
            return
        if request.kind is Asking.SEE:
            self._bridge.do(AnswerContact(request.account, request.jid, True), refused=self._refused)
        elif request.kind is Asking.TALK:
            self._bridge.do(AcceptRequest(request.id), self._accepted, self._refused)
        elif (account := self._known.accounts.get(request.account)) is not None:
            sheet = BrowseRoomsSheet(self.parentWidget(), self._bridge, self._known, account, self._opened, request.jid)
            sheet.password.setText(request.password)
            self.accept()
            sheet.open()

    def _accepted(self, chat: Chat) -> None:
        self.accept()
        self._opened(chat)

    def _refused(self, problem: Problem) -> None:
        self.complain(sentence(problem))

    def _drop(self, *, ignore: bool = False, decline: bool = False) -> None:
        if (request := self.current()) is None:
            return
        self.complain("")
        if request.kind is Asking.SEE:
            self._bridge.do(AnswerContact(request.account, request.jid, False), refused=self._refused)
        else:
            self._bridge.do(DropRequest(request.id, ignore, decline), refused=self._refused)

    def _ask_decline(self) -> None:
        explanation = _("The room passes your no on with your address. If you only delete the request, nobody is told.")
        confirm(self, _("Tell who invited you that you do not come?"), explanation, _("Decline"), partial(
            self._drop, decline=True
        ))  # fmt: skip

    def _show(self) -> None:
        """Take over what is held, and stay at the place in the list."""
        chosen, at, held = self.current(), max(0, self.list.currentRow()), self._tray.every()
        self.list.blockSignals(True)
        self.list.clear()
        for request in held:
            told = " · ".join(part for part in (wish(request), brief(request.time)) if part)
            item = QListWidgetItem(f"{asker(request)}\n{told}")
            item.setData(_REQUEST, request)
            item.setSizeHint(QSize(100, theme.scaled(58)))
            self.list.addItem(item)
        same = next((n for n, request in enumerate(held) if chosen is not None and _key(request) == _key(chosen)), at)
        self.list.setCurrentRow(min(same, len(held) - 1))
        self.list.blockSignals(False)
        lost = self._tray.lost()
        told = ngettext("{n} older request was not kept.", "{n} older requests were not kept.", lost)
        self._lost.setText(told.format(n=f"{lost:,}"))
        self._lost.setVisible(bool(lost))
        self._card()

    def _card(self) -> None:
        request = self.current()
        for one in (self.act, self.refuse, self.ignore, self.text, self.address):
            one.setEnabled(request is not None)
        invited = request is not None and request.kind in (Asking.ROOM, Asking.DIRECT)
        seeing = request is not None and request.kind is Asking.SEE
        self.refuse.setText(_("Refuse") if seeing else _("Delete"))
        self.ignore.setVisible(not seeing)
        self.act.setText(_("Look at the room…") if invited else _("Accept"))
        self.decline.setVisible(request is not None and request.kind is Asking.ROOM)
        self.address.setPlainText(label(request.jid, ADDRESS) if request else "")
        self._told.setText(explained(request) if request else _("Nobody waits for an answer."))
        alike = resembled(request, self._known) if request else ""
        self._alike.setText(_("Looks like {address}, but is another address.").format(address=label(alike, ADDRESS)))
        self._alike.setVisible(bool(alike))
        sealed = request is not None and request.kind is Asking.TALK and not request.text and request.count
        text = _("Encrypted: it is opened when you accept.") if sealed else request.text if request else ""
        self.text.setPlainText(text)
        self.text.setVisible(bool(text))
        self._more.setText(_held(request) if request else "")
        self._more.setVisible(bool(self._more.text()))


def _key(request: Request) -> tuple[int, int, str]:
    return request.account, request.id, request.jid


def _held(request: Request) -> str:
    """How much else there is of a stranger."""
    parts = []
    if request.count > 1:
        told = ngettext("The newest of {n} message.", "The newest of {n} messages.", request.count)
        parts.append(told.format(n=request.count))
    if request.lost:
        told = ngettext("{n} older message was not kept.", "{n} older messages were not kept.", request.lost)
        parts.append(told.format(n=f"{request.lost:,}"))
    return " ".join(parts)


def _reading(name: str, mono: bool) -> QPlainTextEdit:
    """A box to read and copy from, by keys too."""
    box = QPlainTextEdit()
    box.setReadOnly(True)
    box.setTabChangesFocus(True)
    box.setFont(theme.font(13, mono=mono))
    box.setAccessibleName(name)
    return box
