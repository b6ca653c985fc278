"""Which chat is shown when the window opens: the last one open, else the first room."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.commands import SetPreference
from teahouse.domain.queries import ReadPreferences
from teahouse.ui.bridge import Bridge

KEY = "open_chat"


class Opening(QObject):
    """Reads the preference once, and writes it when another chat is opened."""

    def __init__(self, parent: QObject, bridge: Bridge, ready: Callable[[], None]) -> None:
        super().__init__(parent)
        self._bridge, self._ready = bridge, ready
        self._preferred = ""
        self._read = False
        bridge.ask(ReadPreferences(), self._preferences)

    def choose(self, chats: list[Chat]) -> Chat | None:
        """The chat to open first; nothing before the preferences are known."""
        if not self._read:
            return None
        last = next((c for c in chats if str(c.id) == self._preferred), None)
        return last or next((c for c in chats if c.kind is ChatKind.ROOM), None)

    def opened(self, chat: Chat) -> None:
        """Remember the chat that is open now."""
        if self._preferred != str(chat.id):
            self._preferred = str(chat.id)
            self._bridge.do(SetPreference(KEY, self._preferred))

    def _preferences(self, preferences: dict[str, str]) -> None:
        self._preferred, self._read = preferences.get(KEY, ""), True
        self._ready()
