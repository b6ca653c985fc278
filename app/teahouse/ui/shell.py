"""Decides what is shown: the welcome, the passphrase page, or the main window."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from teahouse.domain.account import Account
from teahouse.domain.events import VaultChanged, WentWrong
from teahouse.domain.problem import Problem
from teahouse.domain.queries import ListAccounts
from teahouse.domain.vault import VaultState
from teahouse.ui.bridge import Bridge
from teahouse.ui.dialogs.gate import STOPPING, StoppedPage
from teahouse.ui.dialogs.unlock import UnlockPage
from teahouse.ui.hooks import Hooks
from teahouse.ui.preferences import Preferences
from teahouse.ui.window import MainWindow, WindowActions


class Shell(QObject):
    """Shows one top-level window at a time. A welcome widget may have a `finished` signal."""

    first_paint = Signal()
    window_opened = Signal(object)
    """The MainWindow, once it is shown."""

    def __init__(
        self,
        bridge: Bridge,
        vault: VaultChanged,
        welcome: Callable[[], QWidget],
        theme_name: str,
        actions: WindowActions,
        hooks: Hooks | None = None,
        language: str = "",
        stopped: Problem | None = None,
    ) -> None:
        super().__init__()
        self._bridge, self._welcome, self._actions, self._hooks = bridge, welcome, actions, hooks
        self._shown: QWidget | None = None
        self._painted = False
        self.window: MainWindow | None = None
        self.preferences = Preferences(bridge, theme_name, language, actions.save_appearance)
        self._mode = vault.mode
        bridge.on(VaultChanged, self._vault_changed, self)
        bridge.on(WentWrong, self._went_wrong, self)
        if stopped is None:
            self._take(vault.state)
        else:
            self._show(StoppedPage(bridge, stopped))

    def raise_window(self) -> None:
        """Bring what is shown to the front."""
        if (shown := self._shown) is not None:
            shown.setWindowState(shown.windowState() & ~Qt.WindowState.WindowMinimized)
            shown.show()
            shown.raise_()
            shown.activateWindow()

    def show_welcome(self) -> None:
        """The welcome window; the main window follows when it has finished, or stays beside it when it is open."""
        page = self._welcome()
        finished = getattr(page, "finished", None)
        if finished is not None:
            finished.connect(self._welcomed)
        self._show(page)

    def _welcomed(self) -> None:
        self.show_main()
        if self.window is not None:
            self.window.asking.first_room(self.window.browse)

    def show_main(self, *_ignored: object) -> None:
        """The main window, made once."""
        if self.window is None:
            self.window = MainWindow(self._bridge, self._actions, self.preferences, self._hooks)
            self.window.strip.sealed = self._actions.sealed
            self.window.strip.show_keeping(self._mode, practice=self._actions.practice)
        self._show(self.window)
        self.window_opened.emit(self.window)

    def _vault_changed(self, events: Sequence[VaultChanged]) -> None:
        self._mode = events[-1].mode
        self._take(events[-1].state)

    def _went_wrong(self, events: Sequence[WentWrong]) -> None:
        for event in events:
            if self.window is None and event.problem.fault in STOPPING and not isinstance(self._shown, StoppedPage):
                self._show(StoppedPage(self._bridge, event.problem))

    def _take(self, state: VaultState) -> None:
        if state is VaultState.LOCKED:
            if isinstance(self._shown, UnlockPage):
                return
            self._show(UnlockPage(self._bridge))
        elif state is VaultState.NEW:
            if self._shown is None:
                self.show_welcome()
        elif self._shown is None or isinstance(self._shown, UnlockPage | StoppedPage):
            self._bridge.ask(ListAccounts(), self._listed)

    def _listed(self, accounts: Sequence[Account]) -> None:
        if accounts:
            self.show_main()
        else:
            self.show_welcome()

    def _show(self, widget: QWidget) -> None:
        old, self._shown = self._shown, widget
        if not self._painted:
            widget.installEventFilter(self)
        widget.setWindowTitle("Teahouse")
        widget.show()
        if old is not None and old is not widget and old is not self.window:
            old.hide()
            old.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the first paint of the first window."""
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.first_paint.emit)
        return False
