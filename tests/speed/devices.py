"""Two devices of one account, of which one is away five times while 2,000 messages come: the real program catches up.

The other one is an engine without a window in this process. Who is to do the next thing is told by files in the
program's home: `away-N` by the program, `sent-N` by us.
"""

import time
from collections import defaultdict
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Account, Link
from teahouse.domain.chat import ChatKind
from teahouse.domain.message import LATEST
from teahouse.domain.queries import ListChats
from teahouse.store import chats, messages
from teahouse.store.database import Database
from teahouse.store.vault import Vault
from tests.rig.engine import RunningEngine
from tests.rig.peer import Peer
from tests.rig.program import Program
from tests.rig.wait import until
from tests.speed.window import Figures, figures_of, profile, served

GAPS, EACH = 5, 2_000


def missed() -> Figures:
    """10,000 messages in five absences; fails unless both devices end with the same history and count."""
    figures: Figures = defaultdict(list)
    spent = before = 0.0
    with served() as (server, display, folder):
        login, friend = server.fresh("willow"), Peer(server, server.fresh("rose"))
        first = RunningEngine(folder / "first")
        mine = first.do(c.AddAccount(login.jid, login.password, "willow", server.server()))
        first.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
        theirs = first.do(c.OpenPerson(mine.id, friend.login.jid))
        home = folder / "second"
        db, account = profile(home, Account(0, login.jid, "willow", server=server.server()), login.password)
        chat = chats.ensure(db, account.id, friend.login.jid, ChatKind.PERSON, "Rose").id
        chats.ensure(db, account.id, "nobody@xmpp.test", ChatKind.PERSON, "Nobody")
        db.close()
        environment = {"DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb", "SPEED_BEGUN": repr(time.time())}
        with Program(home, "missed", environment=environment, module="tests.speed.driven") as program:
            for number in range(GAPS):
                until(lambda number=number: (home / f"away-{number}").exists(), 120)  # type: ignore[misc]
                if number:
                    spent += server.cpu() - before
                for line in range(number * EACH, (number + 1) * EACH):
                    friend.message(login.jid, f"line {line}")
                wanted = (number + 1) * EACH
                until(lambda wanted=wanted: len(first.seen(e.MessageStored)) >= wanted, 120)  # type: ignore[misc]
                before = server.cpu()
                (home / f"sent-{number}").touch()
            assert program.wait(180) == 0, program.output
            figures |= figures_of(program.output)
            figures["of which the server's CPU s"] = [spent + server.cpu() - before]
        held, unread = _kept(home, chat)
        assert held == first.bodies(theirs.id) == [f"line {line}" for line in range(GAPS * EACH)]
        counted = next(one.unread for one in first.ask(ListChats()) if one.id == theirs.id)
        assert unread == counted == GAPS * EACH
        first.stop()
        friend.stop()
    return figures


def _kept(home: Path, chat: int) -> tuple[list[str], int]:
    """What the program has on disk of a chat, and how much of it is unread."""
    vault = Vault(home / "data" / "profiles" / "default")
    db = Database(vault.database, vault.key(), read_only=True)
    try:
        held = [message.body for message in messages.before(db, chat, LATEST, 100_000)]
        return held, next(one.unread for one in chats.every(db) if one.id == chat)
    finally:
        db.close()
