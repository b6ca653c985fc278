"""Commands about what is kept: for how long, what of it goes, what is carried out and brought back, and preferences."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from teahouse.domain import commands as c
from teahouse.domain.telling import TELLING, SetTelling
from teahouse.engine import keeping
from teahouse.engine.bench import Bench
from teahouse.engine.desk import Desk, Handler, Handlers
from teahouse.engine.keeping import Keeper
from teahouse.store import chats, preferences
from teahouse.store.backup import back_up, unpack
from teahouse.store.database import Database
from teahouse.store.export import Names, export
from teahouse.store.vault import Bring

T = TypeVar("T")


async def _aside(desk: Desk, work: Callable[[Database], T]) -> T:
    """Do long work in a thread of its own, over a connection of its own, with all that has come written down."""
    desk.inbound.flush()

    def done() -> T:
        db = desk.tools.db.again()
        try:
            return work(db)
        finally:
            db.close()

    return await asyncio.to_thread(done)


async def _export(desk: Desk, wish: c.ExportHistory) -> int:
    own = {n: o.account.nick or o.account.jid.partition("@")[0] for n, o in desk.online.items()}
    others = {(n, jid): who.name for n, o in desk.online.items() for jid, who in o.roster.contacts.items()}
    names = Names(own, others)
    return await _aside(desk, lambda db: export(db, Path(wish.path), wish.chat, wish.form, names))


async def _back_up(desk: Desk, wish: c.BackUp) -> None:
    await _aside(desk, lambda db: back_up(db, Path(wish.path), wish.passphrase))


def brought(wish: c.RestoreBackup) -> Bring:
    """How the database of a new profile is brought from a backup; it raises Trouble. Slow."""
    return partial(unpack, Path(wish.path), wish.passphrase)


async def _set_preference(desk: Desk, wish: c.SetPreference) -> None:
    preferences.put(desk.tools.db, wish.key, wish.value)


async def _set_telling(desk: Desk, wish: SetTelling) -> None:
    chats.set_telling(desk.tools.db, wish.chat, TELLING.sound(wish.telling))
    desk.tools.announce_chat(wish.chat)


def _kept(carry_out: Callable[[Bench, Keeper, Any], Awaitable[None]]) -> Handler:
    """What engine/keeping.py carries out."""

    async def handler(desk: Desk, wish: c.Command) -> None:
        await carry_out(desk.tools, desk.keeper, wish)

    return handler


COMMANDS: Handlers = {
    c.ExportHistory: _export,
    c.BackUp: _back_up,
    c.SetPreference: _set_preference,
    SetTelling: _set_telling,
    c.SetRetention: _kept(keeping.set_retention),
    c.DeleteMessage: _kept(keeping.delete_message),
    c.ClearHistory: _kept(keeping.clear_history),
    c.TrustClock: _kept(keeping.trust_clock),
}
