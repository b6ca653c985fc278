"""A SOCKS5 proxy that is not tor, on loopback, in a thread; and what was asked of it."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"


class SocksProxy:
    """Connects to any name at `target`; user and password are taken from whoever gives them. `asked` holds
    (command, name, port) of every request, `users` the credentials."""

    def __init__(self, target: Callable[[str, int], tuple[str, int]] = lambda _, port: (LOOPBACK, port)) -> None:
        self.asked: list[tuple[int, str, int]] = []
        self.users: list[tuple[str, str]] = []
        proxy = self

        class Visit(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, IndexError):
                    self._serve()

            def _serve(self) -> None:
                methods = self.rfile.read(self.rfile.read(2)[1])
                method = 2 if 2 in methods else 0
                self.wfile.write(bytes([5, method]))
                if method == 2:
                    user = self.rfile.read(self.rfile.read(2)[1])
                    proxy.users.append((user.decode(), self.rfile.read(self.rfile.read(1)[0]).decode()))
                    self.wfile.write(b"\x01\x00")
                command, kind = self.rfile.read(4)[1::2]
                name = self.rfile.read(self.rfile.read(1)[0] if kind == 3 else 4)
                port = int.from_bytes(self.rfile.read(2), "big")
                proxy.asked.append((command, name.decode(errors="replace"), port))
                if command != 1:
                    self.wfile.write(b"\x05\x07\x00\x01" + bytes(6))
                    return
                with socket.create_connection(target(name.decode(), port), 10) as there:
                    self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
                    back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
                    back.start()
                    _pump(self.connection, there)
                    back.join()

        self._server = self._listening(Visit)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _listening(self, visit: type[socketserver.StreamRequestHandler]) -> socketserver.BaseServer:
        server = _Server((LOOPBACK, 0), visit)
        self.port = int(server.server_address[1])
        return server

    def stop(self) -> None:
        """Let nobody in any more."""
        self._server.shutdown()
        self._server.server_close()


class UnixSocks(SocksProxy):
    """The same at a Unix socket, where tor would be."""

    def __init__(
        self, path: Path, target: Callable[[str, int], tuple[str, int]] = lambda _, port: (LOOPBACK, port)
    ) -> None:
        self.path = path
        super().__init__(target)

    def _listening(self, visit: type[socketserver.StreamRequestHandler]) -> socketserver.BaseServer:
        return _UnixServer(str(self.path), visit)


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
