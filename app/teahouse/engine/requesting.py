"""Commands about the tray: let a stranger in, or take away what they want."""

from teahouse.domain import commands as c
from teahouse.domain.chat import Chat
from teahouse.domain.problem import Fault, Problem, Trouble
from teahouse.domain.request import Asking, Request
from teahouse.engine.desk import Desk, Handlers
from teahouse.engine.invitations import declined
from teahouse.engine.online import Online
from teahouse.store import requests


def let_in(desk: Desk, account: int, jid: str, name: str = "") -> None:
    """Somebody is no stranger any more: what was held of them, if anything, goes into a chat."""
    tray = desk.of(account).reception.requests
    tray.heed(jid)
    if tray.holds(jid):
        desk.tools.announce_chat(tray.welcome(jid, name or jid).id)


def _request(desk: Desk, number: int) -> tuple[Request, Online]:
    request = requests.get(desk.tools.db, number)
    if request is None:
        raise Trouble(Problem(Fault.REQUEST_GONE))
    return request, desk.of(request.account)


async def _accept(desk: Desk, wish: c.AcceptRequest) -> Chat:
    request, online = _request(desk, wish.request)
    if request.kind is not Asking.TALK:
        raise Trouble(Problem(Fault.REQUEST_GONE))
    contact = online.roster.contacts.get(request.jid)
    chat = online.reception.requests.welcome(request.jid, (contact.name if contact else "") or request.jid)
    desk.tools.announce_chat(chat.id)
    return online.dress(chat)


async def _drop(desk: Desk, wish: c.DropRequest) -> None:
    request, online = _request(desk, wish.request)
    if wish.decline and request.kind is Asking.ROOM:
        online.client().put(declined(request))
    online.reception.requests.drop(request, ignore=wish.ignore)


COMMANDS: Handlers = {c.AcceptRequest: _accept, c.DropRequest: _drop}
