"""The bad network itself: it breaks what it is to break, where it is to break it."""

import random
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.rig.faults import GOOD, Faults, Plan, aborts, flaps, half_opens


class Echo:
    """A server that gives back what it gets."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                return

    def stop(self) -> None:
        """End it."""
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    """One for a test."""
    server = Echo()
    yield server
    server.stop()


def spoken(port: int, size: int, patience: float = 5.0) -> bytes | str:
    """What comes back of so many bytes: all of them, `reset` or `silence` and how far it came."""
    back = b""
    with socket.create_connection(("127.0.0.1", port), 5) as near:
        near.settimeout(patience)
        try:
            near.sendall(b"x" * size)
            while len(back) < size:
                piece = near.recv(4096)
                if not piece:
                    return f"closed {len(back)}"
                back += piece
        except ConnectionResetError:
            return "reset"
        except TimeoutError:
            return f"silence {len(back)}"
    return back


def test_each_connection_has_its_plan(echo: Echo) -> None:
    with Faults(echo.port, [GOOD, Plan(cut_up=100), Plan(cut_down=50), Plan(life=0.1)]) as faults:
        assert spoken(faults.port, 1000) == b"x" * 1000
        assert spoken(faults.port, 1000) == "reset"
        assert spoken(faults.port, 1000) == "reset"
        with socket.create_connection(("127.0.0.1", faults.port), 5) as near, pytest.raises(ConnectionResetError):
            near.recv(1)
        assert spoken(faults.port, 1000) == b"x" * 1000
        assert [plan.kind for plan in faults.taken] == ["good", "abort up", "abort down", "flap", "good"]


def test_half_open_is_silence(echo: Echo) -> None:
    with Faults(echo.port, [Plan(swallow_up=300), Plan(swallow_down=200)]) as faults:
        assert spoken(faults.port, 1000, 0.5) == "silence 300"
        assert spoken(faults.port, 1000, 0.5) == "silence 200"


def test_slow_is_whole(echo: Echo) -> None:
    with Faults(echo.port, [Plan(delay=0.01, rate=100_000)]) as faults:
        assert spoken(faults.port, 5_000) == b"x" * 5_000


def test_a_cut_reaches_all(echo: Echo) -> None:
    with Faults(echo.port) as faults, socket.create_connection(("127.0.0.1", faults.port), 5) as near:
        near.sendall(b"hello")
        assert near.recv(5) == b"hello"
        faults.cut()
        with pytest.raises(ConnectionResetError):
            near.recv(1)


def test_a_seed_draws_the_same_again() -> None:
    for draw in (aborts, half_opens, flaps):
        assert draw(random.Random(7), 20) == draw(random.Random(7), 20)
        assert draw(random.Random(7), 20) != draw(random.Random(8), 20)
