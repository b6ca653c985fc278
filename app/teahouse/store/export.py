"""History as files that people and programs read: text and JSON, times in UTC. Not encrypted, and the file says so."""

import datetime
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.message import Delivery, Message
from teahouse.domain.text import cleaned, label
from teahouse.i18n import _
from teahouse.store import accounts, chats, messages
from teahouse.store.database import Database
from teahouse.store.files import written

PAGE, BREATH = 200, 0.002
"""Messages between two rests, and seconds of each: another thread has a window to keep alive."""
_CONTROLS = re.compile("[\x80-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Names:
    """What people are called in the window: oneself by account, others by (account, address)."""

    own: Mapping[int, str] = field(default_factory=dict)
    others: Mapping[tuple[int, str], str] = field(default_factory=dict)


def export(db: Database, path: Path, chat: int, form: str, names: Names, now: float | None = None) -> int:
    """Write one chat, or all for 0, as `text` or `json`; how many messages. Slow; raises Trouble."""
    wanted = [one for one in chats.every(db) if chat in (0, one.id)]
    addresses = {account.id: account.jid for account in accounts.every(db)}
    make: Callable[..., Iterator[str | int]] = _json if form == "json" else _text
    count = 0
    with written(path) as file:
        for piece in make(db, wanted, addresses, names, stamp(int((time.time() if now is None else now) * 1000))):
            if isinstance(piece, int):
                count += piece
                time.sleep(BREATH)
            else:
                file.write(piece.encode("utf-8", "replace"))
    return count


def stamp(milliseconds: int) -> str:
    """A moment in UTC (RFC 3339)."""
    moment = datetime.datetime.fromtimestamp(min(max(milliseconds, 0), 253_370_764_800_000) / 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pages(db: Database, chat: Chat) -> Iterator[tuple[Message, ...]]:
    key = (-1, -1)
    while page := messages.after(db, chat.id, key, PAGE):
        yield page
        key = page[-1].key


def _author(message: Message, chat: Chat, names: Names) -> str:
    if chat.kind is ChatKind.ROOM:
        return label(message.sender)
    if message.mine:
        return label(names.own.get(chat.account, "") or message.sender)
    return label(names.others.get((chat.account, chat.jid), "") or chat.title or message.sender)


def _text(
    db: Database, wanted: list[Chat], addresses: Mapping[int, str], names: Names, now: str
) -> Iterator[str | int]:
    unsure = {
        Delivery.QUEUED: _("not sent yet"),
        Delivery.SENT: _("sent, not confirmed"),
        Delivery.UNSURE: _("may not have arrived"),
        Delivery.FAILED: _("not delivered"),
    }
    heading = _("Teahouse history, written {time}").format(time=now)
    yield f"{heading}\n{_('All times are UTC. This file is not encrypted.')}\n"
    for chat in wanted:
        yield f"\n== {label(chat.title)} ({label(chat.jid)}) - {label(addresses.get(chat.account, ''))} ==\n"
        day = ""
        for page in _pages(db, chat):
            for message in page:
                today, clock = stamp(message.time)[:-1].split("T")
                if today != day:
                    day = today
                    yield f"\n-- {day} --\n"
                unsent = f" [{unsure[message.state]}]" if message.state in unsure else ""
                # Further lines are set in, so that no text can look like a line of somebody else.
                lines = _CONTROLS.sub("\ufffd", cleaned(message.body)).splitlines() or [""]
                yield f"{clock} {_author(message, chat, names)}{unsent}: " + "\n    ".join(lines) + "\n"
            yield len(page)


def _json(
    db: Database, wanted: list[Chat], addresses: Mapping[int, str], names: Names, now: str
) -> Iterator[str | int]:
    head = {"format": "teahouse-history", "version": 1, "written": now, "encrypted": False}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "chats": ['
    for at, chat in enumerate(wanted):
        about = {
            "account": addresses.get(chat.account, ""), "address": chat.jid, "title": chat.title,
            "kind": chat.kind.value,
        }  # fmt: skip
        yield (",\n" if at else "\n") + json.dumps(about, ensure_ascii=False)[:-1] + ', "messages": ['
        comma = "\n"
        for page in _pages(db, chat):
            for message in page:
                said = {
                    "time": stamp(message.time), "name": _author(message, chat, names), "sender": message.sender,
                    "own": message.mine, "state": message.state.name.lower(), "text": message.body,
                }  # fmt: skip
                yield comma + json.dumps(said, ensure_ascii=False)
                comma = ",\n"
            yield len(page)
        yield "]}"
    yield "\n]}\n"
