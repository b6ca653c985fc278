"""The first process: forks the client at once, then runs what needs a network besides chat. Standard library only.

It holds the profile's lock and its Unix socket (a second start asks the first to raise its window), runs tor and the
practice server, passes signals on, and ends with the client's exit code.
"""

import contextlib
import fcntl
import gc
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from teahouse.broker_link import START_AGAIN, BrokerLink
from teahouse.browser import open_in_browser
from teahouse.domain.policy import Policy
from teahouse.i18n import _
from teahouse.options import Options
from teahouse.paths import BadProfileName, ProfilePaths, paths_in, profile_paths
from teahouse.profile import policy_of

if TYPE_CHECKING:
    from subprocess import Popen

    from teahouse.practice.processes import Practice
    from teahouse.tor_runner import TorRunner

USAGE_ERROR = 2
PROOF_PATIENCE, PROOF_LIMIT = 20.0, 65_536
"""Seconds to wait for the proof of a running profile, and bytes that it may have."""
MOST_CURIOUS = 8
"""Starts with `--prove` that are answered at a time."""
Client = Callable[[Options, ProfilePaths, BrokerLink], int]


def main(options: Options, client: Client | None = None) -> int:
    """Run one profile to its end; the result is the client's exit code. `client` stands in for `teahouse.main.run`."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    temporary = Path(tempfile.mkdtemp(prefix="teahouse-practice-")) if options.demo else None
    try:
        paths = paths_in(temporary / "profile", "practice") if temporary else profile_paths(options.profile)
    except (BadProfileName, OSError) as error:
        print(f"teahouse: {error}", file=sys.stderr)
        return USAGE_ERROR
    if options.prove:
        return _print_proof(paths)
    lock = take_lock(paths.lock)
    if lock is None and options.restore is not None:
        print(_("This profile is already open. A backup is restored into a new one: --profile NAME."), file=sys.stderr)
        return USAGE_ERROR
    if lock is None:
        return _raise_the_other(paths)
    door = _open_door(paths.broker_socket)
    broker, code = os.getpid(), START_AGAIN
    try:
        while code == START_AGAIN:
            ours, theirs = socket.socketpair()
            pid = _fork()
            if pid == 0:
                door.close()
                ours.close()
                return _be_the_client(options, paths, BrokerLink(theirs), broker, client)
            theirs.close()
            code = Broker(options, paths, pid, door, BrokerLink(ours)).run(temporary)
            # Once is enough.
            options = replace(options, restore=None)
        return code
    finally:
        if os.getpid() == broker:
            door.close()
            paths.broker_socket.unlink(missing_ok=True)
            if temporary:
                shutil.rmtree(paths.run, ignore_errors=True)
                shutil.rmtree(temporary, ignore_errors=True)


def take_lock(path: Path) -> int | None:
    """A descriptor that holds the lock until every process that inherited it has ended; None when it is taken."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _raise_the_other(paths: ProfilePaths) -> int:
    try:
        with socket.socket(socket.AF_UNIX) as other:
            other.settimeout(2)
            other.connect(str(paths.broker_socket))
            other.sendall(b"raise\n")
    except OSError:
        print(_("This profile is in use by a Teahouse that does not answer; end that one first."), file=sys.stderr)
        return 1
    print(_("This profile is already open; its window was raised."))
    return 0


def _print_proof(paths: ProfilePaths) -> int:
    proof = b""
    try:
        with socket.socket(socket.AF_UNIX) as other:
            other.settimeout(PROOF_PATIENCE)
            other.connect(str(paths.broker_socket))
            other.sendall(b"prove\n")
            while (piece := other.recv(4096)) and len(proof) < PROOF_LIMIT:
                proof += piece
    except OSError:
        proof = b""
    print(proof.decode(errors="replace") or _("This profile is not running, so there is nothing to prove."))
    return 0 if proof else 1


