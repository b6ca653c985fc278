"""The client process: puts window, reader and engine together. The window is painted before slixmpp is imported."""

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from teahouse import i18n, log
from teahouse.broker_link import START_AGAIN, BrokerLink
from teahouse.browser import ANY, TOR, browser
from teahouse.domain.commands import Provision
from teahouse.domain.events import VaultChanged, WentWrong
from teahouse.domain.policy import Policy
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.vault import VaultMode, VaultState
from teahouse.features.openpgp.view.hooks import openpgp_hooks
from teahouse.net.seal import sealed
from teahouse.options import Options
from teahouse.paths import ProfilePaths
from teahouse.profile_keeper import ProfileKeeper
from teahouse.proving import prove
from teahouse.restoring import restore
from teahouse.store.reader import Reader
from teahouse.store.vault import Vault
from teahouse.ui.bridge import Bridge
from teahouse.ui.collector import Collector
from teahouse.ui.shell import Shell
from teahouse.ui.window import WindowActions

if TYPE_CHECKING:
    from teahouse.engine.desk import Feature
    from teahouse.engine.thread import EngineThread
    from teahouse.ui.onboarding.welcome import Ways


class Client:
    """Everything in this process, from the first window to the last."""

    def __init__(self, options: Options, paths: ProfilePaths, broker: BrokerLink) -> None:
        self._options, self._paths, self._broker = options, paths, broker
        self._engine: EngineThread | None = None
        self._provision = options.provision
        self._adding: QWidget | None = None
        self.bridge = Bridge(self._submit, self._ask)
        self._reader = Reader(self.bridge.announce)
        self._early: list[tuple[object, int]] = []
        self._settings = ProfileKeeper(paths.settings, self.bridge.announce)
        self._policy = Policy.OPEN if options.demo else self._settings.profile.policy
        i18n.use(self._settings.profile.language)
        vault = self._vault()
        self._vault_open = vault.state is VaultState.OPEN
        self.shell = self._make_shell(vault)
        if self._settings.problem is not None:
            # A profile whose policy cannot be read goes nowhere.
            self._notifier = self._listen()
            return
        self.shell.first_paint.connect(self._start_engine)
        if self._vault_open and not self._reader.opened:
            # The list waits for a key that only the engine can fetch (the keyring), so nothing can be painted first.
            QTimer.singleShot(0, self._start_engine)
        self.bridge.on(VaultChanged, self._vault_changed, self.shell)
        self._notifier = self._listen()

    def _make_shell(self, vault: VaultChanged) -> Shell:
        kept = self._settings.profile
        actions = WindowActions(
            add_identity=self._add_identity,
            quit=QApplication.quit,
            openers={kind: partial(self._open_link, kind) for kind in (ANY, TOR) if browser(kind)},
            sealed=sealed(),
            save_appearance=self._settings.save_appearance,
            practice=self._options.demo,
        )
        theme, stopped = self._options.theme or kept.theme.value, self._settings.problem
        hooks = openpgp_hooks()
        return Shell(self.bridge, vault, self._welcome, theme, actions, hooks, kept.language, stopped)

    def _listen(self) -> QSocketNotifier:
        notifier = QSocketNotifier(self._broker.fileno(), QSocketNotifier.Type.Read)
        notifier.activated.connect(self._broker_says)
        return notifier

    def _vault(self) -> VaultChanged:
        vault = Vault(self._paths.folder)
        try:
            state, mode = vault.state()
            if state is VaultState.NEW and self._options.demo:
                vault.create(VaultMode.OPEN)
                return VaultChanged(VaultState.NEW, VaultMode.OPEN)
            if mode is VaultMode.OPEN and vault.database.exists():
                # No passphrase and no keyring to wait for: the list is there with the first paint.
                self._reader.open(vault.database, vault.key(), migrated=False)
            return VaultChanged(state, mode)
        except Trouble as trouble:
            self.bridge.announce(WentWrong(trouble.problem))
            return VaultChanged(VaultState.LOCKED, VaultMode.OPEN)

    def _vault_changed(self, events: Sequence[VaultChanged]) -> None:
        self._vault_open = events[-1].state is VaultState.OPEN
        if self._vault_open:
            self._settings.save_vault(events[-1].mode)
            self._provide()

    def _provide(self) -> None:
        """Apply the provision file of the command line, once."""
        if self._provision is not None:
            self.bridge.do(Provision(str(self._provision)))
            self._provision = None

    # -- the engine --------------------------------------------------------

    def _start_engine(self) -> None:
        if os.environ.get("TEAHOUSE_TELL_PAINT"):
            print("painted", *sorted({name.partition(".")[0] for name in sys.modules}), flush=True)
        from teahouse.engine.thread import EngineThread

        if self._engine is not None:
            return
        # What is loaded by now stays: it need not be gone through again and again.
        gc.freeze()
        self._collector = Collector(self.shell)
        self._engine = EngineThread(
            self._paths.folder,
            self.bridge.announce,
            self._reader.open,
            offline=self._options.offline,
            tell_broker=lambda line: self._broker.send(line.encode()),
            policy=self._policy,
            feature=partial(_openpgp, self._paths.folder),
        )
        for command, ticket in self._early:
            self._engine.submit(command, ticket)  # type: ignore[arg-type]
        self._early.clear()
        self._engine.start()

    def _submit(self, command: object, ticket: int) -> None:
        if self._engine is None:
            self._early.append((command, ticket))
        else:
            self._engine.submit(command, ticket)  # type: ignore[arg-type]

    def _ask(self, query: object, ticket: int) -> None:
        self._reader.ask(query, ticket)  # type: ignore[arg-type]

    # -- the broker --------------------------------------------------------

    def _broker_says(self) -> None:
        for line in self._broker.receive():
            word, _, rest = line.partition(" ")
            if word == "raise":
                self.shell.raise_window()
            elif word == "prove":
                prove(self.bridge, self._vault_open, self._proven)
            elif word == "tor" and self._engine is not None:
                self._engine.hear(rest)
            elif word == "practice-ready":
                self.bridge.do(Provision(rest))
            elif word == "practice-failed":
                self.bridge.announce(WentWrong(Problem(Fault.PRACTICE_MISSING, detail=rest)))
        if self._broker.closed:
            self._notifier.setEnabled(False)

    def _proven(self, proof: str) -> None:
        self._broker.send(b"proof " + json.dumps(proof).encode())

    # -- what the window wants ----------------------------------------------

    def _welcome(self) -> QWidget:
        from teahouse.ui.onboarding.preparing import Preparing
        from teahouse.ui.onboarding.provisioned import Provisioned
        from teahouse.ui.onboarding.welcome import Welcome

        if self._options.demo:
            return Preparing(self.bridge)
        if self._provision is not None:
            return Provisioned(self.bridge)
        return Welcome(self.bridge, self._ways(), vault_open=self._vault_open)

    def _ways(self) -> "Ways":
        from teahouse.ui.onboarding.welcome import Ways

        return Ways(self._practise, self._policy is Policy.OPEN, self._without_tor, self._speak)

    def _without_tor(self) -> None:
        """Allow other routes; the seal cannot be taken off, so that needs another client."""
        self._settings.save_policy(Policy.OPEN)
        QApplication.exit(START_AGAIN)

    def _speak(self, language: str) -> None:
        self._settings.save_appearance(self._settings.profile.theme.value, language)
        i18n.use(language)
        self.shell.show_welcome()

    def _add_identity(self) -> None:
        from teahouse.ui.onboarding.welcome import Welcome

        self._adding = Welcome(self.bridge, self._ways(), vault_open=True, first=False)
        self._adding.finished.connect(self._added)
        self._adding.show()

    def _added(self) -> None:
        if self._adding is not None:
            self._adding.close()
            self._adding.deleteLater()
            self._adding = None

    def _practise(self) -> None:
        self._broker.send(b"practise\n")

    def _open_link(self, kind: str, address: str) -> None:
        self._broker.send(f"browse {kind} {address}".encode())

    def close(self) -> None:
        """Write down what has come and go."""
        if self._engine is not None:
            self._engine.stop()
        self._reader.close()


