"""What stands behind the fronts on the real network, on loopback: a meek server, and the service for bridges behind it.

The meek server takes POSTs with an X-Session-Id and hands their bodies on to one fixed TCP target, whatever the client
asked its transport for; its answers bring back what the target said. The service speaks TLS by a certificate of the
rig's own authority, and answers as it is told.
"""

import contextlib
import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.security.certificates import Authority

LOOPBACK = "127.0.0.1"
SERVICE = "bridges.torproject.org"
_TURN, _MOST = 0.1, 65_536
"""Seconds that an answer waits for the target, and its most bytes."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error."""


class MeekServer:
    """`hosts` holds the Host of every request: what the front would be told."""

    def __init__(self, target: int) -> None:
        self.hosts: list[str] = []
        self._target = target
        self._sessions: dict[str, socket.socket] = {}
        self._lock = threading.Lock()
        meek = self

        class Poll(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                meek.hosts.append(self.headers["Host"])
                said = self.rfile.read(int(self.headers["Content-Length"] or 0))
                back = meek.turn(self.headers["X-Session-Id"], said)
                self.send_response(200 if back is not None else 404)
                self.send_header("Content-Length", str(len(back or b"")))
                self.end_headers()
                self.wfile.write(back or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = _Quiet((LOOPBACK, 0), Poll)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def turn(self, session: str, said: bytes) -> bytes | None:
        """Hand on what was said, and what the target answers at once; None when the target has gone."""
        with self._lock:
            if session not in self._sessions:
                self._sessions[session] = socket.create_connection((LOOPBACK, self._target), 5)
            there = self._sessions[session]
        try:
            there.sendall(said)
            if not select.select([there], [], [], _TURN)[0]:
                return b""
            return there.recv(_MOST) or None
        except OSError:
            return None

    def stop(self) -> None:
        """End it and every session."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        for there in self._sessions.values():
            there.close()


Answer = Callable[[str], bytes]
"""The whole of what is sent back for the path of a request."""


class Service:
    """Answers requests, each of which ends so, by `answer`, over TLS by its own certificate: a Moat, or any other
    site. `asked` holds every request in full."""

    def __init__(self, context: ssl.SSLContext, ends: bytes = b"\r\n\r\n{}") -> None:
        self.asked: list[bytes] = []
        self._ends = ends
        self.answer: Answer = lambda path: told({"errors": [{"code": 404, "detail": "nothing was set"}]})
        self.slow = threading.Event()
        """Set, it answers nothing any more."""
        self._context = context
        self._door = socket.create_server((LOOPBACK, 0))
        self.port = self._door.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor = self._door.accept()[0]
                self._open.append(visitor)
                threading.Thread(target=self._attend, args=(visitor,), daemon=True).start()

    def _attend(self, visitor: socket.socket) -> None:
        with visitor, contextlib.suppress(OSError), self._context.wrap_socket(visitor, server_side=True) as line:
            self._open.append(line)
            asked = b""
            while self._ends not in asked:
                if not (some := line.recv(4096)):
                    return
                asked += some
            self.asked.append(asked)
            if not self.slow.is_set():
                line.sendall(self.answer(asked.split()[1].decode()))
            while line.recv(4096):
                pass

    def offers(self, *lines: str, kind: str = "obfs4") -> None:
        """From now on it offers these bridges, each line by itself, to whatever question."""
        settings = [{"bridges": {"type": kind, "source": "bridgedb", "bridge_strings": [line]}} for line in lines]
        self.answer = lambda path: told({"settings": settings, "country": "zz"})

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [asked.split()[1].decode().rpartition("/")[2] for asked in self.asked]

    def stop(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def told(value: object, *more: str, status: str = "200 OK") -> bytes:
    """An answer as the service writes it, with further fields."""
    body = json.dumps(value).encode()
    fields = [f"HTTP/1.1 {status}", "Content-Type: application/vnd.api+json", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*fields, "", ""]).encode() + body


class Moat:
    """Both, and the file that leads a client there: what TEAHOUSE_MOAT names."""

    def __init__(self, folder: Path, names: Sequence[str] = (SERVICE,)) -> None:
        authority = Authority(folder, "moat")
        self.service = Service(authority.sign(tuple(names)).context)
        self.meek = MeekServer(self.service.port)
        self.file, self._authority = folder / "moat.toml", authority.file
        self.write()

    def write(self, authority: Path | None = None, known: Sequence[str] = ()) -> None:
        """Have clients trust this authority, or ours, and bring these bridges along; the real ones never."""
        url, front = f"http://reflector.example:{self.meek.port}", f"{LOOPBACK}:{self.meek.port}"
        text = f'authority = "{authority or self._authority}"\n[[front]]\nurl = "{url}"\nfront = "{front}"\n'
        self.file.write_text(text + (f"[[kind]]\nlines = {json.dumps(list(known))}\n" if known else ""))

    def stop(self) -> None:
        """End both."""
        self.meek.stop()
        self.service.stop()
