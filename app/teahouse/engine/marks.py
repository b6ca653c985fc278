"""What two people tell each other of their messages: that one has arrived (XEP-0184), and was displayed (XEP-0333).

It is asked for and told only where the account's settings say so, and only among people who know each other. Nothing
is told of what comes by a copy or from an archive, nor anything in rooms. What others tell is always taken in.
"""

import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial

from teahouse.domain.account import Account
from teahouse.domain.events import MessageChanged
from teahouse.domain.jid import Jid
from teahouse.domain.message import Reach
from teahouse.domain.settings import MARKERS as TELL_READ
from teahouse.domain.settings import RECEIPTS as TELL_ARRIVED
from teahouse.domain.settings import Setting
from teahouse.engine.authority import ID_KEPT, Authority, Word, word_of
from teahouse.engine.bench import Bench
from teahouse.engine.inbound import Inbound
from teahouse.engine.xml import HINTS, MARKERS, RECEIPTS, el
from teahouse.store import chats, marks, preferences

Put = Callable[[ET.Element], None]
"""Sends a stanza."""
MOST = 2_000
"""Words of an archive that wait until what they are about is written down."""


class Marks:
    """Of one account, as it is now."""

    def __init__(self, bench: Bench, account: Callable[[], Account], inbound: Inbound, authority: Authority) -> None:
        self._bench, self._account, self._inbound, self._authority = bench, account, inbound, authority
        self._waiting: dict[tuple[str, bool, Word], None] = {}

    # -- asked and told --------------------------------------------------------

    def asks(self, to: str) -> list[ET.Element]:
        """What a message to a person with this bare address asks for besides."""
        wanted = [el(f"{{{RECEIPTS}}}request")] if self._wants(TELL_ARRIVED, to) else []
        return wanted + ([el(f"{{{MARKERS}}}markable")] if self._wants(TELL_READ, to) else [])

    def _wants(self, what: Setting, other: str) -> bool:
        """Whether the user wants this for a person, else for the account."""
        db, account = self._bench.db, self._account()
        chat = chats.find(db, account.id, other)
        return chat.telling == "always" if chat and chat.telling else preferences.wanted(db, what, account)

    def receipt(self, who: Jid, stanza: ET.Element, put: Put) -> Callable[[], None] | None:
        """Tells the sender of a live message that it is on disk; None when that is not asked for, or theirs to know."""
        number = stanza.get("id", "")
        asked = len(stanza.findall(f"{{{RECEIPTS}}}request")) == 1 and 0 < len(number) <= ID_KEPT
        if not asked or not self._wants(TELL_ARRIVED, who.bare) or not self._knows(who):
            return None
        return partial(put, _word(str(who), el(f"{{{RECEIPTS}}}received", {"id": number})))

    def _knows(self, who: Jid) -> bool:
        return self._authority.may_hear(who, marks.wrote_to(self._bench.db, self._account().id, who.bare))

    def read(self, chat: int, put: Put | None) -> None:
        """The user has read on in a chat: whoever is at its other end hears it, now or once `put` sends again."""
        db = self._bench.db
        read = chats.get(db, chat)
        if read is not None and self._wants(TELL_READ, read.jid) and marks.owe(db, chat) and put:
            self.catch_up(put)

    def catch_up(self, put: Put) -> None:
        """Tell whatever was read and not yet told."""
        db, account = self._bench.db, self._account()
        for chat, jid, number in marks.owed(db, account.id):
            marks.paid(db, chat)
            if self._wants(TELL_READ, jid) and self._knows(Jid.parse(jid)):
                put(_word(jid, el(f"{{{MARKERS}}}displayed", {"id": number})))

    # -- heard ---------------------------------------------------------------

    def told(self, other: Jid, stanza: ET.Element, *, mine: bool) -> None:
        """What somebody says of our messages, or another device of ours (`mine`) of theirs."""
        if (word := word_of(stanza)) is not None:
            self._inbound.flush()
            self._believe(other.bare, word, mine)

    def told_before(self, other: Jid, stanza: ET.Element, *, mine: bool) -> None:
        """The same from an archive: it is taken in by `settle`."""
        if (word := word_of(stanza)) is not None and len(self._waiting) < MOST:
            self._waiting[other.bare, mine, word] = None

    def settle(self) -> None:
        """What archives told of is on disk now."""
        self._inbound.flush()
        waiting, self._waiting = self._waiting, {}
        for other, mine, word in waiting:
            self._believe(other, word, mine)

    def answered(self, chat: int, origin_id: str) -> None:
        """Another device of ours wrote something: what stands before it was read there."""
        if place := marks.written(self._bench.db, chat, origin_id):
            self._read(chat, place)

    def _read(self, chat: int, place: int) -> None:
        chats.mark_read(self._bench.db, chat, place)
        self._bench.announce_chat(chat)

    def _believe(self, other: str, word: Word, mine: bool) -> None:
        db, account = self._bench.db, self._account().id
        if mine:
            chat, place = marks.place_of(db, account, other, word.id) if word.reach is Reach.DISPLAYED else (0, 0)
            if chat:
                self._read(chat, place)
            return
        with db.transaction():
            ahead = (account, 0) in self._inbound.unread
            changed = marks.reached(db, account, other, word.id, word.reach, ahead=ahead)
        for message in changed:
            self._bench.announce(MessageChanged(message))


def _word(to: str, said: ET.Element) -> ET.Element:
    # Kept for those of their devices that are away.
    return el("message", {"to": to, "type": "chat", "id": secrets.token_hex(16)}, said, el(f"{{{HINTS}}}store"))
