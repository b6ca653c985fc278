"""`python -m tests.security.full_run FOLDER PORT AUTHORITY HOSTNAME`: a whole visit, from signing in to leaving.

What it knows of its computer it may not tell: the clock, the user, the language and the time zone are those of its
process, and the host's name is the one given here.
"""

import os
import platform
import socket
import sys
import time
from datetime import datetime
from pathlib import Path

from teahouse.domain import commands as c
from teahouse.domain import events as e
from teahouse.domain.account import Link, Server
from teahouse.domain.message import Delivery
from tests.rig.engine import RunningEngine
from tests.rig.honest import ROSE, TEA
from tests.rig.hostile import JID, PASSWORD
from tests.rig.wait import until


def main(folder: str, port: str, authority: str, host: str) -> None:
    """The visit."""
    socket.gethostname = socket.getfqdn = platform.node = lambda *_: host  # type: ignore[assignment]
    print(datetime.now().astimezone().isoformat(), time.tzname, os.environ.get("LANG"), socket.gethostname())
    house = RunningEngine(Path(folder))
    mine = house.do(c.AddAccount(JID, PASSWORD, "willow", Server("127.0.0.1", int(port), False, authority)))
    house.wait(e.LinkChanged, lambda event: event.link is Link.ONLINE)
    house.wait(e.ContactsChanged, lambda event: any(contact.show for contact in event.contacts))
    chat = house.do(c.JoinRoom(mine.id, TEA, "willow"))
    house.do(c.SendMessage(chat.id, "hello 茶"))
    until(lambda: [m.state for m in house.history(chat.id) if m.mine] == [Delivery.CONFIRMED])
    person = house.do(c.OpenPerson(mine.id, ROSE))
    house.do(c.SendMessage(person.id, "only you"))
    house.wait(e.MessageChanged, lambda event: event.message.state is Delivery.ACKED)
    house.do(c.LeaveRoom(chat.id))
    house.wait(e.ChatStored, lambda event: event.chat.id == chat.id and not event.chat.occupants)
    house.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
