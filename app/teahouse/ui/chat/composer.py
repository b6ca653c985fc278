"""Where messages are written: who can read them stands above the box, as whom we write inside it."""

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from teahouse.domain.chat import Chat, ChatKind, End, Presence
from teahouse.domain.commands import JoinRoom, SaveDraft, SendMessage
from teahouse.domain.problem import Problem
from teahouse.domain.text import excess, illegal_in_xml, isolated, label
from teahouse.i18n import _
from teahouse.ui.bridge import Bridge
from teahouse.ui.chat.box import Box
from teahouse.ui.chat.completion import fragment, matching
from teahouse.ui.chat.identity import IdentityFrame
from teahouse.ui.chat.shielding import ShieldBar, Shielding
from teahouse.ui.elided import Elided
from teahouse.ui.known import Known, visibility
from teahouse.ui.problems import sentence
from teahouse.ui.widgets import button, plain, row, set_tone, tidy

DRAFT_AFTER_MS = 600
NARROW = 520


class Composer(QFrame):
    """Writes into the open chat; keeps what stands in it as a draft."""

    sent = Signal()
    settings = Signal()

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._bridge, self._known = bridge, known
        self._chat: Chat | None = None
        self._saved = ""
        self.box = Box()
        self.box.setAccessibleName(_("Message"))
        self._send = button(_("Send"), self.send, "primary")
        self._chip = Shielding(known.shield)
        self.bar = ShieldBar(known.shield)
        self._who = Elided(13, "ink2")
        self.problem = plain("", 13, "rust", wrap=True)
        self._outside = plain("", 13, "ink2", wrap=True)
        self._again = button(_("Join again"), self._rejoin, "primary")
        self._names = QListWidget(self)
        self._names.setWindowFlags(Qt.WindowType.ToolTip)
        self._names.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(DRAFT_AFTER_MS)
        self._later.timeout.connect(self.save_draft)
        self._build()
        known.facts_changed.connect(self._refresh_if)
        known.shield.changed.connect(self._refresh_if)
        known.accounts_changed.connect(self.refresh)
        self.box.entered.connect(self.send)
        self.box.textChanged.connect(self._typed)
        self.box.completing.connect(lambda: self._complete(True))
        self.box.picking.connect(self._pick)
        self.box.focused.connect(self._focus)
        self._names.itemClicked.connect(lambda: self._pick(0))

    def _build(self) -> None:
        self._frame = IdentityFrame(self.box, self._send)
        self._closed = QWidget()
        closed = QHBoxLayout(self._closed)
        tidy(closed, spacing=12)
        closed.addWidget(self._outside, 1)
        closed.addWidget(self._again)
        layout = QVBoxLayout(self)
        tidy(layout, (16, 10, 16, 12), 8)
        layout.addWidget(self.bar)
        layout.addLayout(row(self._chip, self._who, 0))
        layout.addWidget(self.problem)
        layout.addWidget(self._frame)
        layout.addWidget(self._closed)
        self.problem.hide()

    def open(self, chat: Chat | None) -> None:
        """Write into another chat; the draft of the former one is kept."""
        self.save_draft()
        self._chat = None
        self.complain("")
        self._hide_names()
        self._saved = chat.draft if chat else ""
        self.box.setPlainText(self._saved)
        self.box.moveCursor(self.box.textCursor().MoveOperation.End)
        self._later.stop()
        self._chat = chat
        if chat is not None:
            self._known.shield.attend(chat)
        self.refresh()

    def update_chat(self, chat: Chat) -> None:
        """The open chat has changed."""
        self._chat = chat
        self.refresh()

    def refresh(self) -> None:
        """Say again who reads this, and whether one can write."""
        chat = self._chat
        if chat is None:
            return
        title, nick = isolated(label(chat.title, 40)), isolated(label(self._known.nick(chat), 40))
        self.box.setPlaceholderText(_("Write to {title} as {nick}").format(title=title, nick=nick))
        self._chip.show_chat(chat, whole=self.width() >= NARROW)
        self.bar.show_chat(chat)
        self._frame.show_identity(self._known.among_others(chat.account))
        seen = visibility(chat, self._known.facts.get(chat.id))
        words = {"moderators": _("Moderators see your address"), "everyone": _("Everyone here sees your address")}
        self._who.setText(words.get(seen, ""))
        set_tone(self._who, "amber" if seen == "everyone" else "ink2")
        refused = chat.presence is Presence.REFUSED
        # Offline one writes for later into the rooms that are entered again.
        end = chat.ending.end if chat.ending is not None else None
        away = chat.presence is Presence.AWAY_FROM and (not chat.joined or end is End.EXPOSED)
        outside = chat.kind is ChatKind.ROOM and (away or refused)
        self._frame.setVisible(not outside)
        self._closed.setVisible(outside)
        self._again.setVisible(end not in (End.EXPOSED, End.DESTROYED))
        self._outside.setText(_("The room did not let you in.") if refused else _("You are not in this room."))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the chip says less."""
        super().resizeEvent(event)
        if self._chat is not None:
            self._chip.show_chat(self._chat, whole=self.width() >= NARROW)

    def send(self) -> None:
        """Send what stands in the box; what cannot be sent stays in it."""
        text, chat = self.box.toPlainText(), self._chat
        if chat is None or not text.strip() or not self._frame.isVisibleTo(self):
            return
        if illegal_in_xml(text):
            self.complain(_("There is a character in it that no message can carry. Remove it, then send."))
        elif over := excess(text):
            self.complain(_("That is {n} characters too long. Shorten it, or send it in parts.").format(n=over))
        else:
            self.complain("")
            self._bridge.do(SendMessage(chat.id, text), refused=lambda p: self._came_back(chat.id, text, p))
            self.box.clear()
            self.save_draft()
            self.sent.emit()

    def complain(self, text: str) -> None:
        """Say in words why this cannot be sent."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def save_draft(self) -> None:
        """Keep what stands in the box, if that is news."""
        self._later.stop()
        text = self.box.toPlainText()
        if self._chat is not None and text != self._saved:
            self._saved = text
            self._bridge.do(SaveDraft(self._chat.id, text))

    def _came_back(self, chat: int, text: str, problem: Problem) -> None:
        if self._chat is not None and self._chat.id == chat:
            if not self.box.toPlainText():
                self.box.setPlainText(text)
            self.complain(sentence(problem))

    def _rejoin(self) -> None:
        if (chat := self._chat) is not None:
            command = JoinRoom(chat.account, chat.jid, self._known.nick(chat))
            self._bridge.do(command, refused=lambda p: self.complain(sentence(p)))

    def _refresh_if(self, chat: int) -> None:
        if self._chat is not None and self._chat.id == chat:
            self.refresh()

    def _focus(self, here: bool) -> None:
        set_tone(self._frame, "true" if here else "false", "focused")
        if not here:
            self._hide_names()

    def _typed(self) -> None:
        if self._chat is not None:
            self._later.start()
            self._complete(False)

    def _complete(self, forced: bool) -> None:
        """Offer nicks; a single one is taken at once when Tab was pressed."""
        chat, cursor = self._chat, self.box.textCursor().position()
        start, typed = fragment(self.box.toPlainText(), cursor, forced)
        if chat is None or start < 0:
            self._hide_names()
            return
        names = matching(typed, self._known.occupants.get(chat.id, ()), self._known.nick(chat))
        self._names.clear()
        self._names.addItems([label(name) for name in names])
        for at, name in enumerate(names):
            self._names.item(at).setData(Qt.ItemDataRole.UserRole, name)
        self._names.setCurrentRow(0)
        if not names:
            self._hide_names()
        elif forced and len(names) == 1:
            self._pick(0)
        else:
            self._show_names(len(names))

    def _show_names(self, count: int) -> None:
        self._names.resize(240, count * (self._names.sizeHintForRow(0) or 24) + 6)
        above = QPoint(0, -self._names.height() - 6)
        self._names.move(self.box.mapToGlobal(self.box.cursorRect().topLeft() + above))
        self._names.show()
        self.box.popup_open = True

    def _hide_names(self) -> None:
        self._names.hide()
        self.box.popup_open = False

    def _pick(self, step: int) -> None:
        """Move in the offered nicks, take the current one with 0, or close with 99."""
        if step in (1, -1):
            self._names.setCurrentRow((self._names.currentRow() + step) % max(1, self._names.count()))
            return
        item = self._names.currentItem()
        if step == 0 and item is not None:
            cursor = self.box.textCursor()
            start, typed = fragment(self.box.toPlainText(), cursor.position(), True)
            at_sign = self.box.toPlainText()[start : start + 1] == "@"
            cursor.setPosition(max(start, 0))
            cursor.setPosition(max(start, 0) + len(typed) + at_sign, cursor.MoveMode.KeepAnchor)
            name = item.data(Qt.ItemDataRole.UserRole)
            cursor.insertText(f"{name}: " if start == 0 and not at_sign else f"{'@' if at_sign else ''}{name} ")
        self._hide_names()

    def event(self, event: QEvent) -> bool:
        """The offered nicks go when the pane does."""
        if event.type() == QEvent.Type.Hide:
            self._hide_names()
        return super().event(event)
