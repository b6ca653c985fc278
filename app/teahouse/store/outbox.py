"""Own messages that have not arrived for certain, in the order in which they were written."""

from dataclasses import dataclass

from teahouse.domain.chat import ChatKind
from teahouse.domain.message import Delivery
from teahouse.store.database import Database


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as the outbox sees it."""

    id: int
    chat: int
    kind: ChatKind
    to: str
    body: str
    origin_id: str
    place: int
    state: Delivery


def waiting(db: Database, account: int, *states: Delivery) -> tuple[Outgoing, ...]:
    """The account's messages in these states, oldest first."""
    marks = ", ".join("?" * len(states))
    # The condition of the partial index has to stand in the query, or every message is read.
    rows = db.all(
        "SELECT m.id, m.chat, c.kind, c.jid, m.body, m.origin_id, m.place, m.state FROM message m"
        f" JOIN chat c ON c.id = m.chat WHERE m.account = ? AND m.mine = 1"
        f" AND m.state IN (1, 2, 5, 6) AND m.state IN ({marks})"
        " ORDER BY m.id",
        (account, *(int(state) for state in states)),
    )
    return tuple(Outgoing(r[0], r[1], ChatKind(r[2]), r[3], r[4], r[5], r[6], Delivery(r[7])) for r in rows)
