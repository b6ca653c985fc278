"""Commands about history that archives hold: older messages, and those that are missing in between."""

from teahouse.domain import commands as c
from teahouse.domain.archiving import Archiving, AskArchiving, SetArchiving
from teahouse.domain.chat import Chat, ChatKind, Presence
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.engine import archiving
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.online import Online
from teahouse.engine.xml import MAM
from teahouse.store import archives


async def _older(desk: Desk, wish: c.FetchOlder) -> bool:
    chat, online = desk.of_chat(wish.chat)
    return await online.reading.older(online.client(), _archive(chat, online), chat.id)


async def _gap(desk: Desk, wish: c.FetchGap) -> None:
    db = desk.tools.db
    gap = archives.gap(db, wish.gap)
    if gap is None:
        return
    chat, online = desk.of_chat(gap.chat)
    client, archive = online.client(), _archive(chat, online)
    if gap.before:
        await online.reading.fill(client, archive, gap)
        return
    await online.reading.catch_up(client, archive, chat.id if chat.kind is ChatKind.ROOM else 0)
    if archives.gap(db, gap.id) is not None or archives.gaps(db, chat.id):
        raise Trouble(Problem(Fault.TIMED_OUT, archive))


def _archive(chat: Chat, online: Online) -> str:
    """Which archive holds a chat; raises Trouble when none does, or we may not ask it."""
    room = online.rooms.of_chat(chat.id)
    if chat.kind is ChatKind.PERSON and MAM in online.features:
        return online.client().own.bare
    if room is not None and room.presence is Presence.HERE and MAM in room.features:
        return room.jid
    raise Trouble(Problem(Fault.HISTORY_NOWHERE, chat.title))


async def _ask_archiving(desk: Desk, wish: AskArchiving) -> Archiving:
    return await archiving.ask(desk.of(wish.account).client())


async def _set_archiving(desk: Desk, wish: SetArchiving) -> Archiving:
    return await archiving.choose(desk.of(wish.account).client(), wish.archiving)


COMMANDS: Handlers = {
    c.FetchOlder: _older,
    c.FetchGap: _gap,
    AskArchiving: _ask_archiving,
    SetArchiving: _set_archiving,
}
