"""The tray: what strangers want is held apart, bounded and unanswered, until the user says what becomes of it.

Nothing goes out for it: no receipt, no error, no presence. Like what comes into chats it is written in batches.
"""

import asyncio

from teahouse.crash import crash_point
from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.events import Event, RequestsChanged, WentWrong
from teahouse.domain.problem import Fault, Trouble
from teahouse.domain.request import Asking, Request
from teahouse.engine.arrivals import Arrival
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import BATCH, RETRY, TICK, Inbound
from teahouse.engine.invitations import Invitation
from teahouse.store import chats, requests
from teahouse.store.messages import Identity
from teahouse.store.requests import Said


class Requests:
    """The requests of one account."""

    def __init__(self, bench: Bench, account: int, inbound: Inbound) -> None:
        self._bench, self._account, self._inbound = bench, account, inbound
        self._ignored = requests.ignored(bench.db, account)
        self._waiting: list[Arrival | Invitation] = []
        self._timer: asyncio.TimerHandle | None = None

    def announce(self) -> None:
        """Say what is held."""
        db, account = self._bench.db, self._account
        self._bench.announce(RequestsChanged(account, requests.every(db, account), requests.lost(db, account)))

    def ignores(self, jid: str) -> bool:
        """Whether the user wants to hear no more of this bare address."""
        return jid in self._ignored

    def take(self, wish: Arrival | Invitation) -> None:
        """Hold what somebody wants, unless they are ignored; it is on disk within TICK seconds."""
        if self.ignores(wish.sender):
            return
        self._waiting.append(wish)
        if len(self._waiting) >= BATCH:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self.flush)

    @property
    def settled(self) -> bool:
        """Whether whatever came is on disk."""
        return not self._waiting

    def flush(self) -> None:
        """Write down what has come; with a full disk some of it is kept in memory and tried again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            with self._bench.db.transaction():
                for wish in batch:
                    self._hold(wish)
                crash_point("holding")
        except Trouble as trouble:
            self._waiting = batch[-BATCH + 1 :]
            self._timer = asyncio.get_running_loop().call_later(RETRY, self.flush)
            self._bench.announce(WentWrong(trouble.problem))
            if trouble.problem.fault not in (Fault.DISK_FULL, Fault.NOT_WRITABLE):
                raise
            return
        crash_point("held")
        self.announce()

    def _hold(self, wish: Arrival | Invitation) -> None:
        db, now = self._bench.db, self._bench.now()
        if isinstance(wish, Invitation):
            kind, jid, inviter, text, password = wish.kind, wish.room, wish.inviter, wish.reason, wish.password
        else:
            kind, jid, inviter, text, password = Asking.TALK, wish.sender, "", wish.body, ""
        said = None
        if isinstance(wish, Arrival):
            said = Said(min(wish.stamp or now, now), wish.body, wish.identity, wish.cipher, wish.legacy)
        before = requests.of_person(db, self._account, jid) if said else None
        if said and before and requests.has(db, before.id, said):
            return
        asked = Request(0, self._account, kind, jid, wish.sender, inviter, text, now, password=password)
        number = requests.hold(db, asked)
        if said:
            requests.say(db, number, said)
        requests.trim(db, self._account, wish.sender)

    # -- answers -----------------------------------------------------------

    def welcome(self, jid: str, title: str) -> Chat:
        """The chat with somebody whom the user wants to hear, with all that was held of them; raises Trouble."""
        self.flush()
        db = self._bench.db
        self.heed(jid)
        chat = chats.ensure(db, self._account, jid, ChatKind.PERSON, title)
        held = requests.of_person(db, self._account, jid)
        if held is None:
            return chat
        arrivals = [
            Arrival(
                self._account,
                chat.id,
                ChatKind.PERSON,
                jid,
                said.body,
                False,
                _named(said.identity, jid),
                said.time,
                held=True,
                cipher=said.cipher,
                legacy=said.legacy,
            )
            for said in requests.said(db, held.id)
        ]

        def taken() -> list[Event]:
            requests.remove(db, held)
            return []

        self._inbound.bring(arrivals, taken)
        crash_point("welcomed")
        self.announce()
        return chats.get(db, chat.id) or chat

    def holds(self, jid: str) -> bool:
        """Whether this person waits for an answer."""
        self.flush()
        return requests.of_person(self._bench.db, self._account, jid) is not None

    def heed(self, jid: str) -> None:
        """Hear of an address again."""
        if jid in self._ignored:
            requests.heed(self._bench.db, self._account, jid)
            self._ignored.discard(jid)

    def drop(self, request: Request, *, ignore: bool) -> None:
        """Take it away, and with `ignore` whatever else comes from there."""
        self.flush()
        db = self._bench.db
        with db.transaction():
            requests.remove(db, request)
            if ignore:
                requests.ignore(db, self._account, request.sender)
                for other in requests.every(db, self._account):
                    if other.sender == request.sender:
                        requests.remove(db, other)
        if ignore:
            self._ignored.add(request.sender)
        self.announce()

    def entered(self, room: str) -> None:
        """We are in a room: nobody needs to be asked about it any more."""
        self.flush()
        db, settled = self._bench.db, False
        self.heed(room)
        for request in requests.every(db, self._account):
            if request.kind is not Asking.TALK and request.jid == room:
                requests.remove(db, request)
                settled = True
        if settled:
            self.announce()


def _named(identity: Identity, jid: str) -> Identity:
    return Identity(jid, "", identity.origin_id, identity.archive, identity.stanza_id)
