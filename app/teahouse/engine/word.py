"""A server's word for what it has: waited for, given, and doubted, as what it acknowledged last may go with it."""

import time
from collections import deque

from teahouse.domain.message import Delivery
from teahouse.engine.bench import Bench
from teahouse.engine.stream import WRAP
from teahouse.store import messages, sessions

TRUST = 60.0
"""Seconds after which a server that has acknowledged a message has put it by, so that it outlives its end."""
_MOST = 1_000


class Word:
    """What the server of one account says of what was sent. Where there is no archive to ask it is believed."""

    def __init__(self, bench: Bench, account: int) -> None:
        self._bench, self._account = bench, account
        self._given: deque[tuple[float, int]] = deque(maxlen=_MOST)

    def wanted(self, message: int, number: int) -> None:
        """A message is sent as the stanza of this number; to be written in one transaction with that."""
        sessions.sent(self._bench.db, message, self._account, number)

    def unwanted(self, message: int) -> None:
        """Nothing is to be said of a message any more."""
        sessions.arrived(self._bench.db, message)

    def given(self, message: int, *, counts: bool) -> None:
        """The server says that it has a message; it `counts` when nothing better is known of it."""
        sessions.arrived(self._bench.db, message)
        if counts:
            self._given.append((time.monotonic(), message))

    def told(self, handled: int) -> list[tuple[int, bool]]:
        """Of a session of before, whose server had handled so many stanzas: each message, and whether it has it."""
        waiting = sessions.under_way(self._bench.db, self._account)
        return [(message, (handled - number) % WRAP < WRAP // 2) for message, number in waiting]

    def doubt(self) -> None:
        """The session is over: perhaps the server has died. Raises Trouble, and may be called again then."""
        while self._given:
            at, message = self._given[-1]
            if at > time.monotonic() - TRUST:
                sessions.doubt(self._bench.db, message)
            self._given.pop()

    def judge(self, *, reaches: bool) -> None:
        """The archive was asked, if there is one: what it `reaches` and does not hold is to go again."""
        for message in sessions.doubted(self._bench.db, self._account):
            now = messages.get(self._bench.db, message)
            if reaches and now is not None and now.state is Delivery.ACKED:
                self._bench.move(message, Delivery.QUEUED)
        sessions.believe(self._bench.db, self._account)
