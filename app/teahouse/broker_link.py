"""The line between the broker and the client: a socket that carries lines of text, in both directions."""

import socket

LINE_LIMIT = 8_192
START_AGAIN = 75
"""The exit code by which the client asks for another client: what it may do is decided at its start."""


class BrokerLink:
    """One end. The client gets `raise`, `practice-ready <provision file>` and `practice-failed <sentence>`, and may
    send `practise`, `browse <web address>` and, asked by `prove`, `proof <JSON string>`; the lines about tor, in both
    directions, are described in `tor_runner.py`. Nothing here blocks but `send`, which sends a few bytes into an empty
    socket."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)
        self._rest = b""
        self.closed = False

    def fileno(self) -> int:
        """The descriptor to watch for reading."""
        return self._socket.fileno()

    def send(self, line: bytes) -> None:
        """Send one line; the other end having gone is no failure."""
        try:
            self._socket.sendall(line if line.endswith(b"\n") else line + b"\n")
        except OSError:
            self.closed = True

    def receive(self) -> list[str]:
        """The whole lines that have arrived; `closed` is set once the other end has gone."""
        while not self.closed:
            try:
                found = self._socket.recv(LINE_LIMIT)
            except BlockingIOError:
                break
            except OSError:
                found = b""
            self.closed = not found
            self._rest += found
        *lines, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def close(self) -> None:
        """Hang up."""
        self.closed = True
        self._socket.close()
