"""What was opened: judged, written down in place of what came, counted, and told to whoever waits for it."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from teahouse.domain.chat import ChatKind
from teahouse.domain.events import MessageStored
from teahouse.domain.message import Message
from teahouse.domain.openpgp import SLOT, Opened, Verdict
from teahouse.engine.arrivals import body_of, markable
from teahouse.engine.envelope import Opened as Told
from teahouse.engine.inbound import mentions
from teahouse.features.openpgp import store
from teahouse.features.openpgp.enclosing import opened as unsealed
from teahouse.features.openpgp.judging import Frame, Heard, Refusal, Standing, judge, judge_legacy
from teahouse.features.openpgp.model import Mode
from teahouse.features.openpgp.work import Work
from teahouse.store import chats, sealed, seen
from teahouse.store.sealed import Kept, Waiting

KEPT = 1 << 16
"""Bytes at most of a message that is kept though no key of ours opens it: a backup of one may be brought later."""


@dataclass(slots=True)
class _Result:
    """What became of one message."""

    row: Waiting
    message: Message | None
    inside: ET.Element | None


class Accepting:
    """Of one account. `on_begun` is told of chats in which what is written is encrypted from now on."""

    def __init__(self, work: Work, on_begun: Callable[[int], None]) -> None:
        self._work, self._db, self._on_begun = work, work.bench.db, on_begun
        self.told: dict[int, Told] = {}
        """By message, whoever wants to hear what was inside."""

    def sender(self, row: Waiting) -> str:
        """The bare address of whoever sent it; empty where that is not known."""
        return self._work.jid if row.mine else row.sender

    def write(self, rows: Sequence[Waiting], found: Sequence[Opened]) -> None:
        """Judge these, write down what became of them, and tell."""
        results, begun = [], set[int]()
        with self._db.transaction():
            for row, one in zip(rows, found, strict=True):
                if not sealed.waits(self._db, row.message):
                    # It was taken away, perhaps its whole chat, while it was opened.
                    self.told.pop(row.message, None)
                    continue
                result = self._judged(row, one)
                results.append(result)
                counts = row.kind is ChatKind.PERSON and not row.legacy
                if result.inside is not None and counts and self._begins(row.chat):
                    begun.add(row.chat)
            fresh: dict[int, list[_Result]] = {}
            for result in results:
                if result.message is not None:
                    fresh.setdefault(result.row.chat, []).append(result)
            for chat, new in fresh.items():
                self._count(chat, new)
        for result in results:
            if result.message is not None:
                self._work.bench.announce(MessageStored(result.message))
            told = self.told.pop(result.row.message, None)
            if told is not None and result.inside is not None:
                told(result.inside)
        for chat in fresh:
            self._work.bench.announce_chat(chat)
        for chat in begun:
            self._on_begun(chat)

    def _begins(self, chat: int) -> bool:
        """Who is written to encrypted writes encrypted, unless the user has decided otherwise."""
        undecided = store.mode(self._db, chat) is Mode.UNDECIDED
        if undecided:
            store.set_mode(self._db, chat, Mode.ON, self._work.bench.now())
        return undecided

    def _count(self, chat: int, new: Sequence[_Result]) -> None:
        messages = [result.message for result in new if result.message is not None]
        unread = [r.message for r in new if r.message is not None and r.row.counts]
        chats.spoken(self._db, chat, max(messages, key=lambda m: m.key), len(unread), sum(m.mention for m in unread))
        seen.settle(self._db, chat)

    def _judged(self, row: Waiting, opened: Opened) -> _Result:
        db, account = self._db, self._work.account
        sender = self.sender(row)
        frame = Frame(sender, self._work.jid if self._to_us(row) else row.jid, row.time // 1000, row.mine)
        first = partial(store.first_time, db, account, chat=row.jid, stanza_id=row.stanza_id)
        if row.legacy:
            verdict = judge_legacy(opened)
        else:
            verdict = judge(opened, frame, store.peers(db, account, sender), self._work.fingerprints, first)
        if isinstance(verdict, Refusal):
            if verdict is Refusal.EMPTY:
                sealed.silent(db, account, row.message, row.data)
                return _Result(row, None, None)
            kept = self._kept(row, opened, verdict)
            return _Result(row, sealed.opened(db, row.message, "", _note(verdict), kept=kept), None)
        return self._heard(row, verdict)

    def _kept(self, row: Waiting, opened: Opened, refusal: Refusal) -> Kept:
        if refusal is Refusal.NOT_FOR_US and len(row.data) <= KEPT:
            return Kept.KEYLESS
        slow = opened.verdict is Verdict.TOO_SLOW and sealed.untried(self._db, row.message)
        return Kept.SLOW if slow else Kept.NO

    def _to_us(self, row: Waiting) -> bool:
        return row.kind is ChatKind.PERSON and not row.mine

    def _heard(self, row: Waiting, heard: Heard) -> _Result:
        inside = unsealed(ET.Element("{jabber:client}message", id=row.number), heard.payload)
        if not (body := body_of(inside)):
            sealed.silent(self._db, self._work.account, row.message, row.data)
            return _Result(row, None, inside)
        mention = row.kind is ChatKind.ROOM and not row.mine and mentions(body, row.nick)
        wanted = "" if row.mine or row.kind is ChatKind.ROOM else markable(inside)
        note = _note(heard.standing, heard.signed_at)
        message = sealed.opened(self._db, row.message, body, note, mention=mention, markable=wanted)
        return _Result(row, message, inside)


def _note(said: Standing | Refusal, signed_at: int = 0) -> dict[str, Any]:
    return {SLOT: [said.value, signed_at]}
