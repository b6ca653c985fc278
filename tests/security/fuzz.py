"""`python -m tests.security.fuzz [--seconds 60] [--seed N]`: damaged streams and stanzas at the guard, in every phase.

Three targets: the bounded parser; the guarded stream in each of its phases; and the stanzas of a bound session on their
way through authority, rooms, roster and store. An escape is an exception that is no Trouble and no Forbidden, whether
or not it is caught on the way, or an input that takes longer than SLOW seconds. The seed of each escape is printed.
"""

import argparse
import asyncio
import logging
import random
import re
import ssl
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from teahouse.domain.account import Account, Server
from teahouse.domain.chat import ChatKind
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Fault, Problem
from teahouse.engine.client import Client
from teahouse.engine.desk import Desk
from teahouse.engine.guard import Phase
from teahouse.engine.parser import BoundedParser, Forbidden
from teahouse.engine.routing import routes_of
from teahouse.store import accounts, chats
from teahouse.store.database import Database
from tests.rig import hostile
from tests.rig.honest import FULL, ROSE, TEA, presence, said
from tests.security import test_containment, test_forgeries, test_streams
from tests.security.certificates import Authority

_CUT = Problem(Fault.CONNECTION_LOST)
SLOW = 1.0
"""Seconds; on a busy machine the whole of one input, some tens of kilobytes, takes thousandths."""
_LARGE = 20_000
"""Bytes above which an example only costs time."""
CORPUS: list[bytes] = [
    *(attack for attack in test_streams.ATTACKS.values() if len(attack) < _LARGE),
    *test_streams.HEADERS.values(),
    *(text.encode() for text in test_forgeries.FORGERIES.values()),
    *(text.encode() for text in test_containment.ODD.values() if len(text) < _LARGE),
    hostile.STARTTLS,
    hostile.PROCEED,
    hostile.BIND,
    hostile.mechanisms("SCRAM-SHA-256", "PLAIN"),
    hostile.sasl("challenge", b"r=x,s=QUJDREVGR0g=,i=4096"),
    hostile.sasl("success", b"v=QUJD"),
    hostile.bound("1"),
    said("plum", "hello").encode(),
    presence("plum").encode(),
]
_TOKEN = re.compile(rb"<[^<>]*>|[^<>]+")
_STRANGE = [
    b"\x00",
    b"\xff",
    b"&",
    b"<",
    b"]]>",
    b"&#0;",
    "\u202e".encode(),
    "🍵".encode(),
    b"'",
    b'"',
    b"\r",
    b"%s",
    b"-1",
    b"\xc0",
]


class Chance(random.Random):
    """Damages what is in the corpus."""

    def damaged(self) -> bytes:
        """A few examples, cut up and put together wrongly."""
        pieces = [token for example in self.choices(CORPUS, k=self.randint(1, 3)) for token in _TOKEN.findall(example)]
        for _ in range(self.randint(0, 6)):
            at = self.randrange(len(pieces) + 1)
            action = self.randrange(6)
            if action == 0:
                pieces[at : at + 1] = []
            elif action == 1:
                pieces[at:at] = [self.choice(pieces or [b""])] * self.randint(1, 20)
            elif action == 2:
                pieces[at:at] = [self.choice(_STRANGE)]
            elif action == 3 and pieces:
                token = bytearray(self.choice(pieces))
                token[self.randrange(len(token) + 1) :][:1] = bytes([self.randrange(256)])
                pieces[at:at] = [bytes(token)]
            elif action == 4:
                self.shuffle(pieces)
            else:
                pieces[at:at] = [_TOKEN.findall(self.choice(CORPUS))[0]]
        whole = b"".join(pieces)
        for _ in range(self.randint(0, 3)):
            at = self.randrange(len(whole) + 1)
            whole = (
                whole[:at] + self.choice([*_STRANGE, bytes([self.randrange(256)])]) + whole[at + self.randint(0, 2) :]
            )
        return whole

    def split(self, data: bytes) -> list[bytes]:
        """The same in segments."""
        cuts = sorted(self.randrange(len(data) + 1) for _ in range(self.randint(0, 5)))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


class _Sink(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: Any) -> None:
        """Forgotten."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Neither TLS nor a socket."""
        return default

    def is_closing(self) -> bool:
        """Whether it was cut."""
        return self.closed

    def abort(self) -> None:
        """Cut."""
        self.closed = True

    def close(self) -> None:
        """Cut."""
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """Nothing comes by itself."""


class _Escapes(logging.Handler):
    """What was caught on the way although nobody expected it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Held back words are the guard at work; anything else is an escape."""
        if "held back" not in record.getMessage():
            self.found.append(record.getMessage())


