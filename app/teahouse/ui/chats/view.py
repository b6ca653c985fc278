"""The pane on the left: find anything, and the chats."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QListView, QVBoxLayout

from teahouse.domain.chat import Chat
from teahouse.domain.message import Message
from teahouse.domain.search import parse
from teahouse.i18n import _
from teahouse.ui import icons
from teahouse.ui.bridge import Bridge
from teahouse.ui.chats.delegate import ChatsDelegate
from teahouse.ui.chats.hints import HintList
from teahouse.ui.chats.menu import chat_menu
from teahouse.ui.chats.model import CHAT, ChatsModel
from teahouse.ui.chats.requests import RequestsEntry
from teahouse.ui.focus import focus_by_keys
from teahouse.ui.found import FoundList
from teahouse.ui.known import Known
from teahouse.ui.widgets import plain, row, tidy, tool


class ChatsPane(QFrame):
    """Chats by section with a filter that also finds messages everywhere."""

    chosen = Signal(int)
    found = Signal(object)
    """A Message to jump to."""
    browse = Signal()
    person = Signal()

    def __init__(self, bridge: Bridge, known: Known) -> None:
        super().__init__()
        self.setObjectName("chats")
        self._bridge, self._known = bridge, known
        self.model = ChatsModel(self)
        self.list = QListView()
        self.search = QLineEdit()
        self.found_list, self.hints = FoundList(bridge, known), HintList(known)
        self.requests = RequestsEntry(bridge, known)
        self._current = 0
        self._build()
        self._connect()

    def dress(self) -> None:
        """Another look has other heights and tints."""
        self._glass.setIcon(icons.icon("search", "ink3", 16))
        self.list.scheduleDelayedItemsLayout()

    def focus_search(self) -> None:
        """Put the cursor into Find anything."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def select(self, chat: int) -> None:
        """Show a chat as the open one."""
        self._current = chat
        if (at := self.model.row_of(chat)) >= 0:
            self.list.setCurrentIndex(self.model.index(at))
        else:
            self.list.clearSelection()

    def step(self, by: int) -> None:
        """Open the next or the previous chat."""
        chats = self.model.order()
        if not chats:
            return
        ids = [c.id for c in chats]
        at = ids.index(self._current) + by if self._current in ids else 0
        self.chosen.emit(ids[at % len(ids)])

    def nth(self, number: int) -> None:
        """Open the chat at this place, counted from 1."""
        chats = self.model.order()
        if 0 < number <= len(chats):
            self.chosen.emit(chats[number - 1].id)

    def _build(self) -> None:
        self.search.setObjectName("search")
        self.search.setPlaceholderText(_("Find anything"))
        self.search.setAccessibleName(_("Find chats and messages"))
        glass = icons.icon("search", "ink3", 16)
        self._glass = self.search.addAction(glass, QLineEdit.ActionPosition.LeadingPosition)
        self.search.setClearButtonEnabled(False)
        self._keys = plain(_("Ctrl K"), 11, "ink2")
        self._keys.setObjectName("keys")
        inner = QHBoxLayout(self.search)
        tidy(inner, (0, 0, 10, 0))
        inner.addStretch(1)
        inner.addWidget(self._keys, 0, Qt.AlignmentFlag.AlignVCenter)
        self._keys.setFixedHeight(22)
        self.list.setModel(self.model)
        self.list.setItemDelegate(ChatsDelegate(self.list, self._known))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setMouseTracking(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setAccessibleName(_("Chats"))
        self._none: QLabel = plain("", 13, "ink3", wrap=True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._none.setContentsMargins(24, 24, 24, 24)
        self._none.hide()
        top = row(self.search, tool("plus", _("Join a room"), self.browse.emit), spacing=4)
        layout = QVBoxLayout(self)
        tidy(layout, (0, 12, 0, 0))
        tidy(top, (12, 0, 8, 0), 4)
        layout.addLayout(top)
        layout.addWidget(self.hints)
        layout.addWidget(self._none, 1)
        layout.addWidget(self.list, 2)
        layout.addWidget(self.found_list, 3)
        foot = row(self.requests)
        tidy(foot, (6, 4, 6, 6))
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typed)
        self.search.installEventFilter(self)
        self.list.clicked.connect(self._open)
        self.list.activated.connect(self._open)
        self.list.customContextMenuRequested.connect(self._popup)
        self.found_list.chosen.connect(self._jump)
        self.hints.taken.connect(self.search.setText)
        self.requests.opened.connect(lambda chat: self.chosen.emit(chat.id))
        self.model.modelReset.connect(self._restore)
        self.model.modelReset.connect(self._say_nothing)
        self._known.chats_changed.connect(self._put)
        self._known.chat_removed.connect(self.model.remove)
        self._put(list(self._known.chats.values()))

    def _put(self, chats: list[Chat]) -> None:
        self.model.put(chats)
        self._say_nothing()

    def _say_nothing(self) -> None:
        """Where no chat is shown, say why."""
        terms = parse(self.search.text())
        asked = terms.limited or terms.begun or bool(terms.wrong)
        nothing = not asked and not self.model.order() and self._known.loaded
        filtered = bool(self.search.text().strip())
        words = _("No chat has that in its name.") if filtered else _("No rooms yet. Browse for one to join.")
        self._none.setText(words)
        self._none.setVisible(nothing)
        self.list.setVisible(not nothing and not asked)

    def _restore(self) -> None:
        if (at := self.model.row_of(self._current)) >= 0:
            self.list.setCurrentIndex(self.model.index(at))

    def _open(self, index: QModelIndex) -> None:
        if isinstance(chat := index.data(CHAT), Chat):
            self.chosen.emit(chat.id)

    def _typed(self, text: str) -> None:
        self._keys.setVisible(not text)
        self.model.filter(" ".join(word.text for word in parse(text).words))
        self._say_nothing()
        self.hints.offer(text)
        self.found_list.search(text)

    def _jump(self, message: Message) -> None:
        self.search.clear()
        self.found.emit(message)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The box shows what can be typed while it has the keyboard, and lends its keys to what is below it."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event.key()) or super().eventFilter(watched, event)
        if watched is self.search and event.type() == QEvent.Type.FocusIn:
            self.hints.offer(self.search.text())
        elif watched is self.search and event.type() == QEvent.Type.FocusOut:
            self.hints.hide()
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        """Take a key of the search box, or leave it to the box."""
        typed = bool(self.search.text())
        if key == Qt.Key.Key_Tab:
            return typed and self.hints.take(first=True)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not (typed and self.hints.take(first=False)):
                self._enter()
        elif key == Qt.Key.Key_Escape:
            self.search.clear()
            self.chosen.emit(self._current)
        elif key == Qt.Key.Key_Up:
            return typed and self.hints.step(-1)
        elif key == Qt.Key.Key_Down:
            if not (typed and self.hints.step(1)):
                focus_by_keys(self.list if self.list.isVisible() and self.model.order() else self.found_list)
        else:
            return False
        return True

    def _enter(self) -> None:
        if self.list.isVisible() and (chats := self.model.order()):
            self.search.clear()
            self.chosen.emit(chats[0].id)
        elif message := self.found_list.first():
            self._jump(message)

    def _popup(self, at: QPoint) -> None:
        if isinstance(chat := self.list.indexAt(at).data(CHAT), Chat):
            menu = chat_menu(self, self._bridge, chat)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(at))
