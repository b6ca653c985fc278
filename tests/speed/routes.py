"""Log-in and the join of a small room by every way, on a private Tor network on loopback.

Loopback has no distance: the seconds are the work of the relays, not what a person waits. What scales with a real
circuit are the round trips. A relay in front of the server counts them, in a round that is not timed; those of TCP,
of SOCKS and of the making of a circuit are not among them.
"""

import select
import socket
import socketserver
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Account, Link, Route, Server
from teahouse.domain.events import Answered, Event, LinkChanged
from tests.conftest import exit_records
from tests.rig.engine import RunningEngine
from tests.rig.private_tor import PrivateTor
from tests.rig.prosody import HOST, ROOMS, Prosody
from tests.rig.tor_host import TorHost

ROUNDS = 7
_PATIENCE = 120.0
Figures = dict[str, list[float]]
_ROOM = f"crowd-20@{ROOMS}"
_LOOPBACK = "127.0.0.1"


class Turns:
    """A relay to a port of this computer; `count` is how often a client spoke after it had been answered."""

    def __init__(self, target: int) -> None:
        self.count = 0
        turns = self

        class Visit(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection((_LOOPBACK, target), 10) as server:
                    turns._carry(self.request, server)

        self._server = socketserver.ThreadingTCPServer((_LOOPBACK, 0), Visit)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        answered = True
        while True:
            for source in select.select([client, server], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                self.count += source is client and answered
                answered = source is server
                (server if source is client else client).sendall(data)

    def stop(self) -> None:
        """Let nobody in any more."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class _Way:
    """A way, and where it leads: to the server, and to the server past the relay that counts."""

    name: str
    route: Route
    server: Server
    counted: Server


class _Stamped(RunningEngine):
    """Knows to the microsecond when it heard an event; to wait by looking would be too coarse."""

    def __init__(self, folder: Path, tor: TorHost) -> None:
        self._stamps: list[tuple[float, Event]] = []
        super().__init__(folder, tor=tor)

    def _heard(self, event: Event) -> None:
        self._stamps.append((time.perf_counter(), event))
        super()._heard(event)

    def first(self, since: float, fits: Callable[[Event], bool]) -> float:
        """Seconds from a moment to the first event after it that fits."""
        return next(when for when, event in self._stamps if when >= since and fits(event)) - since


class _Traveller:
    """One account that logs in and joins again and again."""

    def __init__(self, house: _Stamped, prosody: Prosody, route: Route, server: Server) -> None:
        self._house, self._chat, login = house, 0, prosody.fresh()
        add = c.AddAccount(login.jid, login.password, "willow", server, route=route)
        self._account: Account = house.do(add, _PATIENCE)
        house.wait(LinkChanged, self._online, _PATIENCE)

    def _online(self, event: Event) -> bool:
        return isinstance(event, LinkChanged) and event.account == self._account.id and event.link is Link.ONLINE

    def log_in(self, new_circuit: bool = False) -> float:
        """Seconds from Connect to online; by a new circuit, or as tor likes, which is by the last one if it stands."""
        self._house.do(c.Disconnect(self._account.id))
        if new_circuit:
            self._house.do(c.NewCircuit(self._account.id))
        self._house.events.clear()
        begun = time.perf_counter()
        self._house.do(c.Connect(self._account.id))
        self._house.wait(LinkChanged, self._online, _PATIENCE)
        return self._house.first(begun, self._online)

    def settle(self) -> None:
        """Until the server has answered what follows a log-in, which it does in order."""
        self._house.do(c.BrowseRooms(self._account.id, ROOMS), _PATIENCE)

    def join(self) -> float:
        """Seconds from JoinRoom to its answer, which comes when we are inside."""
        begun = time.perf_counter()
        chat = self._house.do(c.JoinRoom(self._account.id, _ROOM, "willow"), _PATIENCE)
        self._chat = chat.id
        return self._house.first(begun, lambda event: isinstance(event, Answered) and event.value is chat)

    def leave(self) -> None:
        """Out of the room again, and the server knows it."""
        self._house.do(c.LeaveRoom(self._chat))
        self.settle()


@contextmanager
def _travelling() -> Iterator[tuple[_Stamped, Prosody, Turns, list[_Way]]]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        prosody = Prosody(folder / "server").start()
        stack.callback(prosody.stop)
        turns = Turns(prosody.tls_port)
        stack.callback(turns.stop)
        network = PrivateTor(folder / "net", exit_records(prosody))
        stack.callback(network.stop)
        onion = network.start().add_onion("onion", {1: prosody.tls_port, 2: turns.port}).onion
        host = TorHost(folder / "host", [*network.client_lines, "ConfluxEnabled 0"])
        stack.callback(host.stop)
        house = _Stamped(folder / "profile", host)
        stack.callback(house.stop)

        def way(name: str, route: Route, address: str, ports: tuple[int, int]) -> _Way:
            plain, counted = (Server(address, port, True, str(prosody.ca)) for port in ports)
            return _Way(name, route, plain, counted)

        here = (prosody.tls_port, turns.port)
        yield (
            house,
            prosody,
            turns,
            [
                way("direct", Route.DIRECT, _LOOPBACK, here),
                way("exit", Route.TOR, HOST, here),
                way("onion", Route.TOR, onion, (1, 2)),
            ],
        )


def log_in_and_join() -> Figures:
    """Seconds and round trips by every way, and the ratio of each round to the direct one beside it.

    The log-in is by direct TLS to a known place: no records are asked for.
    """
    figures: Figures = defaultdict(list)
    with _travelling() as (house, prosody, turns, ways):
        travellers = {way: _Traveller(house, prosody, way.route, way.server) for way in ways}
        for _ in range(ROUNDS):
            for way, traveller in travellers.items():
                _timed(way, traveller, figures)
        for way in ways:
            _counted(way, _Traveller(house, prosody, way.route, way.counted), turns, figures)
    for name in [name for name in figures if name.endswith(" s") and not name.startswith("direct")]:
        direct = figures["direct " + name.removesuffix(", new circuit s").removesuffix(" s").partition(" ")[2] + " s"]
        figures[f"{name.removesuffix(' s')}, ratio"] = [a / b for a, b in zip(figures[name], direct, strict=True)]
    return figures


def _timed(way: _Way, traveller: _Traveller, figures: Figures) -> None:
    if way.route is Route.TOR:
        figures[f"{way.name} log-in, new circuit s"].append(traveller.log_in(new_circuit=True))
        traveller.settle()
    figures[f"{way.name} log-in s"].append(traveller.log_in())
    traveller.settle()
    figures[f"{way.name} join s"].append(traveller.join())
    traveller.leave()


def _counted(way: _Way, traveller: _Traveller, turns: Turns, figures: Figures) -> None:
    for _ in range(3):
        traveller.settle()
        before = turns.count
        traveller.log_in()
        figures[f"{way.name} log-in round trips"].append(turns.count - before)
        traveller.settle()
        before = turns.count
        traveller.join()
        figures[f"{way.name} join round trips"].append(turns.count - before)
        traveller.leave()
