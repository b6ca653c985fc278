"""Commands about chats and what is said in them, and about people."""

import secrets
from dataclasses import replace

from teahouse.crash import crash_point
from teahouse.domain import commands as c
from teahouse.domain.chat import Chat, ChatKind
from teahouse.domain.events import ChatRemoved, MessageRemoved, MessageStored
from teahouse.domain.jid import Jid
from teahouse.domain.message import Delivery, Message
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.text import BODY_LIMIT, cleaned, excess
from teahouse.engine import recalling, requesting
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.rooming import leave
from teahouse.engine.xml import ROSTER, el
from teahouse.store import chats, messages
from teahouse.store.messages import Identity


async def _send(desk: Desk, wish: c.SendMessage) -> Message:
    if excess(wish.body):
        raise Trouble(Problem(Fault.MESSAGE_TOO_LONG, str(len(wish.body)), str(BODY_LIMIT)))
    chat, online = desk.of_chat(wish.chat)
    sender = chat.nick or online.account.nick if chat.kind is ChatKind.ROOM else online.account.jid
    db = desk.tools.db
    desk.inbound.flush()
    now = desk.tools.now()
    with db.transaction():
        place = max(now * 1000, messages.last_place(db, chat.id) + 1)
        draft = Message(0, chat.account, chat.id, place, now, sender, cleaned(wish.body), True, Delivery.QUEUED)
        draft = replace(draft, notes=desk.tools.envelope.notes(chat.id))
        message = messages.append(db, draft, Identity(origin_id=secrets.token_hex(16)))
        chats.spoken(db, chat.id, message, 0, 0)
        chats.set_draft(db, chat.id, "")
    crash_point("queued")
    desk.tools.announce(MessageStored(message))
    desk.tools.announce_chat(chat.id)
    online.outbox.kick()
    return message


async def _send_again(desk: Desk, wish: c.SendAgain) -> None:
    message = messages.get(desk.tools.db, wish.message)
    if message is not None and message.state in (Delivery.UNSURE, Delivery.FAILED):
        desk.tools.move(message.id, Delivery.QUEUED)
        desk.of(message.account).outbox.kick()


async def _discard(desk: Desk, wish: c.DiscardMessage) -> None:
    message = messages.get(desk.tools.db, wish.message)
    if message is not None and message.state in (Delivery.UNSURE, Delivery.FAILED, Delivery.QUEUED):
        messages.remove(desk.tools.db, message.id)
        desk.tools.announce(MessageRemoved(message.chat, message.id))
        await desk.keeper.fold()


async def _open_person(desk: Desk, wish: c.OpenPerson) -> Chat:
    jid, online = Jid.parse(wish.jid), desk.of(wish.account)
    if not jid.local:
        raise Trouble(Problem(Fault.BAD_ADDRESS, wish.jid))
    contact = online.roster.contacts.get(jid.bare)
    title = (contact.name if contact else "") or jid.bare
    chat = online.reception.requests.welcome(jid.bare, title)
    desk.tools.announce_chat(chat.id)
    return online.dress(chat)


async def _remove_chat(desk: Desk, wish: c.RemoveChat) -> None:
    chat, _ = desk.of_chat(wish.chat)
    if chat.kind is ChatKind.ROOM:
        await leave(desk, c.LeaveRoom(chat.id))
    await desk.keeper.shrink([desk.keeper.forget(chat.id)])
    chats.remove(desk.tools.db, chat.id)
    desk.tools.announce(ChatRemoved(chat.id))
    await desk.keeper.fold()


async def _mark_read(desk: Desk, wish: c.MarkRead) -> None:
    chats.mark_read(desk.tools.db, wish.chat, wish.up_to)
    desk.tools.announce_chat(wish.chat)
    _, online = desk.of_chat(wish.chat)
    online.read(wish.chat)


async def _save_draft(desk: Desk, wish: c.SaveDraft) -> None:
    chats.set_draft(desk.tools.db, wish.chat, wish.text[:BODY_LIMIT])
    desk.tools.announce_chat(wish.chat)


async def _add_contact(desk: Desk, wish: c.AddContact) -> None:
    jid, online = Jid.parse(wish.jid).bare, desk.of(wish.account)
    client = online.client()
    item = {"jid": jid} | ({"name": wish.name} if wish.name else {})
    await client.ask(el("iq", {"type": "set"}, el(f"{{{ROSTER}}}query", None, el(f"{{{ROSTER}}}item", item))))
    client.put(el("presence", {"to": jid, "type": "subscribe"}))
    requesting.let_in(desk, wish.account, jid, wish.name)


async def _answer_contact(desk: Desk, wish: c.AnswerContact) -> None:
    online = desk.of(wish.account)
    jid = Jid.parse(wish.jid).bare
    online.client().put(el("presence", {"to": jid, "type": "subscribed" if wish.accept else "unsubscribed"}))
    online.roster.answered(jid)
    if wish.accept:
        requesting.let_in(desk, wish.account, jid)


COMMANDS: Handlers = {
    c.SendMessage: _send,
    c.SendAgain: _send_again,
    c.DiscardMessage: _discard,
    c.OpenPerson: _open_person,
    c.RemoveChat: _remove_chat,
    c.MarkRead: _mark_read,
    c.SaveDraft: _save_draft,
    c.AddContact: _add_contact,
    c.AnswerContact: _answer_contact,
    **requesting.COMMANDS,
    **recalling.COMMANDS,
}
