"""python-gnupg within bounds: our options, a time limit on each call, and signatures counted one by one."""

import io
import logging
import subprocess
import threading
from collections.abc import Sequence
from typing import Any, ClassVar

import gnupg

from teahouse.crypto.gpg_home import GpgHome
from teahouse.domain.openpgp import Opened, Verdict
from teahouse.domain.problem import Fault, Problem, Trouble

OPTIONS = (
    *("--no-options", "--batch", "--no-tty", "--pinentry-mode", "loopback"),
    *("--no-auto-key-locate", "--no-auto-key-retrieve", "--disable-dirmngr"),
    *("--no-emit-version", "--no-comments", "--no-auto-check-trustdb", "--trust-model", "always"),
    # The engine of Gajim cannot verify what is compressed by GnuPG.
    *("--compress-algo", "none"),
)
HIDDEN = "0" * 16
"""The key id of a recipient that does not want to be known."""
# It logs command lines, user ids and the beginning of what it handles.
logging.getLogger("gnupg").disabled = True


class Reading(gnupg.Crypt):  # type: ignore[misc]
    """The status lines of one message that is decrypted; they are understood by python-gnupg, and counted here."""

    def __init__(self, gpg: gnupg.GPG) -> None:
        super().__init__(gpg)
        self.signatures = self.texts = 0
        self.hidden = self.no_key = False

    def handle_status(self, key: str, value: str) -> None:
        """Take one line of gpg's --status-fd (its doc/DETAILS)."""
        self.signatures += key == "NEWSIG"
        self.texts += key == "PLAINTEXT"
        self.hidden |= key == "ENC_TO" and value.startswith(HIDDEN)
        self.no_key |= key == "NO_SECKEY"
        super().handle_status(key, value)

    def opened(self, data: bytes, limit: int) -> Opened:
        """The verdict; fails closed: whatever is not known to be good is bad."""
        if closed := self._closed(data, limit):
            return Opened(closed)
        if self.signatures == 0:
            return Opened(Verdict.UNSIGNED)
        if self.signatures > 1:
            return Opened(Verdict.SEVERAL_SIGNATURES)
        if bad := self._fault():
            return Opened(bad)
        return Opened(Verdict.VALID, data, self.pubkey_fingerprint, int(self.sig_timestamp), next(iter(self.sig_info)))

    def plain(self, data: bytes, limit: int) -> Opened:
        """The same where nobody is expected to sign: what was inside is UNSIGNED, whoever signed it."""
        closed = self._closed(data, limit)
        return Opened(closed) if closed else Opened(Verdict.UNSIGNED, data)

    @property
    def signer(self) -> str:
        """The fingerprint of the primary key behind the one signature; empty when there is any doubt about it."""
        sound = self.signatures == 1 and self._fault() is None
        return self.pubkey_fingerprint if sound else ""

    def _closed(self, data: bytes, limit: int) -> Verdict | None:
        """Why nothing was decrypted, or cannot be taken for it."""
        if self.texts and len(data) >= limit:
            return Verdict.TOO_LARGE
        if not self.ok or self.texts != 1:
            return Verdict.NOT_FOR_US if self.no_key and not self.texts else Verdict.UNREADABLE
        return None

    def _fault(self) -> Verdict | None:
        # gpg says VALIDSIG, and python-gnupg ok, of keys that are revoked or expired.
        if self.key_status == "signing key was revoked":
            return Verdict.REVOKED_SIGNER
        if self.key_status:
            return Verdict.EXPIRED_SIGNER
        # That there are other recipients is no problem.
        problems = [one["status"] for one in self.problems if one["status"] != "no secret key"]
        if "no public key" in problems:
            return Verdict.UNKNOWN_SIGNER
        if not self.valid or problems or len(self.sig_info) != 1 or not self.pubkey_fingerprint:
            return Verdict.BAD_SIGNATURE
        return None


class ReadingMany(gnupg.StatusHandler):  # type: ignore[misc]
    """The status lines of `--multifile`: one reading for each file, in order. `done` counts those that are over."""

    def __init__(self, gpg: gnupg.GPG) -> None:
        super().__init__(gpg)
        self.files: list[Reading] = []
        self.done = 0

    def handle_status(self, key: str, value: str) -> None:
        """Take one line of gpg's --status-fd (its doc/DETAILS)."""
        if key == "FILE_START":
            self.files.append(Reading(self.gpg))
        elif key == "FILE_DONE":
            self.done = len(self.files)
        elif self.files:
            self.files[-1].handle_status(key, value)


class Gpg(gnupg.GPG):  # type: ignore[misc]
    """Runs gpg in one home. `seconds` is how long one call may take; then its process is ended.

    Status lines are read as Latin-1, python-gnupg's choice: UTF-8 would end its reader on the notations of others.
    Listings hold user ids, and are read as UTF-8 by an instance of their own.
    """

    decode_errors = "replace"
    result_map: ClassVar[dict[str, Any]] = {**gnupg.GPG.result_map, "crypt": Reading}

    def __init__(self, home: GpgHome, seconds: float, encoding: str = "latin-1") -> None:
        self.seconds = seconds
        self._here = threading.local()
        try:
            super().__init__(
                gpgbinary=str(home.gpg),
                gnupghome=str(home.path),
                options=list(OPTIONS),
                env=home.environment,
                encoding=encoding,
            )
        except ValueError:
            raise Trouble(Problem(Fault.TIMED_OUT if self.late else Fault.GPG_FAILED, "GnuPG")) from None
        except OSError:
            raise Trouble(Problem(Fault.GPG_MISSING)) from None

    @property
    def late(self) -> bool:
        """Whether the last call of this thread was ended because it took too long."""
        return getattr(self._here, "late", False)

    def call(self, arguments: Sequence[str], data: bytes, result: Any, files: Sequence[int] = ()) -> Any:
        """Run gpg with these arguments, `data` on its standard input and some open files; `result`, filled in."""
        self._here.files = tuple(files)
        try:
            return self._handle_io(list(arguments), io.BytesIO(data), result, binary=True)
        except BrokenPipeError:  # it ended without reading all, and has said why
            return result
        finally:
            self._here.files = ()

    def _open_subprocess(self, args: list[str], passphrase: bool = False) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        files = getattr(self._here, "files", ())
        command = self.make_args(args, passphrase)
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=self.env, pass_fds=files)
        except OSError as error:  # it was taken away meanwhile, or there is no memory for another process
            missing = isinstance(error, FileNotFoundError)
            raise Trouble(Problem(Fault.GPG_MISSING if missing else Fault.GPG_FAILED)) from None

    def _read_response(self, stream: Any, result: Any) -> None:
        # A codec's reader ends lines at U+0085 and others too, which a user id may hold: what follows it would be
        # taken for the word of gpg. Lines end at \n only.
        lines = io.TextIOWrapper(stream.stream, self.encoding, self.decode_errors, newline="\n")
        try:
            super()._read_response(lines, result)
        finally:
            lines.detach()

    def _collect_output(self, process: subprocess.Popen[bytes], *arguments: Any, **named: Any) -> Any:
        self._here.late = False
        ended = threading.Event()

        def end() -> None:
            ended.set()
            process.kill()

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            return super()._collect_output(process, *arguments, **named)
        finally:
            timer.cancel()
            self._here.late = ended.is_set()
