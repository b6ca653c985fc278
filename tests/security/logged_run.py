"""`python -m tests.security.logged_run FOLDER HOST PORT AUTHORITY ADDRESS PASSWORD WRONG ROOM NICK SAID FRIEND`

A visit with every logger at DEBUG; what the log holds in the end goes to the standard output.
"""

import logging
import sys
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.message import Delivery
from teahouse.domain.problem import Trouble
from teahouse.log import set_up
from tests.rig.engine import RunningEngine
from tests.rig.wait import until


def main(folder: str, port: str, authority: str, jid: str, password: str, *more: str) -> None:
    """The visit."""
    wrong, room, nick, said, friend = more
    ring = set_up("debug")
    for name in ("slixmpp", "asyncio", "teahouse"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    house, server = RunningEngine(Path(folder)), Server("127.0.0.1", int(port), False, authority)
    for refused in (c.AddAccount(jid, wrong, nick, server), c.AddAccount(f"{nick}@@", password, nick, server)):
        try:
            house.do(refused)
        except Trouble as trouble:
            logging.getLogger("teahouse.test").info("refused by %s: %s", jid, trouble.problem.fault)
    mine = house.do(c.AddAccount(jid, password, nick, server))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    chat = house.do(c.JoinRoom(mine.id, room, nick))
    house.do(c.SendMessage(chat.id, said))
    until(lambda: [m.state for m in house.history(chat.id) if m.mine] == [Delivery.CONFIRMED])
    person = house.do(c.OpenPerson(mine.id, friend))
    house.do(c.SendMessage(person.id, said))
    house.wait(e.MessageStored, lambda event: not event.message.mine)
    house.stop()
    print("\n".join(ring.lines()))


if __name__ == "__main__":
    main(*sys.argv[1:])