def _openpgp(folder: Path) -> "Feature":
    from teahouse.features.openpgp.wanted import openpgp

    return openpgp(folder)


def run(
    options: Options, paths: ProfilePaths, broker: BrokerLink, started: Callable[[], None] | None = None
) -> int:
    """Live until the last window closes; the exit code of the program. `started` is called before the loop begins."""
    log.set_up(options.log_level)
    if options.restore is not None and (code := restore(options, paths)):
        return code
    app = QApplication([sys.argv[0]])
    app.setApplicationName("Teahouse")
    app.setDesktopFileName("teahouse")
    client = Client(options, paths, broker)
    if options.screenshot is not None:
        _picture(client, options.screenshot)
    woken = _end_in_good_order(app)
    if started is not None:
        started()
    code = app.exec()
    client.close()
    woken.setEnabled(False)
    return code


def _end_in_good_order(app: QApplication) -> QSocketNotifier:
    """SIGTERM quits as the menu does. Qt's loop sleeps in C, so a socket has to wake Python for its handler."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno())
    signal.signal(signal.SIGTERM, lambda *_: app.quit())
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, app)
    notifier.activated.connect(lambda: ours.recv(64))
    app.setProperty("wakeup", (ours, theirs))
    return notifier


def _picture(client: Client, path: Path) -> None:
    from teahouse.ui.screenshot import Screenshot

    Screenshot(client.shell, client.bridge, path)
