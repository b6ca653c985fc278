"""Unix sockets that lead to one fixed place each: how a client without a network reaches a tor that is not ours."""

import contextlib
import socket
import threading
from pathlib import Path

Place = tuple[str, int] | str
"""Host and port, or the path of a Unix socket."""


class Forwarder:
    """Listens at a path as long as it lives; every connection is joined to a new one to the place."""

    def __init__(self, path: Path, place: Place) -> None:
        self._path, self._place = path, place
        path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        self._door.listen(16)
        threading.Thread(target=self._serve, name=f"forward {path.name}", daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor = self._door.accept()[0]
                threading.Thread(target=self._join, args=(visitor,), daemon=True).start()

    def _join(self, visitor: socket.socket) -> None:
        with visitor, contextlib.suppress(OSError):
            there = _reach(self._place)
            with there:
                back = threading.Thread(target=_pump, args=(there, visitor), daemon=True)
                back.start()
                _pump(visitor, there)
                back.join()

    def close(self) -> None:
        """Let nobody in any more; connections that stand go on."""
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._path.unlink(missing_ok=True)


def _reach(place: Place) -> socket.socket:
    if not isinstance(place, str):
        return socket.create_connection(place, 10)
    there = socket.socket(socket.AF_UNIX)
    there.connect(place)
    return there


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        source.settimeout(None)
        while data := source.recv(65536):
            target.sendall(data)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            end.shutdown(how)
