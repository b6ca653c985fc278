"""Writes as the program does, and says after each thing that it is on disk.

`python -m tests.engine.scribe FOLDER SEED N` does N things. What it says goes to the file `said` in that folder, a line
at a time: `doing ...` before something that takes something else away, and `done ...` as soon as the program would tell
anybody.
"""

import asyncio
import os
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain.account import Account
from teahouse.domain.chat import ChatKind
from teahouse.domain.events import Event, MessageStored
from teahouse.domain.message import Delivery
from teahouse.domain.vault import VaultMode
from teahouse.engine import chatting, housekeeping
from teahouse.engine.arrivals import Arrival, Stretch
from teahouse.engine.desk import Desk
from teahouse.engine.routing import routes_of
from teahouse.profile import Profile, Theme, write_profile
from teahouse.store import accounts, archives, chats, vault
from teahouse.store.database import Database
from teahouse.store.messages import Identity
from teahouse.store.vault import Vault
from tests.rig.honest import ROSE
from tests.rig.hostile import JID

PASSPHRASE = "tea for two"
THEMES = (Theme.LIGHT, Theme.DARK)


class Scribe:
    """One profile at work, without a network."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._chance = folder, random.Random(seed)
        self._said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._vault = Vault(folder)
        self._stored: list[int] = []
        self._count = 0
        write_profile(folder / "profile.toml", Profile())
        self._tell("done profile system")
        key = self._vault.create(VaultMode.PASSPHRASE if seed % 2 else VaultMode.OPEN, PASSPHRASE)
        self._tell("done vault")
        self._open(key)

    def _tell(self, line: str) -> None:
        os.write(self._said, f"{line}\n".encode())

    def _hear(self, event: Event) -> None:
        if isinstance(event, MessageStored):
            self._stored.append(event.message.id)

    def _open(self, key: bytes) -> None:
        db = Database(self._vault.database, key)
        self._desk = Desk(db, self._hear, routes_of(None, lambda _: None, None), offline=True)
        known = accounts.every(db)
        self._account = known[0] if known else accounts.add(db, Account(0, JID, "willow"), "secret")
        self._desk.add(self._account)
        self._chat = chats.ensure(db, self._account.id, ROSE, ChatKind.PERSON, "Rose").id

    def _text(self) -> str:
        self._count += 1
        length = self._chance.choice((0, 20, 200, 3_000, 12_000))
        return f"{self._count} " + "".join(self._chance.choice("abc 茶道") for _ in range(length))

    async def work(self, steps: int) -> None:
        """So many things, drawn by their weight."""
        weights: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._write, 40),
            (self._receive, 40),
            (self._tick, 20),
            (self._read_on, 10),
            (self._remove, 4),
            (self._theme, 3),
            (self._reopen, 3),
            (self._back_up, 1),
        ]
        for _ in range(steps):
            await self._chance.choices([what for what, _ in weights], [weight for _, weight in weights])[0]()

    async def _write(self) -> None:
        message = await chatting.COMMANDS[c.SendMessage](self._desk, c.SendMessage(self._chat, self._text()))
        self._tell(f"done message {getattr(message, 'id', 0)} {self._count}")

    def _arrival(self, stretch: Stretch | None) -> Arrival:
        body = self._text()
        identity = Identity(ROSE, "", f"r{self._count}", JID, f"m{self._count}")
        return Arrival(self._account.id, self._chat, ChatKind.PERSON, ROSE, body, False, identity, stretch=stretch)

    async def _receive(self) -> None:
        self._stored.clear()
        first = self._count + 1
        for _ in range(self._chance.randint(1, 30 if self._chance.random() < 0.1 else 3)):
            self._desk.inbound.take(self._arrival(None))
        assert self._desk.inbound.settled
        for number, stored in enumerate(self._stored, first):
            self._tell(f"done message {stored} {number}")

    async def _tick(self) -> None:
        if self._stored:
            number, state = self._chance.choice(self._stored), self._chance.choice((Delivery.SENT, Delivery.ACKED))
            self._tell(f"doing state {number}")
            self._desk.tools.move(number, state)
            self._tell(f"done state {number} {state:d}")

    async def _read_on(self) -> None:
        self._stored.clear()
        stretch, first = Stretch(), self._count + 1
        arrivals = [self._arrival(stretch) for _ in range(4)]
        cursor = f"m{self._count}"

        def along() -> list[Event]:
            archives.set_cursor(self._desk.tools.db, self._account.id, JID, cursor)
            return []

        self._desk.inbound.bring(arrivals, along)
        for number, stored in enumerate(self._stored, first):
            self._tell(f"done message {stored} {number}")
        self._tell(f"done cursor {self._count}")

    async def _remove(self) -> None:
        if self._stored:
            number = self._chance.choice(self._stored)
            self._tell(f"doing remove {number}")
            handler = housekeeping.COMMANDS[c.DeleteMessage]
            await handler(self._desk, c.DeleteMessage(number))
            self._tell(f"done remove {number}")
            self._stored.clear()

    async def _theme(self) -> None:
        theme = self._chance.choice(THEMES)
        self._tell(f"doing profile {theme.value}")
        write_profile(self._folder / "profile.toml", Profile(theme=theme))
        self._tell(f"done profile {theme.value}")

    async def _reopen(self) -> None:
        self._stored.clear()
        self._desk.tools.db.close()
        self._open(self._vault.key(PASSPHRASE))

    async def _back_up(self) -> None:
        self._tell(f"doing backup {self._count}")
        wish = c.BackUp(str(self._folder / "tea.backup"), PASSPHRASE)
        await housekeeping.COMMANDS[c.BackUp](self._desk, wish)
        self._tell(f"done backup {self._count}")


async def main() -> None:
    """Work, and end as the program does."""
    vault.MEMORY_KIB = 1024
    scribe = Scribe(Path(sys.argv[1]), int(sys.argv[2]))
    await scribe.work(int(sys.argv[3]))


if __name__ == "__main__":
    asyncio.run(main())
