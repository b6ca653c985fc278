"""A session that may outlive the program (XEP-0198): after a crash it goes on where it stopped, if its server lets it.

Only for accounts that do not hide: whoever goes on with a session says that two visits were one person's. What was
handled is written down with what it brought, and before the server is told. A good-bye ends it for good.
"""

from collections.abc import Callable
from contextlib import suppress

from teahouse.domain.account import Account, Route
from teahouse.domain.jid import Jid
from teahouse.domain.problem import Trouble
from teahouse.engine.bench import Bench
from teahouse.engine.stream import Stream
from teahouse.store import sessions
from teahouse.store.sessions import Kept

__all__ = ["Kept", "Lasting"]


class Lasting:
    """The one of an account."""

    def __init__(self, bench: Bench, account: Callable[[], Account]) -> None:
        self._bench, self._account = bench, account
        self._stream: Stream | None = None
        self.before: Stream | None = None
        """A session of before this program was started, until it goes on or is over."""

    @property
    def _hides(self) -> bool:
        return self._account().route is not Route.DIRECT

    def take(self) -> Kept | None:
        """The session of before (`before`), if there is one that may go on, and what was known in it."""
        kept = sessions.take(self._bench.db, self._account().id) if not self._hides else None
        if kept is None:
            self.over()
        else:
            self.before = Stream.of_before(Jid.parse(kept.address), kept.id, kept.handled)
        return kept

    def attend(self, stream: Stream) -> None:
        """Keep this session from now on."""
        self._stream, self.before = stream, None
        if not self._hides:
            stream.on_enabled = self._enabled

    def _enabled(self) -> None:
        if self._stream is not None and self._stream.id:
            with suppress(Trouble):
                sessions.begin(self._bench.db, self._account().id, self._stream.id, str(self._stream.address))

    def count(self) -> None:
        """Write down how many stanzas are dealt with; what they brought has to be on disk, or in this transaction."""
        if self._stream is not None:
            sessions.count(self._bench.db, self._account().id, self._stream.ledger.taken)

    def know(self, *, archived: bool, carbons: bool) -> None:
        """What the server does is known: it holds for as long as the session."""
        with suppress(Trouble):
            sessions.know(self._bench.db, self._account().id, archived=archived, carbons=carbons)

    def over(self) -> None:
        """It has ended, or must not go on."""
        self._stream = self.before = None
        sessions.end(self._bench.db, self._account().id)