def _open_door(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen(8)
    door.setblocking(False)
    return door


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork()


def _be_the_client(
    options: Options, paths: ProfilePaths, link: BrokerLink, broker: int, client: Client | None
) -> int:
    from teahouse.process import end_with_parent, hide_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(broker)
    hide_memory()
    # Nothing that is loaded before the first paint is garbage; the client looks for some from then on.
    gc.disable()
    if not options.demo and policy_of(paths.settings, options.provision) is Policy.TOR:
        if distant_display(os.environ):
            print(_("A Tor profile is sealed from every network, so also from a display beyond one (DISPLAY)."))
            return USAGE_ERROR
        from teahouse.net.seal import seal
        from teahouse.net.watch import programs, watch

        seal()
        watch(programs())
    if client:
        return client(options, paths, link)
    from teahouse.main import run

    return run(options, paths, link)


def distant_display(environment: Mapping[str, str]) -> bool:
    """Whether the window would go to an X11 server over TCP, as with `ssh -X`."""
    if environment.get("WAYLAND_DISPLAY") or environment.get("QT_QPA_PLATFORM", "xcb").partition(":")[0] != "xcb":
        return False
    host = environment.get("DISPLAY", "").rpartition(":")[0]
    return bool(host) and not host.startswith("/") and not host.endswith("unix")


class Broker:
    """The loop beside a running client."""

    def __init__(
        self, options: Options, paths: ProfilePaths, client: int, door: socket.socket, link: BrokerLink
    ) -> None:
        self._options, self._paths = options, paths
        self._tor: TorRunner | None = None
        self._client = client
        self._door = door
        self._link = link
        self._practice: Practice | None = None
        self._others: list[Popen[bytes]] = []
        self._curious: list[socket.socket] = []
        self._ending = False
        self._woken, self._waker = socket.socketpair()

    def run(self, practice_folder: Path | None = None) -> int:
        """Serve the client until it ends; starts the practice server when given a folder for it."""
        self._catch_signals()
        try:
            if practice_folder:
                self._start_practice(practice_folder)
            while (code := self._client_code()) is None:
                self._wait()
            return code
        finally:
            if self._tor:
                self._tor.stop()
            if self._practice:
                self._practice.stop()
            self._restore_signals()
            for end in (self._woken, self._waker, *self._curious):
                end.close()
            self._link.close()

    def _catch_signals(self) -> None:
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end_client)

    def _restore_signals(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def _end_client(self, *_args: object) -> None:
        """Ask the client to end; asked twice, end it."""
        os.kill(self._client, signal.SIGKILL if self._ending else signal.SIGTERM)
        self._ending = True

    def _client_code(self) -> int | None:
        pid, status = os.waitpid(self._client, os.WNOHANG)
        if pid == 0:
            return None
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return code
        if not self._ending:
            print(_("Teahouse ended unexpectedly (signal %d).") % -code, file=sys.stderr)
        return 128 - code

    def _wait(self) -> None:
        watched: list[socket.socket | BrokerLink] = [self._woken, self._door]
        if not self._link.closed:
            watched.append(self._link)
        waiting = self._practice is not None and not self._practice.settled
        readable = select.select(watched, [], [], 0.03 if waiting else None)[0]
        if self._woken in readable:
            self._woken.recv(4096)
            self._reap()
        if self._door in readable:
            self._answer_door()
        if self._link in readable:
            for line in self._link.receive():
                self._take(line)
        if waiting and self._practice and (news := self._practice.news()):
            self._link.send(news.encode())

    def _take(self, line: str) -> None:
        word, _space, rest = line.partition(" ")
        if word == "practise":
            self._start_demo()
        elif word == "browse":
            if (opened := open_in_browser(*rest.partition(" ")[::2])) is not None:
                self._others.append(opened)
        elif word == "proof":
            self._show_proof(rest)
        elif word == "tor":
            if self._tor is None:
                from teahouse.tor_runner import TorRunner

                self._tor = TorRunner(self._paths.folder / "tor", self._paths.run, self._link.send)
            self._tor.told(rest)

    def _answer_door(self) -> None:
        try:
            visitor = self._door.accept()[0]
        except OSError:
            return
        with contextlib.suppress(OSError):
            visitor.settimeout(1)
            wish = visitor.recv(64)
            if wish.startswith(b"prove") and len(self._curious) < MOST_CURIOUS:
                self._curious.append(visitor)
                self._link.send(b"prove\n")
                return
            if wish.startswith(b"raise"):
                self._link.send(b"raise\n")
        visitor.close()

    def _show_proof(self, text: str) -> None:
        curious, self._curious = self._curious, []
        for visitor in curious:
            with visitor, contextlib.suppress(OSError, ValueError):
                visitor.sendall(str(json.loads(text)).encode())

    def _start_practice(self, folder: Path) -> None:
        from teahouse.practice.processes import Practice

        self._practice = Practice(folder)

    def _start_demo(self) -> None:
        """Another Teahouse, with a practice profile; it lives on when this one ends."""
        from subprocess import DEVNULL, Popen

        command = [sys.executable, "-P", "-m", "teahouse", "--demo", "--log-level", self._options.log_level]
        if self._options.theme:
            command += ["--theme", self._options.theme]
        self._others.append(Popen(command, stdin=DEVNULL, start_new_session=True))

    def _reap(self) -> None:
        self._others = [other for other in self._others if other.poll() is None]