class Fuzz:
    """The targets. A profile of its own holds one account, one room and one contact."""

    def __init__(self, folder: Path) -> None:
        routes = routes_of(None, lambda _: None, None)
        self.desk = Desk(Database(folder / "fuzz", bytes(32)), lambda _: None, routes, offline=True)
        self.account = accounts.add(self.desk.tools.db, Account(0, hostile.JID, "willow"), "secret")
        self.online = self.desk.add(self.account)
        chats.ensure(self.desk.tools.db, self.account.id, ROSE, ChatKind.PERSON, "Rose")
        self.tea = chats.ensure(self.desk.tools.db, self.account.id, TEA, ChatKind.ROOM, "tea")
        self.server = Server(ca_file=str(Authority(folder, "authority").file))

    def parser(self, chance: Chance) -> None:
        """The parser alone."""
        parser = BoundedParser()
        try:
            for piece in chance.split(hostile.HEADER + chance.damaged()):
                parser.feed(piece)
                list(parser.read_events())
        except Forbidden:
            return

    async def stream(self, chance: Chance) -> None:
        """A stream in one of its phases."""
        client = Client(hostile.JID, "secret", self.server, None)
        client.connection_made(_Sink())
        phase = chance.choice(list(Phase))
        if phase is not Phase.CONNECT:
            client._expected = client.secured
            client.phase = phase
        head = hostile.HEADER if chance.random() < 0.9 else b""
        for piece in chance.split(head + chance.damaged()):
            if client.problem is None:
                client.data_received(piece)
        await asyncio.sleep(0)
        client.close()
        if client._securing is not None:
            client._securing.cancel()
        client.fail(client.problem or _CUT)

    async def session(self, chance: Chance) -> None:
        """Stanzas of a bound session, after honest ones that lead into a room."""
        client = Client(hostile.JID, "secret", self.server, None)
        client.connection_made(_Sink())
        client.phase, client.own = Phase.BOUND, Jid.parse(FULL)
        client.stream.attach(client.send_raw)
        self.online.session.client = client
        self.online.rooms.enter(self.tea.id, TEA, "willow", "")
        honest = presence("plum") + presence("willow", codes=(110,)) + said("plum", "history")
        client.on_stanza = self.online._stanza
        client.data_received(hostile.HEADER + honest.encode())
        for piece in chance.split(chance.damaged()):
            if client.problem is None:
                client.data_received(piece)
        while client._backlog or (client._draining is not None and not client._draining.done()):
            await asyncio.sleep(0)
        self.desk.inbound.flush()
        self.online._went_offline()
        self.online.session.client = None
        client.fail(client.problem or _CUT)


@contextmanager
def _without_authorities() -> Iterator[None]:
    """slixmpp loads those of the system for each stream, which takes 60 ms; no input here gets as far as TLS."""
    ssl.SSLContext.set_default_verify_paths = lambda _: None  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths


async def run(seconds: float, seed: int, folder: Path, rounds: int = 0) -> tuple[int, list[str]]:
    """Fuzz for so long, or so many rounds; how many inputs there were, and the escapes."""
    fuzz, caught, escapes = Fuzz(folder), _Escapes(), list[str]()
    logging.getLogger().addHandler(caught)
    with _without_authorities():
        number = await _rounds(fuzz, seconds, seed, rounds, caught, escapes)
    logging.getLogger().removeHandler(caught)
    fuzz.desk.tools.db.close()
    return number, escapes


async def _rounds(fuzz: Fuzz, seconds: float, seed: int, rounds: int, caught: _Escapes, escapes: list[str]) -> int:
    number = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end if not rounds else number < rounds:
        chance = Chance(seed + number)
        target: Callable[[Chance], Any] = (fuzz.parser, fuzz.stream, fuzz.session)[number % 3]
        began = time.perf_counter()
        try:
            waiting = target(chance)
            if waiting is not None:
                await waiting
        except Exception:
            escapes.append(f"seed {seed + number}, {target.__name__}: {traceback.format_exc()}")
        took = time.perf_counter() - began
        if took > SLOW:
            escapes.append(f"seed {seed + number}, {target.__name__}: took {took:.2f} s")
        escapes += [f"seed {seed + number}, {target.__name__}: logged {text}" for text in caught.found]
        caught.found.clear()
        number += 1
    return number


def main() -> int:
    """Fuzz, and say what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 40))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    logging.getLogger("teahouse").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        number, escapes = asyncio.run(run(chosen.seconds, chosen.seed, Path(folder)))
    print("\n".join(escapes[:20]))
    print(f"{number} inputs, {len(escapes)} escapes")
    return bool(escapes)


if __name__ == "__main__":
    sys.exit(main())
